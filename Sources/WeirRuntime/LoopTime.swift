public import NIOCore
public import WeirCore

extension EventLoop {
    /// The loop's clock: monotonic, and virtual on a testing loop. Read it once per event and pass it on.
    public var instant: Instant {
        Instant(now)
    }
}

extension Instant {
    /// The moment of a loop's deadline.
    public init(_ deadline: NIODeadline) {
        self.init(nanoseconds: Int64(clamping: deadline.uptimeNanoseconds))
    }

    /// The loop's deadline at this moment.
    public var deadline: NIODeadline {
        .uptimeNanoseconds(UInt64(max(0, nanoseconds)))
    }
}
