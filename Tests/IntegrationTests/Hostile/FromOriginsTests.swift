import Testing
import WeirTestKit

extension Hostile {
    @Suite("From an origin")
    struct ResponseTests {
        static let cases = Response.refused + Response.cut + Response.passing

        @Test("each case is a 502, a cut, or exactly one response in any reading, and spoils no other")
        func responses() async throws {
            try #require(Set(Self.cases.map(\.name)).count >= 60)
            try await DataPath.Bench.run(script: Self.answer) { bench in
                for (index, item) in Self.cases.enumerated() {
                    do {
                        try await run(item, index, bench)
                    } catch {
                        Issue.record("\(item.name): \(error)")
                    }
                }
            }
        }

        @Sendable private static func answer(_ request: RecordedRequest) -> ScriptedReply {
            guard let index = Int(request.target.dropFirst()) else { return .respond(200, body: "good") }
            let item = cases[index]
            let steps = item.segments.map { ScriptedReply.Step.send(Array($0.utf8)) }
            return ScriptedReply(steps: item.closes ? steps + [.close] : steps)
        }

        private func run(_ item: Response, _ index: Int, _ bench: DataPath.Bench) async throws {
            let caller = try await bench.caller()
            try await caller.send("\(item.method) /\(index) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            let bytes = try await caller.readUntilClose()
            let (head, _) = Self.split(bytes)
            switch item.expected {
            case .invalid:
                #expect(head.first?.hasPrefix("HTTP/1.1 502 ") == true, "\(item.name): \(head)")
                #expect(head.contains("Weir-Reason: upstream_invalid"), "\(item.name): \(head)")
            case .cutShort:
                #expect(head.first == "HTTP/1.1 200 OK", "\(item.name): \(head)")
                for reader in LaxReader.all {
                    let messages = reader.messages(bytes)
                    #expect(messages.map(\.isWhole) == [false], "\(item.name): \(reader) sees \(messages)")
                }
            case .passes(let expected, let body):
                let ours = ["Weir-", "Connection: close", "Content-Length: ", "Transfer-Encoding: chunked"]
                let keepsLength = expected.contains("Content-Length")
                let own = head.filter { line in
                    !ours.contains { line.hasPrefix($0) && !(keepsLength && $0.hasPrefix("Content-Length")) }
                }
                #expect(own.joined(separator: "\r\n") == expected, "\(item.name)")
                #expect(head.count { $0.hasPrefix("Weir-") } == 3, "\(item.name): \(head)")
                expectOne(item, bytes, startLine: own.first ?? "", body: body, bodiless: keepsLength)
            }
            try await expectUnspoilt(item, bench)
        }

        private func expectOne(
            _ item: Response, _ bytes: [UInt8], startLine: String, body: String, bodiless: Bool
        ) {
            if bodiless {
                // Its length describes what a GET would get: nothing may stand behind the head.
                #expect(bytes.suffix(4) == Array("\r\n\r\n".utf8)[...], "\(item.name)")
                return
            }
            for reader in LaxReader.all {
                let expected = LaxReader.Message(startLine: startLine, body: Array(body.utf8), isWhole: true)
                let messages = reader.messages(bytes)
                #expect(messages == [expected], "\(item.name): \(reader) sees \(messages)")
            }
        }

        /// The next call gets its own answer, and the origin's connection is used again only where it may be.
        private func expectUnspoilt(_ item: Response, _ bench: DataPath.Bench) async throws {
            let used = bench.provider.requests.last?.connection
            #expect(try await bench.get("/good").text == "good", "\(item.name)")
            let isSame = bench.provider.requests.last?.connection == used
            #expect(isSame == item.keeps, "\(item.name): the connection was \(isSame ? "" : "not ")used again")
        }

        /// The lines of the head, one of an interim answer before it apart, and what stands behind it.
        private static func split(_ bytes: [UInt8]) -> (head: [String], rest: [UInt8]) {
            guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return ([], bytes) }
            let text = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
            if text.hasPrefix("HTTP/1.1 1") { return split(Array(bytes[end.upperBound...])) }
            return (text.split(separator: "\r\n").map(String.init), Array(bytes[end.upperBound...]))
        }
    }
}
