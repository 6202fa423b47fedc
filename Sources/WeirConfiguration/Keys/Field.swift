/// One key of a section: the only place that says what it takes, what it means and where its value goes.
struct Field<Settings> {
    /// What it takes, in the words of the reference.
    let takes: String
    /// What it means, in a line.
    let doc: String
    /// A JSON Schema of its value, of what may stand for it in a file included; null apart.
    let schema: JSONValue
    /// Whether it has to be given.
    var isRequired = false
    /// Whether its default goes without saying: it is a section, whose own keys have theirs.
    var hasDefault = true
    /// Takes over what the file says: the value, or nil where there is none; and whether null stands there.
    let read: (Cursor?, _ isNull: Bool, inout Settings) -> Void
    /// What a file would have to say for these settings; nil: nothing.
    let write: (Settings, Place) -> JSONValue?

    private init(
        takes: String, doc: String, schema: JSONValue, isRequired: Bool = false, hasDefault: Bool = true,
        read: @escaping (Cursor?, Bool, inout Settings) -> Void, write: @escaping (Settings, Place) -> JSONValue?
    ) {
        self.takes = takes
        self.doc = doc
        self.schema = schema
        self.isRequired = isRequired
        self.hasDefault = hasDefault
        self.read = read
        self.write = write
    }

    /// A key whose value goes to `path`; absent or null it leaves there what is there.
    init<Value>(
        _ path: WritableKeyPath<Settings, Value>, _ kind: Kind<Value>, isRequired: Bool = false, _ doc: String
    ) {
        self.init(
            takes: kind.takes, doc: doc, schema: kind.orReference, isRequired: isRequired,
            read: { cursor, _, settings in
                if let value = cursor.flatMap(kind.read) { settings[keyPath: path] = value }
            },
            write: { settings, place in place.shown(kind.write(settings[keyPath: path])) })
    }

    /// A key whose value goes to `path`; null takes back what is there.
    init<Value>(
        _ path: WritableKeyPath<Settings, Value?>, orNull kind: Kind<Value>, isRequired: Bool = false, _ doc: String
    ) {
        self.init(
            takes: isRequired ? kind.takes : kind.optional.takes, doc: doc, schema: kind.orReference,
            isRequired: isRequired,
            read: { cursor, isNull, settings in
                if isNull { settings[keyPath: path] = nil }
                if let value = cursor.flatMap(kind.read) { settings[keyPath: path] = value }
            },
            write: { settings, place in place.shown(kind.optional.write(settings[keyPath: path])) })
    }

    /// A key that holds a section, whose values go to `path`.
    init<Key: SectionKey>(_ path: WritableKeyPath<Settings, Key.Settings>, _: Key.Type, _ doc: String) {
        self.init(
            takes: "[\(Key.title)](#\(Key.title))", doc: doc, schema: .reference(Key.title), hasDefault: false,
            read: { cursor, _, settings in
                cursor.flatMap { Section<Key>($0) }?.read(into: &settings[keyPath: path])
            },
            write: { settings, place in Key.write(settings[keyPath: path], place) })
    }

    /// A key that a reader of its own reads, because more than one value hangs on it.
    static func structure(
        _ takes: String, schema: JSONValue, isRequired: Bool = false, hasDefault: Bool = false, _ doc: String,
        write: @escaping (Settings, Place) -> JSONValue?
    ) -> Field {
        Field(
            takes: takes, doc: doc, schema: schema, isRequired: isRequired, hasDefault: hasDefault,
            read: { _, _, _ in }, write: write)
    }

    /// The same key of what `path` leads to.
    func within<Outer>(_ path: WritableKeyPath<Outer, Settings>) -> Field<Outer> {
        Field<Outer>(
            takes: takes, doc: doc, schema: schema, isRequired: isRequired, hasDefault: hasDefault,
            read: { cursor, isNull, outer in read(cursor, isNull, &outer[keyPath: path]) },
            write: { outer, place in write(outer[keyPath: path], place) })
    }

    /// The same key, its meaning told differently.
    func describing(_ change: (String) -> String) -> Field {
        Field(
            takes: takes, doc: change(doc), schema: schema, isRequired: isRequired, hasDefault: hasDefault, read: read,
            write: write)
    }

    /// The same key, left out where settings are written: what it says is in the others.
    var silent: Field {
        Field(
            takes: takes, doc: doc, schema: schema, isRequired: isRequired, hasDefault: hasDefault, read: read,
            write: { _, _ in nil })
    }
}
