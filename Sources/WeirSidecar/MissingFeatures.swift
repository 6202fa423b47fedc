internal import WeirConfiguration
internal import WeirCore
internal import WeirProxy

/// What a configuration may ask for and this version does not have: refused rather than left undone.
enum MissingFeatures {
    /// Throws where settings ask for any of it.
    static func refuse(_ settings: SidecarSettings) throws(StartError) {
        var missing: [String] = []
        let limits = settings.upstreams.flatMap { $0.limits + $0.endpoints.flatMap(\.limits) }
        if limits.contains(where: \.isShared) { missing.append("shared limits") }
        guard missing.isEmpty else { throw StartError.missing(missing) }
    }
}
