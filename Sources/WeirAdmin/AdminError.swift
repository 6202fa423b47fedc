/// Why the admin endpoint could not be had. Each names the address as people write it.
package enum AdminError: Error, Equatable, Sendable {
    /// Somebody else listens there.
    case addressInUse(String)
    /// This process may not listen there.
    case permissionDenied(String)
    /// Anything else, explained.
    case other(String)
}

extension AdminError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .addressInUse(let address): "admin: \(address) is already in use by another process"
        case .permissionDenied(let address): "admin: no permission to listen on \(address)"
        case .other(let text): "admin: \(text)"
        }
    }
}
