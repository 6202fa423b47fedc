/// The JSON Schema of a configuration, for editors.
///
/// It says of each value what `weir check` says. What only a whole file can tell (two names alike, a cost that no limit
/// admits, a variable that is not set) it cannot.
package enum ConfigurationSchema {
    /// The schema as JSON (draft 2020-12).
    package static var json: String {
        document.json(indentation: 2) + "\n"
    }

    private static let about = """
        What `weir check` accepts, as far as a schema can tell: it leaves to `weir check` what holds between values, \
        durations above 10 years, the groups of IPv6 addresses, and numbers in other than decimal notation.
        """

    static var document: JSONValue {
        let head: JSONValue = [
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Weir configuration", "$comment": .text(about),
        ]
        return head.adding(section(RootKey.self)).adding(["$defs": definitions])
    }

    private static var definitions: JSONValue {
        [
            "environment": [
                "type": "string", "pattern": "\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}",
                "description": "a value with ${NAME} in it, which is replaced from the environment",
            ],
            "admin": section(AdminKey.self), "api": section(APIKey.self), "log": section(LogKey.self),
            "shared": section(SharedKey.self), "upstream": upstream,
            "endpoint_defaults": section(EndpointDefaultsKey.self),
            "endpoint_defaults_over_preset": section(EndpointDefaultsKey.self, overPreset: true),
            "limit": limit(isWhole: true), "limit_over_preset": limit(isWhole: false),
            "figures": section(FigureKey.self), "tiers": TiersReader.schema,
            "host_load": section(HostLoadKey.self), "step": section(LoadStepKey.self),
            "queue": section(QueueKey.self), "expires": section(ExpiresKey.self),
            "expires_over_preset": section(ExpiresKey.self, requires: []),
            "breaker": section(BreakerKey.self),
            "endpoint_breaker": section(BreakerKey.self, except: BreakerKey.ofUpstream),
            "retry": section(RetryKey.self), "budget": section(RetryBudgetKey.self),
            "endpoint_retry": section(RetryKey.self, except: RetryKey.ofUpstream),
            "timeouts": section(TimeoutsKey.self), "pool": section(PoolKey.self),
            "feedback": section(FeedbackKey.self), "rule": section(ClassifyKey.self),
            "match": section(MatchKey.self), "endpoint": endpoint(overPreset: false),
            "endpoint_over_preset": endpoint(overPreset: true),
        ]
    }

    /// The names of the definitions that a preset may have begun, and of what it then is.
    private static let begun = ["limit", "endpoint", "endpoint_defaults", "expires"]

    /// The schema of a section.
    ///
    /// - Parameters:
    ///   - requires: the keys that must be given; nil: those that say so.
    ///   - overPreset: whether a preset may have given the rest of what is in it.
    private static func section<Key: SectionKey>(
        _: Key.Type, except excluded: Set<Key> = [], requires: [Key]? = nil, overPreset: Bool = false
    ) -> JSONValue {
        let keys = Key.allCases.filter { !excluded.contains($0) }
        let properties = keys.map { key in
            JSONValue.Member(
                name: key.rawValue,
                value: property(
                    key, isRequired: (requires ?? Key.allCases.filter(\.field.isRequired)).contains(key), overPreset))
        }
        let required = keys.filter { (requires ?? keys.filter(\.field.isRequired)).contains($0) }
        var schema: JSONValue = ["type": "object"]
        if !required.isEmpty { schema = schema.adding(["required": .list(required.map { .text($0.rawValue) })]) }
        return schema.adding(["properties": .object(properties), "additionalProperties": false])
    }

    private static func property<Key: SectionKey>(_ key: Key, isRequired: Bool, _ overPreset: Bool) -> JSONValue {
        let field = key.field
        var value = overPreset ? relaxed(field.schema) : field.schema
        if !isRequired { value = .anyOf(alternatives(value) + [["type": "null"]]) }
        var words = [JSONValue.Member(name: "description", value: .text(field.doc))]
        if !field.isRequired, field.hasDefault, let standard = field.write(Key.standard, Place()) {
            words.append(JSONValue.Member(name: "default", value: standard))
        }
        return JSONValue.object(words).adding(value)
    }

    private static func alternatives(_ schema: JSONValue) -> [JSONValue] {
        if case .list(let alternatives)? = schema.members.first(where: { $0.name == "anyOf" })?.value,
            schema.members.count == 1
        {
            return alternatives
        }
        return [schema]
    }

    /// The same schema with references to what a preset may have begun.
    private static func relaxed(_ schema: JSONValue) -> JSONValue {
        switch schema {
        case .object(let members):
            .object(members.map { JSONValue.Member(name: $0.name, value: relaxed($0.value)) })
        case .list(let elements): .list(elements.map(relaxed))
        case .text(let text):
            begun.contains { text == "#/$defs/\($0)" } ? .text(text + "_over_preset") : schema
        default: schema
        }
    }

    // MARK: - What hangs on other keys

    /// A preset may give the URL, and the rest of a limit or an endpoint.
    private static var upstream: JSONValue {
        let given = UpstreamKey.allCases.filter(\.field.isRequired)
        let whole = section(UpstreamKey.self)
        let overPreset = section(UpstreamKey.self, requires: given.filter { $0 != .url }, overPreset: true)
        return [
            "type": "object",
            "if": ["required": ["preset"], "properties": ["preset": ["type": "string"]]],
            "then": overPreset, "else": whole,
        ]
    }

    /// A limit has the keys of its algorithm and no others, which null, being the default, is not.
    private static func limit(isWhole: Bool) -> JSONValue {
        let rules = AlgorithmName.allCases.map { algorithm -> JSONValue in
            let foreign = FigureKey.allCases.filter { !algorithm.keys.contains($0) }
            var outcome: JSONValue = [
                "properties": .object(
                    foreign.map { JSONValue.Member(name: $0.rawValue, value: ["type": "null"]) })
            ]
            if isWhole { outcome = outcome.adding(["anyOf": [required(algorithm), .given("tiers")]]) }
            return [
                "if": ["required": ["algorithm"], "properties": ["algorithm": ["const": .text(algorithm.rawValue)]]],
                "then": outcome,
            ]
        }
        let requires: [LimitKey] = isWhole ? [.name, .algorithm] : [.name]
        return section(LimitKey.self, requires: requires).adding(["allOf": .list(rules)])
    }

    private static func required(_ algorithm: AlgorithmName) -> JSONValue {
        [
            "required": .list(algorithm.requiredKeys.map { .text($0.rawValue) }),
            "properties": .object(
                algorithm.requiredKeys.map {
                    JSONValue.Member(name: $0.rawValue, value: ["not": ["type": "null"]])
                }),
        ]
    }

    /// The endpoint `other` has no match, any other must have one.
    private static func endpoint(overPreset: Bool) -> JSONValue {
        let whole = section(EndpointKey.self, requires: [.name], overPreset: overPreset)
        var matching: JSONValue = [
            "properties": ["match": ["type": "object", "anyOf": ["method", "path"].map { .given($0) }.list]]
        ]
        if !overPreset { matching = matching.adding(["required": ["match"]]) }
        return whole.adding([
            "if": ["properties": ["name": ["const": .text("other")]]],
            "then": ["properties": ["match": ["type": "null"]]],
            "else": overPreset ? [:] : matching,
        ])
    }
}

extension JSONValue {
    /// A schema of objects that have `key`, and not as null.
    fileprivate static func given(_ key: String) -> JSONValue {
        ["required": [.text(key)], "properties": [key: ["not": ["type": "null"]]]]
    }
}

extension [JSONValue] {
    fileprivate var list: JSONValue { .list(self) }
}
