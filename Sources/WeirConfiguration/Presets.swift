/// Settings for well-known providers: documents that hold keys of an upstream, each figure with its source and date.
package enum Presets {
    /// The names that `preset` takes, in the order of the alphabet.
    package static var names: [String] { documents.map(\.name) }

    private static let documents: [(name: String, bytes: [UInt8])] = [
        ("binance", PackageResources.binance_yaml), ("bybit", PackageResources.bybit_yaml),
        ("coinbase", PackageResources.coinbase_yaml), ("gate", PackageResources.gate_yaml),
        ("github", PackageResources.github_yaml), ("kraken", PackageResources.kraken_yaml),
        ("mexc", PackageResources.mexc_yaml), ("okx", PackageResources.okx_yaml),
        ("openai", PackageResources.openai_yaml), ("shopify", PackageResources.shopify_yaml),
    ]

    /// The document of a preset, with its comments; nil where there is none of that name.
    package static func text(_ name: String) -> String? {
        documents.first { $0.name == name }.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    /// What a preset is for: the first line of its document.
    package static func summary(_ name: String) -> String {
        let line = text(name)?.prefix { !$0.isNewline } ?? ""
        return String(line.drop { $0 == "#" || $0 == " " })
    }

    /// An upstream with what its preset says put under its own keys; as it is without a preset, or where the preset is
    /// wrong, which its key is told about later.
    static func merged(_ upstream: Cursor) -> Cursor {
        guard let chosen = upstream.node["preset"], case .scalar(let text, _) = chosen.content, !chosen.isNull else {
            return upstream
        }
        let name: String? =
            switch EnvironmentReference.resolve(text, upstream.report.environment) {
            case .literal: text
            case .replaced(let replaced): replaced
            case .unset, .malformed: nil
            }
        // A document of our own that is no YAML is found by a test, and is no reason to fail here.
        guard let document = name.flatMap(Self.text), let parsed = try? YAMLDocument.parse(document) else {
            return upstream
        }
        return upstream.holding(upstream.node.merged(over: parsed.moved(to: chosen.position)))
    }
}

extension YAMLNode {
    /// The keys whose lists merge by the names of their elements.
    private static let namedLists: Set<String> = ["limits", "endpoints"]

    /// The same value as if it stood at `position`, so that problems with it point at what brought it in.
    fileprivate func moved(to position: Position) -> YAMLNode {
        let moved: Content =
            switch content {
            case .scalar: content
            case .sequence(let elements): .sequence(elements.map { $0.moved(to: position) })
            case .mapping(let entries):
                .mapping(
                    entries.map {
                        Entry(key: $0.key, position: position, value: $0.value.moved(to: position))
                    })
            }
        return YAMLNode(content: moved, position: position, size: size, label: label)
    }

    /// This value over that of a preset: mappings key by key, lists of named things by name, all else as it is here. A
    /// null here takes back what the preset says.
    fileprivate func merged(over preset: YAMLNode) -> YAMLNode {
        guard case .mapping(let own) = content, case .mapping(let others) = preset.content else { return self }
        var entries = own.map { entry -> Entry in
            guard let other = preset[entry.key] else { return entry }
            let value =
                Self.namedLists.contains(entry.key)
                ? entry.value.mergedByName(over: other) : entry.value.merged(over: other)
            return Entry(key: entry.key, position: entry.position, value: value)
        }
        entries += others.filter { self[$0.key] == nil }
            .map { Entry(key: $0.key, position: $0.position, value: $0.value.labelled()) }
        return YAMLNode(content: .mapping(entries), position: position, size: size, label: label)
    }

    /// The elements that only this list has come first, since of endpoints the first match wins; an endpoint `other`
    /// stays the last.
    private func mergedByName(over preset: YAMLNode) -> YAMLNode {
        guard case .sequence(let own) = content, case .sequence(let others) = preset.content else { return self }
        let labelled = own.enumerated().map { index, element in element.labelled(String(index)) }
        let names = Set(others.compactMap(\.name))
        let added = labelled.filter { $0.name.map { !names.contains($0) } ?? true }
        let merged = others.map { other in
            let rival = labelled.first { $0.name != nil && $0.name == other.name }
            return rival.map { $0.keepsAlgorithm(of: other) ? $0.merged(over: other) : $0 } ?? other.labelled()
        }
        let repeated = labelled.enumerated().filter { index, element in
            element.name.map { name in
                names.contains(name) && labelled[..<index].contains { $0.name == name }
            } ?? false
        }.map(\.element)
        let isOther = { (node: YAMLNode) in node.name == "other" }
        let ordered = added.filter { !isOther($0) } + merged.filter { !isOther($0) } + repeated
        let last = (added + merged).filter(isOther)
        return YAMLNode(content: .sequence(ordered + last), position: position, size: size, label: label)
    }

    /// A limit of another algorithm has nothing to take over from its namesake.
    private func keepsAlgorithm(of other: YAMLNode) -> Bool {
        guard case .scalar(let own, _) = self["algorithm"]?.content,
            case .scalar(let theirs, _) = other["algorithm"]?.content
        else { return true }
        return own == theirs
    }

    private var name: String? {
        guard case .scalar(let text, _) = self["name"]?.content else { return nil }
        return text
    }

    /// Called `label` by problems, or by its name and those of its elements by theirs.
    private func labelled(_ label: String? = nil) -> YAMLNode {
        var node = self
        node.label = label ?? name
        guard label == nil else { return node }
        switch content {
        case .scalar: return node
        case .sequence(let elements):
            return YAMLNode(
                content: .sequence(elements.map { $0.labelled() }), position: position, size: size, label: node.label)
        case .mapping(let entries):
            let labelled = entries.map { Entry(key: $0.key, position: $0.position, value: $0.value.labelled()) }
            return YAMLNode(content: .mapping(labelled), position: position, size: size, label: node.label)
        }
    }
}
