internal import WeirCore

extension TimeSpan {
    /// The length in seconds, as metrics, events and `/status` give it.
    var inSeconds: Double { Double(nanoseconds) / 1e9 }
}
