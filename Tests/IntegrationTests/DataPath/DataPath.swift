import Testing

/// The data path as callers and providers see it: real sockets on both sides of a running `weir`.
///
/// One test after another: each has processes and timeouts of its own, which a crowd on few cores would upset.
@Suite("The data path", .serialized)
enum DataPath {}
