import Foundation
import Testing
import WeirConfiguration
import WeirCore
import WeirProxy
import WeirTestKit

@Suite("Examples")
struct ExamplesTests {
    @Test("Every example is accepted without a problem or a warning")
    func accepted() throws {
        #expect(try ExampleFiles.all().count >= 5)
        for (name, text) in try ExampleFiles.all() {
            #expect(warnings(text) == [], "\(name)")
        }
    }

    @Test("The market maker has the throttles that it was designed with")
    func marketMaker() throws {
        let text = try #require(try ExampleFiles.all().first { $0.name == "bybit.yaml" }?.text)
        let read = try upstream(text)
        let throttles = read.endpoints.map { endpoint -> String in
            guard case .tokenBucket(let rate, let burst)? = endpoint.limits.first?.algorithm else { return "" }
            let perSecond = rate.permits * 1_000_000_000 / rate.period.nanoseconds
            return "\(endpoint.name) \(perSecond)/s \(burst)"
        }
        #expect(
            throttles == [
                "cancel_all 8/s 16", "recon 8/s 16", "health 8/s 16", "cancel_order 20/s 30", "place_order 5/s 10",
                "kline 120/s 120", "orderbook 50/s 50", "recent_trades 60/s 60", "ticker 60/s 60",
                "market_data 100/s 100", "other 8/s 16",
            ])
        for endpoint in read.endpoints where ["cancel_all", "recon", "health"].contains(endpoint.name) {
            #expect(endpoint.bypassesCircuit)
            #expect(endpoint.priority == .critical)
        }
    }

    @Test(
        "The configurations in the README and the guide are accepted",
        arguments: ["README.md", "docs/configuration.md"])
    func documentation(file: String) throws {
        let text = try String(contentsOf: ExampleFiles.root.appending(path: file), encoding: .utf8)
        let blocks = text.components(separatedBy: "```yaml\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
            .filter { $0.contains("upstreams:") }
        #expect(!blocks.isEmpty)
        for block in blocks {
            _ = try ConfigurationLoader.parse(block, file: file, environment: [:]).get()
        }
    }
}
