/// How a limit shrinks while this host is busy.
public struct HostLoadSettings: Hashable, Sendable {
    /// One degree of load and what it does.
    public struct Step: Hashable, Sendable {
        /// The share of the processors in use (0...1) from which the step holds.
        public var cpu: Double
        /// The share of the memory in use (0...1) from which the step holds.
        public var memory: Double
        /// What the limit is multiplied by while it holds: above 0, at most 1.
        public var factor: Double

        /// A step that holds from either share on.
        public init(cpu: Double, memory: Double, factor: Double) {
            self.cpu = cpu
            self.memory = memory
            self.factor = factor
        }
    }

    /// The first step; nil: none.
    public var elevated: Step?
    /// The second step, which wins over the first; nil: none.
    public var high: Step?

    /// Steps for a busy and a very busy host.
    public init(elevated: Step? = nil, high: Step? = nil) {
        self.elevated = elevated
        self.high = high
    }
}
