internal import CTLSSessions
internal import NIOSSL

/// The TLS sessions that a provider has given, with which later connections to it need no full handshake. They are kept
/// beside the context that makes the connections (`CTLSSessions`), which resumes them by itself, and go with it.
///
/// NIOSSL resumes nothing, so this reaches for the context of BoringSSL's that it wraps
/// (docs/decisions/0012-how-tls-sessions-are-resumed.md).
@safe struct TLSSessions: Sendable {
    private let owner: NIOSSLContext
    /// Lives for as long as its owner.
    nonisolated(unsafe) private let context: OpaquePointer

    /// Has the connections of `owner` resume sessions from now on; to be called before the first is made.
    ///
    /// Nil where NIOSSL wraps its context in some other way than it used to: every handshake is then a full one.
    init?(of owner: NIOSSLContext) {
        let wrapped = Mirror(reflecting: owner).children.first { $0.label == "sslContext" }
        guard let context = unsafe wrapped?.value as? OpaquePointer, unsafe weir_tls_sessions_keep(context) else {
            return nil
        }
        self.owner = owner
        unsafe self.context = context
    }

    /// Offers none of them any more: the next handshake is a full one.
    func forget() {
        unsafe weir_tls_sessions_forget(context)
    }
}
