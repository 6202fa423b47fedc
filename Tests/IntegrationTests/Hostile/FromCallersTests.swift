import Testing
import WeirTestKit

extension Hostile {
    @Suite("From a caller")
    struct RequestTests {
        static let cases =
            Request.accepted + Request.chunkFraming + Request.framing + Request.lines + Request.routing

        @Test("each case is refused unseen, or seen as exactly what was accepted in any reading of it")
        func requests() async throws {
            try #require(Set(Self.cases.map(\.name)).count >= 200)
            try await DataPath.Bench.run(script: { .respond(200, body: "\($0.method) \($0.target)") }) { bench in
                for item in Self.cases {
                    do {
                        let seen = Seen(bench.provider.record)
                        switch item.expected {
                        case .refused(let status):
                            try await expectRefused(item, status, bench)
                            if item.reachesOrigin {
                                try await bench.provider.wait(for: "the end of \(item.name)") {
                                    $0.openConnections == 0
                                }
                                try await settle(bench)
                            }
                            expectNothingWhole(of: item, in: seen.sinceThen(bench.provider.record))
                        case .accepted(let head, let body):
                            try await expectAnswered(item, bench)
                            expectOne(
                                item, seen.sinceThen(bench.provider.record),
                                head: head.replacing("{host}", with: "\(bench.provider.endpoint)"), body: body)
                        }
                    } catch {
                        Issue.record("\(item.name): \(error)")
                    }
                }
            }
        }

        private func send(_ item: Request, to caller: RawClient) async {
            for segment in item.segments {
                // The refusal may come, and the connection close, before all has been taken.
                try? await caller.send(segment)
            }
        }

        private func expectRefused(_ item: Request, _ status: Int, _ bench: DataPath.Bench) async throws {
            let name = Comment(rawValue: item.name)
            let caller = try await bench.caller()
            await send(item, to: caller)
            let response = try await caller.readResponse()
            #expect(response.status == status, name)
            #expect(response["Weir-Reason"] != nil, name)
            #expect(response["Connection"] == "close", name)
            #expect(try await caller.readUntilClose() == [], name)
            #expect(caller.ending == "closed", name)
        }

        /// What came over an earlier connection has been recorded once the answer to a later one is there.
        private func settle(_ bench: DataPath.Bench) async throws {
            let caller = try await bench.caller()
            try await caller.send("GET /settled HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            #expect(try await caller.readResponse().status == 200)
        }

        /// A defect in a body shows when its head is out already: then the origin must never see it end.
        private func expectNothingWhole(of item: Request, in bytes: [UInt8]) {
            #expect(item.reachesOrigin || bytes.isEmpty, "\(item.name): the origin saw \(bytes.count) bytes")
            let settled = bytes.firstRange(of: Array("GET /settled ".utf8))
            let own = settled.map { Array(bytes[..<$0.lowerBound]) } ?? bytes
            for reader in LaxReader.all {
                let messages = reader.messages(own)
                #expect(
                    messages.allSatisfy { !$0.isWhole } && messages.count <= 1,
                    "\(item.name): \(reader) sees \(messages)")
            }
        }

        /// The answer to the case is one, and the next request on the connection gets its own.
        private func expectAnswered(_ item: Request, _ bench: DataPath.Bench) async throws {
            let name = Comment(rawValue: item.name)
            let caller = try await bench.caller()
            await send(item, to: caller)
            let response = try await caller.readResponse()
            #expect(response.status == 200, name)
            guard response["Connection"] != "close" else { return }
            try await caller.send("GET /after HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            #expect(try await caller.readResponse().text == "GET /after", name)
            #expect(try await caller.readUntilClose() == [], name)
        }

        private func expectOne(_ item: Request, _ bytes: [UInt8], head: String, body: String) {
            let after = Array("GET /after HTTP/1.1\r\nHost: ".utf8)
            let own = bytes.firstRange(of: after).map { Array(bytes[..<$0.lowerBound]) } ?? bytes
            let start = String(head.prefix { $0 != "\r\n" })
            #expect(
                String(decoding: own.prefix(head.utf8.count), as: UTF8.self) == head,
                "\(item.name): the origin saw \(String(decoding: own, as: UTF8.self))")
            for reader in LaxReader.all {
                let expected = LaxReader.Message(startLine: start, body: Array(body.utf8), isWhole: true)
                let messages = reader.messages(own)
                #expect(messages == [expected], "\(item.name): \(reader) sees \(messages)")
            }
        }
    }

    /// How much an origin had seen on each connection.
    struct Seen {
        private let counts: [Int]

        init(_ record: UpstreamRecord) {
            counts = record.connections.map(\.bytes.count)
        }

        /// What came since, on whichever connections.
        func sinceThen(_ record: UpstreamRecord) -> [UInt8] {
            record.connections.enumerated().flatMap { index, connection in
                connection.bytes.dropFirst(index < counts.count ? counts[index] : 0)
            }
        }
    }
}
