/// The name of a field to look for, made ready once: looking it up then compares bytes and makes no strings.
package struct FieldName: Sendable, Hashable {
    /// In lower case.
    let bytes: [UInt8]
    let known: KnownField

    /// - Parameter name: In any letter case. One that is no token is never found.
    package init(_ name: String) {
        let bytes = name.utf8.map { ASCII.lowercased($0) }
        self.bytes = bytes
        known = KnownField(bytes.span, in: bytes.indices)
    }
}
