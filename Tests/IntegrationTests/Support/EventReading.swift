import Foundation
import WeirTestKit

/// An event as `/events` sends it.
struct StreamedEvent: Sendable {
    let id: Int
    let type: String
    let data: JSONValue

    /// Reads the complete events of a stream; comments and what is not complete yet are passed over.
    static func all(in text: String) throws -> [StreamedEvent] {
        try text.components(separatedBy: "\n\n").dropLast().compactMap { frame in
            var fields: [String: String] = [:]
            for line in frame.split(separator: "\n") where !line.hasPrefix(":") {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2 { fields[String(parts[0])] = parts[1].trimmingCharacters(in: .whitespaces) }
            }
            guard let id = fields["id"].flatMap({ Int($0) }), let type = fields["event"], let data = fields["data"]
            else { return nil }
            return StreamedEvent(
                id: id, type: type, data: try JSONDecoder().decode(JSONValue.self, from: Data(data.utf8)))
        }
    }
}

extension Stand {
    /// The events from the first on, or as the headers or the query ask, read until there are as many as wanted.
    func events(
        _ count: Int, query: String = "?since=0", headers: [String] = []
    ) async throws -> [StreamedEvent] {
        // HTTP/1.0 has no chunks: what comes is the stream itself.
        let client = try await RawClient.connect(to: admin, within: Self.patience)
        let lines = ["GET /events\(query) HTTP/1.0", "Host: \(admin.authority)"] + headers
        try await client.send(lines.joined(separator: "\r\n") + "\r\n\r\n", within: Self.patience)
        let head = try await client.readHead(within: Self.patience)
        guard head.status == 200 else { throw NoStream(description: "\(head)") }
        let text = Observed("")
        return try await withDeadline(Self.patience, waitingFor: "\(count) events", seen: { text.value }) {
            var events = try StreamedEvent.all(in: text.value)
            while events.count < count {
                let more = String(decoding: try await client.readSome(within: Self.patience), as: UTF8.self)
                guard !more.isEmpty else { throw NoStream(description: "it ended after \(text.value)") }
                text.change { $0 += more }
                events = try StreamedEvent.all(in: text.value)
            }
            await client.close()
            return events
        }
    }

    /// An answer to a request for events that is none, or ends.
    struct NoStream: Error, CustomStringConvertible {
        let description: String
    }
}
