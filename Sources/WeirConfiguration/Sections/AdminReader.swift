enum AdminKey: String, SectionKey {
    case listen
    case allowHosts = "allow_hosts"
    case maxConnections = "max_connections"
}

/// Reads `admin`.
enum AdminReader {
    static func read(_ section: Section<AdminKey>) -> AdminOptions {
        var options = AdminOptions()
        options.listen = section[.listen]?.listenAddress() ?? options.listen
        options.allowHosts = section[.allowHosts]?.hosts() ?? options.allowHosts
        options.maxConnections = section[.maxConnections]?.integer(1...65536) ?? options.maxConnections
        return options
    }
}
