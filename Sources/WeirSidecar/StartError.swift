#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import NIOCore

/// Why a sidecar could not start, in words for the terminal.
package struct StartError: Error, CustomStringConvertible {
    /// What is wrong, and where.
    package let description: String
    /// Whether an address or a state file could not be had (exit 69), rather than the configuration be wrong (exit 78).
    package let isUnavailable: Bool

    static func address(_ address: String, for whom: String, _ error: any Error) -> StartError {
        let isSocket = address.hasPrefix("unix:")
        let reason =
            switch (error as? IOError)?.errnoCode {
            case EADDRINUSE: "it is already in use by another process"
            case EADDRNOTAVAIL: "this machine has no such address"
            case EACCES where !isSocket: "no permission; a port below 1024 takes root or CAP_NET_BIND_SERVICE"
            case EACCES: "no permission to make the socket in its folder"
            case ENOENT where isSocket: "its folder does not exist"
            case let code?: unsafe String(cString: strerror(code))
            case nil: "\(error)"
            }
        return StartError(
            description: "cannot listen on \(address) for \(whom): \(reason)", isUnavailable: true)
    }

    static func admin(_ reason: String) -> StartError {
        StartError(description: reason, isUnavailable: true)
    }

    static func stateFile(_ error: StateFileError) -> StartError {
        StartError(description: "\(error)", isUnavailable: true)
    }

    static func upstream(_ name: String, reason: String) -> StartError {
        StartError(description: "upstream \(name) cannot be set up: \(reason)", isUnavailable: false)
    }
}
