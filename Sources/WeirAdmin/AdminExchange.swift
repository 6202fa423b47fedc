import Synchronization

/// One request and its answer, from the request line until the answer has been sent or given up.
final class AdminExchange: Sendable {
    /// How far it has come.
    enum Stage {
        /// Only the target of the request line is known.
        case head(target: String)
        /// The head is known; the body, if any, is being read.
        case body(AdminRequest)
        /// Its connection is suspended while the answer is gathered.
        case gathering
        /// The answer is there, to be sent when libmicrohttpd asks again.
        case answered(MicroHTTPResponse)
    }

    private let stage: Mutex<Stage>

    init(target: String) {
        stage = Mutex(.head(target: target))
    }

    /// Where it stands now.
    var current: Stage {
        stage.withLock { $0 }
    }

    /// Moves it on.
    func advance(to next: Stage) {
        stage.withLock { $0 = next }
    }
}
