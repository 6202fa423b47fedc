/// The form of field names and values, for fields that come from elsewhere than a message: a configuration.
package enum FieldSyntax {
    /// A token, not empty (RFC 9110 5.1).
    package static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy(ASCII.isToken)
    }

    /// No control characters (CR and LF above all) but tabs. Empty is allowed.
    package static func isValue(_ value: String) -> Bool {
        value.utf8.allSatisfy(ASCII.isFieldByte)
    }
}
