internal import FoundationEssentials
internal import Logging
internal import WeirAdmin
internal import WeirConfiguration

/// One message on its way to standard error.
struct LogRecord: Sendable, Equatable {
    /// The value of a member.
    enum Value: Sendable, Equatable {
        case text(String)
        case number(Double)

        /// As people read it.
        var text: String {
            switch self {
            case .text(let text): text
            case .number(let number): Int(exactly: number)?.description ?? number.description
            }
        }
    }

    var time: Date
    var level: Logger.Level
    var message: String
    /// The part of Weir that it comes from; shown to people only.
    var source: String
    /// What belongs to it, in the order in which it is written. No key is `time`, `level` or `message`.
    var members: [(key: String, value: Value)] = []

    /// Appends a line of it to `bytes`.
    func write(as format: LogOptions.Format, into bytes: inout [UInt8]) {
        switch format {
        case .text: writeText(into: &bytes)
        case .json: writeJSON(into: &bytes)
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    /// `TIME LEVEL weir: key=value ... [SOURCE] MESSAGE`; a value that is not one plain word is quoted as in JSON.
    private func writeText(into bytes: inout [UInt8]) {
        bytes += "\(time.timestamp) \(level) weir:".utf8
        for (key, value) in members {
            bytes += " \(key)=".utf8
            let text = value.text
            if text.utf8.allSatisfy(\.isPlain), !text.isEmpty {
                bytes += text.utf8
            } else {
                bytes.append(json: text)
            }
        }
        bytes += " [\(source)] ".utf8
        bytes += message.utf8.map { $0 < 0x20 ? UInt8(ascii: " ") : $0 }
    }

    private func writeJSON(into bytes: inout [UInt8]) {
        bytes += #"{"time":"\#(time.timestamp)","level":"\#(level)","message":"#.utf8
        bytes.append(json: message)
        for (key, value) in members {
            bytes.append(UInt8(ascii: ","))
            bytes.append(json: key)
            bytes.append(UInt8(ascii: ":"))
            switch value {
            case .text(let text): bytes.append(json: text)
            case .number(let number): bytes.append(json: number)
            }
        }
        bytes.append(UInt8(ascii: "}"))
    }

    static func == (left: LogRecord, right: LogRecord) -> Bool {
        left.time == right.time && left.level == right.level && left.message == right.message
            && left.source == right.source && left.members.elementsEqual(right.members, by: ==)
    }
}

extension UInt8 {
    /// Whether it may stand in a value without quotes.
    fileprivate var isPlain: Bool {
        self > 0x20 && self != 0x7F && self != UInt8(ascii: "\"") && self != UInt8(ascii: "\\")
            && self != UInt8(ascii: "=")
    }
}
