/// How long, and in what company, a call may wait for its admission.
public struct LineSettings: Hashable, Sendable {
    /// The longest a call waits; 10 s by default. 0 means never.
    public var maxWait: TimeSpan
    /// Calls in line at most; 1024 by default.
    public var maxLength: Int

    /// A line with the contract's defaults where nothing else is given.
    public init(maxWait: TimeSpan = .seconds(10), maxLength: Int = 1024) {
        self.maxWait = maxWait
        self.maxLength = maxLength
    }
}
