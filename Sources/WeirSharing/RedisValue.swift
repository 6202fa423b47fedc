/// A reply of Redis.
package enum RedisValue: Hashable, Sendable {
    /// A string or a status; bytes that are no UTF-8 are replaced.
    case text(String)
    /// A number.
    case integer(Int64)
    /// Several replies.
    case array([RedisValue])
    /// Nothing.
    case null
    /// The command was refused.
    case error(String)
}
