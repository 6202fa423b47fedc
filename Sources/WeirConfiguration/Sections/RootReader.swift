internal import WeirCore

/// A whole configuration as it was read.
struct ReadConfiguration {
    var settings: SidecarSettings
    var section: Section<RootKey>
    var upstreams: [ReadUpstream]
}

/// Reads the whole file. What it answers counts only while the report has no problem.
enum RootReader {
    static func read(_ section: Section<RootKey>) -> ReadConfiguration {
        var settings = RootKey.standard
        section.read(into: &settings)
        if let shared = section[.shared].flatMap({ Section<SharedKey>($0) }) {
            var options = SharedKey.standard
            shared.read(into: &options)
            settings.shared = options
        }
        let upstreams = UpstreamReader.list(section[.upstreams])
        settings.upstreams = upstreams.map(\.settings)
        return ReadConfiguration(settings: settings, section: section, upstreams: upstreams)
    }
}
