import NIOCore
import Synchronization
import Testing
import WeirTestKit

extension DataPath {
    @Suite("Streaming")
    struct StreamingTests {
        /// A unix socket: the kernel holds little for it, and always as much.
        private static let socket = "unix:{folder}/l.sock"

        @Test("A download waits for its reader in little memory, and comes whole")
        func download() async throws {
            let script: ScriptedUpstream.Script = { request in
                request.target == "/warm" ? .respond(200) : .stream(piece: Pattern.piece, count: Pattern.count)
            }
            try await Bench.run(script: script) { bench in
                _ = try await bench.get("/warm")
                let memory = try MemoryWatch(bench.weir)
                let caller = try await bench.caller()
                try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                let head = try await caller.readHead()
                #expect(head["Content-Length"] == "\(Pattern.length)")
                let sent = try await standstill(above: Pattern.piece.count) { bench.provider.record.bytesSent }
                #expect(sent < Pattern.length / 2)
                try memory.expectLittleGrowth()

                var pattern = Pattern()
                while pattern.received < Pattern.length {
                    let part = try await caller.readSome()
                    guard !part.isEmpty else { throw Unexpected("closed after \(pattern.received) bytes") }
                    pattern.check(part)
                }
                #expect(pattern.received == Pattern.length)
                #expect(pattern.isIntact)
                try memory.expectLittleGrowth()
                try await caller.send("GET /warm HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try await caller.readResponse().status == 200)
            }
        }

        @Test("An upload waits for the provider in little memory, and comes whole")
        func upload() async throws {
            let seen = Mutex<Pattern?>(nil)
            let configure: @Sendable (any Channel) throws -> Void = { channel in
                try channel.pipeline.syncOperations.addHandler(
                    FirstBytes { bytes in
                        seen.withLock { pattern in
                            if pattern != nil {
                                pattern?.check(bytes.readableBytesView)
                            } else if bytes.hasText("put /") {
                                // The body is sent only after this has been seen.
                                pattern = Pattern()
                            }
                        }
                        return nil
                    })
            }
            try await Bench.run(configure: configure) { bench in
                _ = try await bench.get("/warm")
                let memory = try MemoryWatch(bench.weir)
                let caller = try await bench.caller()
                try await caller.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: \(Pattern.length)\r\n\r\n")
                try await bench.provider.wait(for: "the head") { $0.requests.count == 2 }
                bench.provider.pauseReading()
                let headBytes = caller.bytesSent
                async let sending: Void = caller.send(Pattern.whole(), within: .seconds(30))
                let sent = try await standstill(above: headBytes) { caller.bytesSent }
                #expect(sent < Pattern.length / 2)
                try memory.expectLittleGrowth()

                bench.provider.resumeReading()
                try await sending
                #expect(try await caller.readResponse().status == 200)
                #expect(bench.provider.requests.last?.bodyLength == Pattern.length)
                let pattern = seen.withLock { $0 }
                #expect(pattern?.received == Pattern.length)
                #expect(pattern?.isIntact == true)
                try memory.expectLittleGrowth()
            }
        }

        @Test("A download that only the provider's end ends waits for its reader too")
        func closeDelimited() async throws {
            let script: ScriptedUpstream.Script = { request in
                guard request.target != "/warm" else { return .respond(200) }
                let head = ScriptedReply.Step.send(Array("HTTP/1.1 200 OK\r\n\r\n".utf8))
                return ScriptedReply(
                    steps: [head] + Array(repeating: .send(Pattern.piece), count: Pattern.count) + [.close])
            }
            try await Bench.run(script: script) { bench in
                _ = try await bench.get("/warm")
                let memory = try MemoryWatch(bench.weir)
                let caller = try await bench.caller()
                try await caller.send("GET / HTTP/1.0\r\n\r\n")
                #expect(try await caller.readHead().status == 200)
                let sent = try await standstill(above: Pattern.piece.count) { bench.provider.record.bytesSent }
                #expect(sent < Pattern.length / 2)
                try memory.expectLittleGrowth()
                var pattern = Pattern()
                while case let part = try await caller.readSome(), !part.isEmpty { pattern.check(part) }
                #expect(pattern.received == Pattern.length)
                #expect(pattern.isIntact)
                #expect(caller.ending == "closed")
                try memory.expectLittleGrowth()
            }
        }

        @Test("Requests wait while their caller does not take the answers before them")
        func unreadAnswers() async throws {
            let data = String(repeating: "x", count: 50_000)
            try await Bench.run(listen: Self.socket, script: { _ in .respond(200, body: data) }) { bench in
                let caller = try await bench.caller()
                for _ in 1...200 { try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n") }
                let served = try await standstill { bench.provider.requests.count }
                #expect(served < 50)
                for _ in 1...200 { #expect(try await caller.readResponse().body.count == data.utf8.count) }
                #expect(bench.provider.requests.count == 200)
            }
        }

        @Test(
            "An answer that ends the connection comes whole to a caller that takes its time",
            arguments: ["GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"])
        func leisurelyCaller(request: String) async throws {
            // Some are more than the kernel takes, and little enough that the provider is done with them at once.
            let lengths = stride(from: 100_000, through: 600_000, by: 50_000)
            let script: ScriptedUpstream.Script = { request in
                .respond(200, body: String(repeating: "x", count: Int(request["X-Length"] ?? "") ?? 0))
            }
            try await Bench.run(listen: Self.socket, script: script) { bench in
                var callers: [(Int, RawClient)] = []
                for length in lengths {
                    let caller = try await bench.caller()
                    try await caller.send(request.replacing("\r\n\r\n", with: "\r\nX-Length: \(length)\r\n\r\n"))
                    callers.append((length, caller))
                }
                // Longer than a connection is kept for its caller to read the last of an answer.
                try await Task.sleep(for: .seconds(3))
                for (length, caller) in callers {
                    #expect(try await caller.readResponse().body.count == length)
                }
            }
        }

        @Test("Requests behind one that waits are left with their caller")
        func pipelinedFlood() async throws {
            let script: ScriptedUpstream.Script = { $0.target == "/warm" ? .respond(200) : .hang }
            try await Bench.run(script: script) { bench in
                _ = try await bench.get("/warm")
                let memory = try MemoryWatch(bench.weir)
                let caller = try await bench.caller()
                let request = "GET / HTTP/1.1\r\nHost: h\r\nX-A: \(String(repeating: "a", count: 2000))\r\n\r\n"
                let flood = String(repeating: request, count: 20_000)
                let sending = Task { try await caller.send(flood, within: .seconds(30)) }
                let sent = try await standstill(above: 100_000) { caller.bytesSent }
                #expect(sent < flood.utf8.count / 2)
                try memory.expectLittleGrowth()
                sending.cancel()
                #expect(bench.provider.requests.count == 2)
            }
        }

        @Test("The first bytes of a response arrive though its end never comes")
        func firstBytes() async throws {
            let start = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n3\r\nhal"
            try await Bench.run(script: { _ in .raw(start).then(.hang) }) { bench in
                let caller = try await bench.caller()
                try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try await caller.readHead().status == 200)
                var text = ""
                while !text.hasSuffix("hal\r\n") {
                    text += String(decoding: try await caller.readSome(), as: UTF8.self)
                }
                // Framed anew, however the pieces came.
                #expect(text.split(separator: "\r\n").filter { Int($0, radix: 16) == nil }.joined() == "firsthal")
            }
        }

        @Test("The first bytes of a request arrive though its end has not been sent")
        func firstRequestBytes() async throws {
            try await Bench.run { bench in
                let caller = try await bench.caller()
                try await caller.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nfirst")
                try await bench.provider.wait(for: "the first half") { $0.requests.first?.text == "first" }
                try await caller.send("-last")
                #expect(try await caller.readResponse().status == 200)
                #expect(bench.provider.requests.first?.text == "first-last")
            }
        }

        @Test("A response that comes before the request's end is passed on, and both connections close")
        func earlyResponse() async throws {
            try await Bench.run(answering: .atHead, script: { _ in .respond(413, body: "too much") }) { bench in
                let caller = try await bench.caller()
                try await caller.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nonly the start")
                let response = try await caller.readResponse()
                #expect(response.status == 413)
                #expect(response.text == "too much")
                #expect(response["Connection"] == "close")
                #expect(try await caller.readUntilClose() == [])
                try await bench.provider.wait(for: "the connection to close") { $0.openConnections == 0 }
            }
        }

        @Test("A request goes on after a response has begun")
        func bothWays() async throws {
            let script: ScriptedUpstream.Script = { _ in
                .raw("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf").then(.hang)
            }
            try await Bench.run(answering: .atHead, script: script) { bench in
                let caller = try await bench.caller()
                try await caller.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf")
                #expect(try await caller.readHead().status == 200)
                #expect(try await caller.readSome() == Array("half".utf8))
                try await caller.send("rest")
                try await bench.provider.wait(for: "the rest") { $0.requests.first?.text == "halfrest" }
            }
        }
    }
}
