import NIOCore
import Testing
import WeirHTTP

/// A message and a name for it in the test report.
struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let message: String

    init(_ name: String, _ message: String) {
        self.name = name
        self.message = message
    }

    var testDescription: String { name }
}

/// What a sequence of bytes came to: heads or a defect. Text, so that two outcomes are easily compared.
enum Outcome: Equatable {
    case parsed(String, rest: String)
    case incomplete
    case refused(HTTPDefect)
}

/// Expects that parsing `text` has one outcome, wherever its bytes are cut.
func expectSame(whereverSplit text: String, _ parse: (_ cuts: [Int]) -> Outcome) {
    let count = text.utf8.count
    let whole = parse([])
    for cut in 0...count {
        #expect(parse([cut]) == whole, "cut at \(cut)")
    }
    #expect(parse(Array(0...count)) == whole, "byte by byte")
}

/// Feeds `bytes` piece by piece, cutting at `cuts` (ascending), and parses one head.
func feed(_ bytes: [UInt8], cuts: [Int], _ parse: (inout ByteBuffer) throws -> String?) -> Outcome {
    var buffer = ByteBuffer()
    var start = 0
    for cut in cuts + [bytes.count] {
        buffer.writeBytes(bytes[start..<cut])
        start = cut
        do {
            if let text = try parse(&buffer) {
                buffer.writeBytes(bytes[start...])
                return .parsed(text, rest: String(buffer: buffer))
            }
        } catch let defect as HTTPDefect {
            return .refused(defect)
        } catch {
            Issue.record("unexpected error \(error)")
        }
    }
    return .incomplete
}

func request(_ text: String, limits: HeadLimits = HeadLimits()) throws -> RequestHead? {
    var parser = RequestHeadParser(limits: limits)
    var buffer = ByteBuffer(string: text)
    return try parser.parse(&buffer)
}

func response(_ text: String, answering method: HTTPMethod = .get) throws -> ResponseHead? {
    var parser = ResponseHeadParser()
    var buffer = ByteBuffer(string: text)
    return try parser.parse(&buffer, answering: method)
}

/// Everything a request head says, and what would be sent for it.
func describe(_ head: RequestHead) -> String {
    var written = ByteBuffer()
    RequestWriter(authority: "up", pathPrefix: "", preserveHost: true, setFields: []).write(head, into: &written)
    return """
        \(head.methodName) \(head.method) \(head.path) \(head.query ?? "-") \(head.authority) \(head.version) \
        \(head.framing) \(head.isPersistent) \(head.isAbsoluteForm) \(head.upgradesToWebSocket) \(head.fieldCount)
        \(String(buffer: written))
        """
}

/// Everything a response head says, and what the caller would be sent.
func describe(_ head: ResponseHead) -> String {
    var written = ByteBuffer()
    let framing = ResponseWriter.write(
        head, answering: .http11, close: false, endpoint: "e", waitNanoseconds: 0, attempts: 1, into: &written)
    return """
        \(head.status) \(head.version) \(head.framing) \(framing) \(head.isPersistent) \(head.upgradesToWebSocket) \
        \(head.fieldCount)
        \(String(buffer: written))
        """
}
