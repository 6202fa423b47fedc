internal import ArgumentParser

/// The exit codes of the contract (those of sysexits.h).
extension ExitCode {
    /// 69: an address that cannot be had.
    static let unavailable = ExitCode(69)
    /// 70: an internal failure.
    static let internalFailure = ExitCode(70)
    /// 78: bad configuration.
    static let badConfiguration = ExitCode(78)
}
