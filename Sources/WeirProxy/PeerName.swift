internal import NIOSSL

/// Whether a certificate speaks for the name in a URL.
///
/// NIOSSL's own check, which has passed before, is content with less: with the address that the name led to, which is
/// the choice of whoever answers DNS, and with a name that stands only in the subject (RFC 9110 4.3.4 forbids that).
enum PeerName {
    /// Whether one of the certificate's DNS names is `host`, or a wildcard for its first label.
    static func isVouched(_ host: String, by certificate: NIOSSLCertificate) -> Bool {
        let wanted = normalised(host)
        let parent = wanted.drop { $0 != "." }
        for name in certificate._subjectAlternativeNames() where name.nameType == .dnsName {
            let given = normalised(String(decoding: Array(name.contents), as: UTF8.self))
            if given == wanted { return true }
            if !parent.isEmpty, given.hasPrefix("*"), given.dropFirst() == parent { return true }
        }
        return false
    }

    private static func normalised(_ name: String) -> String {
        let lower = name.lowercased()
        return lower.hasSuffix(".") ? String(lower.dropLast()) : lower
    }
}
