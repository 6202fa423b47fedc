import Foundation
import Testing

@testable import WeirAdmin

@Suite("Admin events")
struct AdminEventTests {
    @Test("are objects of JSON with the members in order")
    func order() {
        let event = AdminEvent(
            .circuit, time: "2026-11-21T00:00:00Z", upstream: "bybit", endpoint: "place_order",
            details: [
                .init("from", .text("closed")), .init("to", .text("open")), .init("seconds", .number(2.5)),
                .init("status", .number(418)), .init("ok", .flag(false)), .init("problems", .texts(["a", "b"])),
            ])
        #expect(
            String(decoding: event.json(sequence: 7), as: UTF8.self)
                == #"{"seq":7,"time":"2026-11-21T00:00:00Z","type":"circuit","upstream":"bybit","#
                + #""endpoint":"place_order","from":"closed","to":"open","seconds":2.5,"status":418,"ok":false,"#
                + #""problems":["a","b"]}"#)
    }

    @Test("leave out the upstream and the endpoint that they have not")
    func plain() {
        let json = AdminEvent(.sharedLost, time: "t").json(sequence: 1)
        #expect(String(decoding: json, as: UTF8.self) == #"{"seq":1,"time":"t","type":"shared_lost"}"#)
    }

    @Test(
        "read back as they were, whatever the text, and are one line",
        arguments: [
            "", "\"", "\\", "\n", "\r\n", "\u{0}\u{1F}\u{7F}", "käse 🧀", "</script>", "\u{2028}", "data: x\n\n",
        ])
    func escaping(text: String) throws {
        let json = AdminEvent(.reload, time: text, details: [.init("problems", .texts([text, text]))]).json(sequence: 1)
        #expect(!json.contains { $0 < 0x20 })
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
        #expect(object["time"] as? String == text)
        #expect(object["problems"] as? [String] == [text, text])
    }

    @Test(
        "tell numbers as JSON has them, and null for those it has not",
        arguments: [
            (0, "0"), (-1, "-1"), (0.5, "0.5"), (1e300, "1e+300"), (.infinity, "null"), (-.infinity, "null"),
            (.nan, "null"), (1_763_683_200, "1763683200"),
        ] as [(Double, String)])
    func numbers(number: Double, text: String) {
        let json = AdminEvent(.freeze, time: "", details: [.init("seconds", .number(number))]).json(sequence: 1)
        #expect(String(decoding: json, as: UTF8.self).hasSuffix(#""seconds":\#(text)}"#))
    }

    @Test("have the types of the contract")
    func types() {
        #expect(
            AdminEvent.Kind.allCases.map(\.rawValue) == [
                "circuit", "freeze", "ban", "thaw", "shrink", "recovered", "reload", "drain", "shared_lost",
                "shared_back",
            ])
    }
}
