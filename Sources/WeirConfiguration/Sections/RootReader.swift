enum RootKey: String, SectionKey {
    case admin, log, drainTimeout = "drain_timeout", upstreams
}

/// A whole configuration as it was read.
struct ReadConfiguration {
    var settings: SidecarSettings
    var admin: Section<AdminKey>?
    var upstreams: [ReadUpstream]
}

/// Reads the whole file. What it answers counts only while the report has no problem.
enum RootReader {
    static func read(_ section: Section<RootKey>) -> ReadConfiguration {
        var settings = SidecarSettings(upstreams: [])
        let admin = section[.admin].flatMap { Section<AdminKey>($0) }
        if let admin { settings.admin = AdminReader.read(admin) }
        if let log = section[.log].flatMap({ Section<LogKey>($0) }) { settings.log = LogReader.read(log) }
        settings.drainTimeout = section[.drainTimeout]?.duration() ?? settings.drainTimeout
        let upstreams = UpstreamReader.list(section.required(.upstreams))
        settings.upstreams = upstreams.map(\.settings)
        return ReadConfiguration(settings: settings, admin: admin, upstreams: upstreams)
    }
}
