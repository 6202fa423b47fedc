/// Everything that a scripted upstream has seen.
package struct UpstreamRecord: Sendable, CustomStringConvertible {
    /// A connection that was accepted.
    package struct Connection: Sendable {
        /// What came on it, as on the wire; no more than the first `ScriptedUpstream.keptBytes` are kept.
        package internal(set) var bytes: [UInt8] = []
        /// How many requests came on it.
        package internal(set) var requests = 0
        /// Whether it is open still.
        package internal(set) var isOpen = true
        /// How it broke, or what on it was no HTTP; `nil` when all was in order.
        package internal(set) var failure: String?
    }

    /// The requests whose heads were read, in that order.
    package internal(set) var requests: [RecordedRequest] = []
    /// The connections in the order of acceptance.
    package internal(set) var connections: [Connection] = []
    /// How many bytes the kernel has taken of the replies, all connections together.
    package internal(set) var bytesSent = 0

    /// How many connections are open.
    package var openConnections: Int { connections.count { $0.isOpen } }
    /// How many requests were read to their end.
    package var completeRequests: Int { requests.count { $0.isComplete } }

    /// The last requests and the state of the connections.
    package var description: String {
        let last = requests.suffix(10).map(\.description).joined(separator: "; ")
        let failures = connections.compactMap(\.failure).suffix(5).joined(separator: "; ")
        return """
            \(requests.count) requests (\(completeRequests) complete), \(connections.count) connections \
            (\(openConnections) open), failures [\(failures)], last requests [\(last)]
            """
    }
}
