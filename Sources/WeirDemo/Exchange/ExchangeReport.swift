/// What the exchange has seen since it started.
package struct ExchangeReport: Sendable, Equatable {
    /// Requests of any kind.
    package internal(set) var arrivals = 0
    /// Those above the quota, answered 429.
    package internal(set) var overQuota = 0
    /// Those answered with a scheduled fault, slow answers included.
    package internal(set) var faults = 0
}
