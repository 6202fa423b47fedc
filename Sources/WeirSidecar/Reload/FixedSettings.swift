internal import WeirConfiguration

/// What is settled when Weir starts, and cannot change while it runs.
enum FixedSettings {
    /// A problem for each of them that `changed` has otherwise.
    static func problems(_ present: SidecarSettings, _ changed: SidecarSettings, file: String) -> [ConfigurationProblem]
    {
        let checks = [
            ("admin.listen", present.admin.listen == changed.admin.listen),
            ("admin.max_connections", present.admin.maxConnections == changed.admin.maxConnections),
            ("api.listen", present.api.listen == changed.api.listen),
            ("state_file", present.stateFile == changed.stateFile),
            ("shared", present.shared == changed.shared),
        ]
        return checks.filter { !$0.1 }.map { path, _ in
            ConfigurationProblem(file: file, path: path, message: "cannot change while Weir runs; restart it")
        }
    }
}
