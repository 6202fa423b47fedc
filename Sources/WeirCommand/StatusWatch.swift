internal import WeirSidecar

/// A status that is drawn anew each second.
struct StatusWatch {
    let admin: StatusAddress
    /// The first status.
    let first: StatusReport

    /// Runs until it is cancelled; then the terminal is as it was.
    func run() async throws {
        let screen = StatusScreen()
        screen.open()
        defer { screen.close() }
        var (last, rates) = (first, nil as StatusRates?)
        var received = ContinuousClock.now
        var failure: String?
        while true {
            let text = StatusText(last, rates: rates, style: screen.style, width: screen.size?.columns).lines()
            screen.redraw(failure.map { [banner($0, since: received, screen)] + text } ?? text)
            try await Task.sleep(for: .seconds(1))
            do {
                let report = try await StatusClient.fetch(admin)
                (rates, last) = (StatusRates(from: last, to: report), report)
                received = .now
                failure = nil
            } catch {
                failure = "\(error)"
            }
        }
    }

    /// What says that the rest is old.
    private func banner(_ failure: String, since: ContinuousClock.Instant, _ screen: StatusScreen) -> String {
        var line = StatusLine()
        let age = FigureText.span(milliseconds: (ContinuousClock.now - since) / .milliseconds(1))
        line.append("NOT REACHABLE, state of \(age) ago: \(failure)", .bad)
        return line.text(screen.style, width: screen.size?.columns)
    }
}
