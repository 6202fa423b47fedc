/// What a key may hold: how it is read from a file and written into one, and how it is told to a reader and a schema.
struct Kind<Value> {
    /// What it takes, in the words of the reference: `duration above 0`.
    let takes: String
    /// A JSON Schema of the value alone: not of null, nor of a reference to the environment.
    let schema: JSONValue
    /// Whether a reference to the environment may stand for the whole value.
    var isScalar = true
    /// The value; nil, and a problem, for what is none.
    let read: (Cursor) -> Value?
    /// The value as a file would have it.
    let write: (Value) -> JSONValue

    /// The same for a key that may be null, which is then a value of its own and no default.
    var optional: Kind<Value?> {
        Kind<Value?>(
            takes: takes + " or null", schema: schema, isScalar: isScalar,
            read: { cursor in read(cursor).map(Optional.some) },
            write: { value in value.map(write) ?? .null })
    }
}

extension JSONValue {
    /// A schema of texts that match `pattern` from end to end, or of values of other `types`: what stands without
    /// quotes may be a number to others.
    static func pattern(_ pattern: String, or types: [JSONValue] = []) -> JSONValue {
        [
            "type": types.isEmpty ? "string" : .list(["string"] + types),
            "pattern": .text("^(?:\(pattern))$"),
        ]
    }

    /// A schema of what any of `schemas` accepts.
    static func anyOf(_ schemas: [JSONValue]) -> JSONValue {
        schemas.count == 1 ? schemas[0] : ["anyOf": .list(schemas)]
    }

    /// A reference to the schema's definition of `name`.
    static func reference(_ name: String) -> JSONValue {
        ["$ref": .text("#/$defs/\(name)")]
    }
}
