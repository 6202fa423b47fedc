extension Kind {
    /// A list of `element`, each at most once.
    static func list<Element: Hashable>(
        of element: Kind<Element>, isEmptyAllowed: Bool = true, twice: String
    ) -> Kind where Value == [Element] {
        var schema: JSONValue = ["type": "array", "items": element.orReference]
        if !isEmptyAllowed { schema = schema.adding(["minItems": 1]) }
        return Kind(
            takes: "list of: \(element.takes)", schema: schema, isScalar: false,
            read: { cursor in
                guard let elements = cursor.list() else { return nil }
                if !isEmptyAllowed, elements.isEmpty { cursor.mismatch("at least one") }
                var values: [Element] = []
                for place in elements {
                    guard let value = element.read(place) else { continue }
                    if values.contains(value) { place.problem(twice) }
                    values.append(value)
                }
                return values
            },
            write: { .list($0.map(element.write)) })
    }

    /// The schema of the value, or of a reference to the environment where it may stand for it.
    var orReference: JSONValue {
        isScalar ? .anyOf([schema, .reference("environment")]) : schema
    }
}
