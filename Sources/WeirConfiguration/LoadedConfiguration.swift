/// A configuration that can be used.
package struct LoadedConfiguration: Sendable, Equatable {
    /// What it says.
    package var settings: SidecarSettings
    /// What is legal in it but unwise, in the order of the file.
    package var warnings: [ConfigurationProblem]
    /// The places whose values came from the environment, as `Place` calls them.
    private let concealed: Set<String>

    /// `settings` with what is unwise about them.
    ///
    /// - Parameter concealed: the places whose values are secrets.
    package init(settings: SidecarSettings, warnings: [ConfigurationProblem], concealed: Set<String> = []) {
        self.settings = settings
        self.warnings = warnings
        self.concealed = concealed
    }

    /// All that holds, defaults and presets included, as a configuration in YAML. What came from the environment, the
    /// values of headers and the user information of URLs read `<redacted>`.
    package var effectiveYAML: String {
        YAMLText.document(effective)
    }

    /// The same as JSON.
    package var effectiveJSON: String {
        effective.json(indentation: 2) + "\n"
    }

    private var effective: JSONValue {
        RootKey.write(settings, Place(concealed: concealed))
    }
}
