/// Where a part of a keyed limit's key comes from.
public enum KeySource: Hashable, Sendable {
    /// The value of a request header; the name in any case.
    case header(String)
    /// The value of a query parameter.
    case query(String)
    /// The value of a cookie.
    case cookie(String)
    /// The caller's address.
    case clientIP
    /// What the segment `{name}` of the endpoint's path pattern matched.
    case path(String)
}
