/// What a scripted upstream does about a request: a list of steps, taken one after another. When they are done and
/// the connection is open still, the next request on it has its turn.
package struct ScriptedReply: Sendable {
    /// A step.
    package enum Step: Sendable, Equatable {
        /// Send these bytes, and wait until the kernel has taken them.
        case send([UInt8])
        /// Wait.
        case pause(Duration)
        /// Never go on: the connection stays open and mute until the other side closes it.
        case hang
        /// Close in order.
        case close
        /// Close with a TCP reset.
        case reset
        /// From here on send back every byte that comes, as after an upgrade.
        case echo
    }

    /// The steps.
    package let steps: [Step]

    /// These steps.
    package init(steps: [Step]) {
        self.steps = steps
    }

    /// A response with `Content-Length`.
    ///
    /// - Parameters:
    ///   - headers: Lines such as `Retry-After: 2`.
    ///   - headOnly: For a HEAD: the length is that of the body, which is not sent.
    package static func respond(
        _ status: Int, headers: [String] = [], body: String = "", headOnly: Bool = false
    ) -> ScriptedReply {
        respond(status, headers: headers, bytes: Array(body.utf8), headOnly: headOnly)
    }

    /// A response with `Content-Length` and a body of bytes.
    package static func respond(
        _ status: Int, headers: [String] = [], bytes: [UInt8], headOnly: Bool = false
    ) -> ScriptedReply {
        let head = head(status, headers + ["Content-Length: \(bytes.count)"])
        return ScriptedReply(steps: [.send(head + (headOnly ? [] : bytes))])
    }

    /// A chunked response: its head, then each piece as one chunk, with a pause before each.
    package static func chunked(
        _ status: Int = 200, headers: [String] = [], pieces: [String], pause: Duration = .zero
    ) -> ScriptedReply {
        var steps = [Step.send(head(status, headers + ["Transfer-Encoding: chunked"]))]
        for piece in pieces {
            steps.append(.pause(pause))
            steps.append(.send(Array("\(String(piece.utf8.count, radix: 16))\r\n\(piece)\r\n".utf8)))
        }
        steps.append(.send(Array("0\r\n\r\n".utf8)))
        return ScriptedReply(steps: steps)
    }

    /// A long response with `Content-Length`, sent in pieces, so that `bytesSent` of the upstream shows how far a
    /// reader let it come.
    package static func stream(
        _ status: Int = 200, headers: [String] = [], piece: [UInt8], count: Int
    ) -> ScriptedReply {
        let head = head(status, headers + ["Content-Length: \(piece.count * count)"])
        return ScriptedReply(steps: [.send(head)] + Array(repeating: .send(piece), count: count))
    }

    /// These bytes as they are.
    package static func raw(_ bytes: [UInt8]) -> ScriptedReply { ScriptedReply(steps: [.send(bytes)]) }

    /// This text as it is.
    package static func raw(_ text: String) -> ScriptedReply { raw(Array(text.utf8)) }

    /// A `101 Switching Protocols` with these header lines, and then an echo.
    package static func upgrade(headers: [String]) -> ScriptedReply {
        ScriptedReply(steps: [.send(head(101, headers)), .echo])
    }

    /// No answer; the connection stays open.
    package static let hang = ScriptedReply(steps: [.hang])

    /// No answer; the connection closes in order.
    package static let closeWithoutAnswer = ScriptedReply(steps: [.close])

    /// No answer; the connection is reset.
    package static let reset = ScriptedReply(steps: [.reset])

    /// The same, this much later.
    package func after(_ delay: Duration) -> ScriptedReply { ScriptedReply(steps: [.pause(delay)] + steps) }

    /// The same, and then this.
    package func then(_ steps: Step...) -> ScriptedReply { ScriptedReply(steps: self.steps + steps) }

    /// The same, and then the connection closes.
    package func thenClose() -> ScriptedReply { then(.close) }

    private static func head(_ status: Int, _ headers: [String]) -> [UInt8] {
        Array((["HTTP/1.1 \(status) Scripted"] + headers).joined(separator: "\r\n").utf8) + Array("\r\n\r\n".utf8)
    }
}
