import Testing
import WeirTestKit

extension DataPath {
    @Suite("Via")
    struct ViaTests {
        private static let script: ScriptedUpstream.Script = { request in
            .respond(200, headers: request.target == "/proxied" ? ["Via: 1.0 cache"] : [], body: "ok")
        }

        @Test("is added both ways with via: true, after what others have added")
        func added() async throws {
            try await Bench.run("via: true", script: Self.script) { bench in
                let first = try await bench.get("/")
                #expect(first.headers.all("Via") == ["1.1 weir"])
                let second = try await bench.get("/proxied", headers: ["Via: 1.1 caller"])
                #expect(second.headers.all("Via") == ["1.0 cache", "1.1 weir"])
                let requests = bench.provider.requests
                #expect(requests.map { $0.headers.all("Via") } == [["1.1 weir"], ["1.1 caller", "1.1 weir"]])
            }
        }
    }
}
