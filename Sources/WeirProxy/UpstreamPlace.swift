internal import NIOSSL

/// Where a provider is, and how its certificate is verified. Made off the loop, since the trust roots are read for it.
package struct UpstreamPlace: Sendable {
    let url: UpstreamURL
    /// What TLS needs; not nil exactly where the URL says https.
    let tls: NIOSSLContext?
    /// What lets a connection go without a full handshake; nil without TLS, and where NIOSSL does not allow it.
    let sessions: TLSSessions?
    private let caFile: String?

    /// The place of the provider of `settings`. Its certificate is verified, always.
    ///
    /// - Throws: where the trust roots cannot be read.
    package init(_ settings: UpstreamSettings) throws {
        url = settings.url
        caFile = settings.caFile
        guard case .https = settings.url.transport else {
            (tls, sessions) = (nil, nil)
            return
        }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .fullVerification
        configuration.applicationProtocols = ["http/1.1"]
        if let caFile { configuration.additionalTrustRoots = [.file(caFile)] }
        do {
            let context = try NIOSSLContext(configuration: configuration)
            (tls, sessions) = (context, TLSSessions(of: context))
        } catch {
            throw UnusableTrustRoots(file: caFile, reason: "\(error)")
        }
    }

    /// Whether a connection to the one is as good as one to the other.
    func isSame(as other: UpstreamPlace) -> Bool {
        url.transport == other.url.transport && caFile == other.caFile
    }
}

/// No trust roots can be made of a `ca_file`, or (nil) of the system's.
struct UnusableTrustRoots: Error, CustomStringConvertible {
    let file: String?
    let reason: String

    var description: String {
        let place =
            file.map { "ca_file \($0) is no file of PEM certificates" } ?? "the system's certificates cannot be read"
        return "\(place) (\(reason))"
    }
}
