internal import WeirCore

/// The reference of all keys in Markdown: `docs/configuration.md`.
package enum ConfigurationReference {
    /// The document.
    package static var markdown: String {
        ([introduction] + sections + [presets]).joined(separator: "\n")
    }

    private static let introduction = """
        # Configuration

        <!-- Written by `weir reference configuration`; a test tells when it is stale. -->

        YAML, validated as a whole: `weir check --config FILE` prints every problem with its file, line and column,
        and exits 0 or 78. A key that does not exist is an error which names the nearest one that does. `weir schema`
        prints a JSON Schema for editors, `weir presets` what is known of providers, `weir route METHOD URL` what a
        call would meet.

        ```yaml
        upstreams:
          - name: bybit
            listen: 127.0.0.1:8081
            url: https://api.bybit.com
            limits:
              - { name: ip, algorithm: sliding_window, requests: 600, per: 5s }
        ```

        | what | how it is written |
        |---|---|
        | duration | `250us`, `100ms`, `5s`, `1m`, `1h30m`, at most 10 years |
        | rate | a decimal above 0 per `s`, `m` or `h`: `8/s`, `0.33/s`, `600/m` |
        | size | `512B`, `64KiB`, `1MiB` |
        | address | `127.0.0.1:8081`, `[::1]:8081`, `unix:/run/weir/bybit.sock`; port 0 lets the system choose |
        | off | `off` and `false` mean the same |
        | `${NAME}` | in any value: a variable of the environment, which must be set; quoted in `{ X-Key: "${KEY}" }` |

        null means the default, and so does a key that is left out. What comes from the environment, and the values of
        headers, are never shown: not in a message, not in `GET /config`.
        """

    private static var sections: [String] {
        [
            section(RootKey.self, "The whole file"),
            section(AdminKey.self), section(APIKey.self), section(LogKey.self),
            section(SharedKey.self, note: "Given at all, even as `{}`, it has these defaults."),
            section(UpstreamKey.self), section(EndpointDefaultsKey.self), section(QueueKey.self),
            section(ExpiresKey.self), section(BreakerKey.self), section(RetryKey.self), section(RetryBudgetKey.self),
            section(TimeoutsKey.self), section(PoolKey.self), section(FeedbackKey.self), section(ClassifyKey.self),
            section(EndpointKey.self), section(MatchKey.self), section(LimitKey.self), algorithms, tiers,
            section(HostLoadKey.self), section(LoadStepKey.self),
        ]
    }

    private static func section<Key: SectionKey>(_: Key.Type, _ title: String? = nil, note: String? = nil) -> String {
        let rows = Key.allCases.map { key in
            let field = key.field
            return row(key.rawValue, field.takes, standard(key), field.doc)
        }
        return heading(title ?? Key.title) + (note.map { $0 + "\n\n" } ?? "") + header + rows.joined()
    }

    private static let header = "| key | takes | default | meaning |\n|---|---|---|---|\n"

    private static func heading(_ title: String) -> String {
        "\n## \(title)\n\n"
    }

    private static func row(_ name: String, _ takes: String, _ standard: String, _ doc: String) -> String {
        "| `\(name)` | \(takes) | \(standard) | \(doc) |\n".replacing("or null |", with: "or `null` |")
    }

    /// What holds where a key is left out.
    private static func standard<Key: SectionKey>(_ key: Key) -> String {
        let field = key.field
        if field.isRequired { return "required" }
        // The one figure that has a default does not have it where there are none.
        if key.rawValue == FigureKey.margin.rawValue { return "`\(LimitSettings.defaultMargin.text)`" }
        guard field.hasDefault else { return "" }
        return field.write(Key.standard, Place()).map { "`\(YAMLText.line($0))`" } ?? "`null`"
    }

    private static var algorithms: String {
        let rows = AlgorithmName.allCases.map { algorithm in
            let keys = algorithm.keys.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            return "| `\(algorithm.rawValue)` | \(keys) | \(algorithm.promise) |\n"
        }
        return heading("algorithms") + "What each promises, as an observer at the provider would judge it.\n\n"
            + "| algorithm | its keys | promise |\n|---|---|---|\n" + rows.joined()
    }

    private static var tiers: String {
        let rows = TiersReader.reference.map { row($0.name, $0.takes, $0.name == "NAME" ? "" : "required", $0.doc) }
        return heading("tiers")
            + "`{ by: header:X-Tier, default: free, free: { requests: 100, per: 1h }, gold: { requests: 1000 } }`\n\n"
            + header + rows.joined()
    }

    private static var presets: String {
        let rows = Presets.names.map { "| `\($0)` | \(Presets.summary($0)) |\n" }
        return heading("presets") + """
            `preset: NAME` begins an upstream with what is known of a provider. Keys given in the file win, mappings
            merge key by key, and `limits` and `endpoints` merge by `name`; endpoints that only the file has come
            first. A limit of another algorithm replaces its namesake whole, and null takes back what the preset says.
            `weir presets NAME` prints one, with the source and the date of each figure.

            | preset | for |
            |---|---|

            """ + rows.joined()
    }
}
