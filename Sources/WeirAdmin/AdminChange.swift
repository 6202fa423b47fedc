/// Something that a POST asks to be changed. The bodies are as sent, at most `AdminRoutes.maxBody` bytes, maybe none.
package enum AdminChange: Sendable, Equatable {
    /// The configuration shall be read anew.
    case reload
    /// A circuit, of an upstream or of one of its endpoints, shall be forced: `{"force":"open"|"closed"|null}`.
    case circuit(upstream: String, endpoint: String?, body: [UInt8])
    /// A limit, of an upstream or of one of its endpoints, shall forget what was spent: `{}`, or one key and tier.
    case resetLimit(upstream: String, limit: String, endpoint: String?, body: [UInt8])
}

/// What became of a change.
package enum ChangeAnswer: Sendable, Equatable {
    /// It has begun.
    case accepted
    /// It is done.
    case done
    /// There is no such thing; a line for people.
    case notFound(String)
    /// It cannot be done; what is wrong, for people.
    case invalid([String])
}
