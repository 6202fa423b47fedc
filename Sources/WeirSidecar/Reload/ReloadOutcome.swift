/// What became of a wish to reload.
package enum ReloadOutcome: Sendable, Equatable {
    /// The configuration is in force.
    case done
    /// The one before stays in force; what is wrong, for people.
    case failed([String])
    /// There was no time for it.
    case ignored(because: String)
}
