/// The admin endpoint on a socket of its own, with a thread of its own.
package final class AdminServer: Sendable {
    /// Where it listens: `127.0.0.1:9464`, `[::1]:9464` or `unix:/path`. A port 0 has become the one taken.
    package let address: String
    private let server: MicroHTTPServer

    /// Binds and serves. Throws, and leaves nothing behind, if the address cannot be had.
    package convenience init(settings: AdminSettings, source: any AdminSource) throws(AdminError) {
        try self.init(settings: settings, timeouts: AdminTimeouts(), source: source)
    }

    init(settings: AdminSettings, timeouts: AdminTimeouts, source: any AdminSource) throws(AdminError) {
        let service = AdminService(settings: settings, timeouts: timeouts, source: source)
        server = try MicroHTTPServer(settings: settings, timeouts: timeouts, service: service)
        address = server.address
    }

    /// Stops listening and closes every connection; an answer that is being gathered is given up. Takes a moment and
    /// waits for no client and no gathering. A further call does nothing. Letting go of the server stops it too.
    package func stop() {
        server.stop()
    }
}
