import Glibc

/// A blocking client on a plain socket, which sends what it is told, well-formed or not. No call waits above 20 s.
final class RawClient {
    let descriptor: Int32

    /// Connects to an address as `AdminServer` gives it.
    init(to address: String) {
        if address.hasPrefix("unix:") {
            descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: address.utf8.dropFirst(5)) }
            connect(to: name)
        } else {
            let port = in_port_t(address.split(separator: ":").last ?? "") ?? 0
            if address.hasPrefix("[") {
                descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
                var name = sockaddr_in6()
                name.sin6_family = sa_family_t(AF_INET6)
                name.sin6_port = port.bigEndian
                name.sin6_addr = in6addr_loopback
                connect(to: name)
            } else {
                descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                var name = sockaddr_in()
                name.sin_family = sa_family_t(AF_INET)
                name.sin_port = port.bigEndian
                name.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
                connect(to: name)
            }
        }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    }

    deinit {
        close(descriptor)
    }

    private func connect<Address>(to address: Address) {
        unsafe withUnsafeBytes(of: address) { bytes in
            let name = unsafe bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
            _ = unsafe Glibc.connect(descriptor, name, socklen_t(bytes.count))
        }
    }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = unsafe Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Has the next `close` send a reset.
    func resetOnClose() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    }

    /// Everything up to the end of the connection, or to 20 s of silence.
    func readToEnd() -> RawResponse {
        var received: [UInt8] = []
        while let piece = read(), !piece.isEmpty {
            received += piece
        }
        return RawResponse(received)
    }

    /// One response by its Content-Length; for `HEAD` one without a body.
    func readResponse(hasBody: Bool = true) -> RawResponse {
        var received: [UInt8] = []
        while true {
            let response = RawResponse(received)
            let length = hasBody ? response.field("Content-Length").flatMap { Int($0) } ?? 0 : 0
            if response.isHeadWhole, response.body.utf8.count >= length { return response }
            guard let piece = read(), !piece.isEmpty else { return response }
            received += piece
        }
    }

    /// Waits, without reading, until the other side has ended the connection (a hang-up needs no asking for); false if it does not within 20 s.
    func waitForHangUp() -> Bool {
        var entry = pollfd(fd: descriptor, events: 0, revents: 0)
        return unsafe poll(&entry, 1, 20_000) == 1
    }

    /// The next bytes; none if the connection has ended or there is none; `nil` after 20 s of silence.
    func read() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        return count < 0 && errno == EAGAIN ? nil : Array(buffer.prefix(max(0, count)))
    }
}

/// What came back.
struct RawResponse {
    let text: String
    let head: [Substring]
    let body: String
    let isHeadWhole: Bool

    init(_ bytes: [UInt8]) {
        text = String(decoding: bytes, as: UTF8.self)
        // By scalars: CR LF is one character.
        let scalars = Array(text.unicodeScalars)
        let end = scalars.indices.first { scalars[$0...].starts(with: "\r\n\r\n".unicodeScalars) }
        isHeadWhole = end != nil
        let headText = String(String.UnicodeScalarView(scalars[..<(end ?? scalars.count)]))
        head = headText.split(separator: "\r\n")
        body = end.map { String(String.UnicodeScalarView(scalars[($0 + 4)...])) } ?? ""
    }

    var status: Int? { head.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } }

    func field(_ name: String) -> String? {
        let prefix = name.lowercased() + ": "
        return head.first { $0.lowercased().hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    }
}
