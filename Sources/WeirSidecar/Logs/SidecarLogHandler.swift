internal import FoundationEssentials
internal import Logging

/// Hands the messages of swift-log to ``Logs``, which decides by its own level.
struct SidecarLogHandler: LogHandler {
    let logs: Logs
    var metadata: Logger.Metadata = [:]

    var logLevel: Logger.Level {
        get { logs.level }
        nonmutating set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        logs.submit(
            message: LogRecord(
                time: .now, level: event.level, message: event.message.description, source: event.source,
                members: all.sorted { $0.key < $1.key }.map { ($0.key, Self.value($0.value)) }))
    }

    private static func value(_ value: Logger.MetadataValue) -> LogRecord.Value {
        switch value {
        case .string(let text): .text(text)
        case .stringConvertible(let number as any BinaryInteger): .number(Double(number))
        case .stringConvertible(let number as Double): .number(number)
        case .stringConvertible(let other): .text(other.description)
        case .array, .dictionary: .text("\(value)")
        }
    }
}
