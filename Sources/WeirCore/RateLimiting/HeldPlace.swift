/// A place of a `concurrency` limit that an admission holds.
struct HeldPlace: Sendable {
    /// The limit's place in the stack.
    let limit: Int
    /// Whose place it is, where the limit is keyed.
    let key: LimitKey?
}
