/// The admin endpoint on a socket of its own, with a thread of its own.
package final class AdminServer: Sendable {
    /// Where it listens: `127.0.0.1:9464`, `[::1]:9464` or `unix:/path`. A port 0 has become the one taken.
    package let address: String
    private let server: MicroHTTPServer
    private let service: AdminService

    /// Binds and serves. Throws, and leaves nothing behind, if the address cannot be had.
    ///
    /// - Parameter events: what `/events` tells; no two servers at once share it.
    package convenience init(
        settings: AdminSettings, source: any AdminSource, events: EventFeed
    ) throws(AdminError) {
        try self.init(settings: settings, timeouts: AdminTimeouts(), source: source, events: events)
    }

    init(
        settings: AdminSettings, timeouts: AdminTimeouts, source: any AdminSource, events: EventFeed
    ) throws(AdminError) {
        service = AdminService(settings: settings, timeouts: timeouts, source: source, events: events)
        server = try MicroHTTPServer(settings: settings, timeouts: timeouts, service: service)
        address = server.address
    }

    /// Answers other hosts, and lets itself be told changes or not, from the next request on.
    package func admit(allowHosts: [String], allowChanges: Bool) {
        service.admit(allowHosts: allowHosts, allowChanges: allowChanges)
    }

    /// Stops listening and closes every connection; an answer that is being gathered is given up. Takes a moment and
    /// waits for no client and no gathering. A further call does nothing. Letting go of the server stops it too.
    package func stop() {
        server.stop()
    }
}
