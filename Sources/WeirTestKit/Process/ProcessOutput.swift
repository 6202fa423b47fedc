import Foundation

/// What a child has printed and how it ended.
struct ProcessOutput: Sendable, CustomStringConvertible {
    var errorLines: [String] = []
    var outputLines: [String] = []
    /// How many of its two streams are open still.
    var openStreams = 2
    /// Its exit code, or 128 and the number of the signal that ended it.
    var exitCode: Int32?

    /// What a person wants to know when a test fails.
    var description: String {
        let state = exitCode.map { "exited with \($0)" } ?? "running"
        let lines = errorLines.suffix(25) + outputLines.suffix(10).map { "(stdout) \($0)" }
        return ([state] + lines).joined(separator: "\n    ")
    }

    /// Collects the lines of `pipe` until its end, on a thread of its own: a readability handler would be lighter,
    /// but loses the end of a pipe when many children come and go.
    static func collect(
        _ pipe: Pipe, into output: Observed<ProcessOutput>,
        as lines: any WritableKeyPath<ProcessOutput, [String]> & Sendable
    ) {
        let source = pipe.fileHandleForReading
        Thread.detachNewThread {
            var splitter = LineSplitter()
            while case let data = source.availableData, !data.isEmpty {
                let new = splitter.feed(data)
                output.change { $0[keyPath: lines] += new }
            }
            // Foundation would leave it open. That closing fails is of no use to anyone.
            try? source.close()
            let last = splitter.finish().map { [$0] } ?? []
            output.change { output in
                output[keyPath: lines] += last
                output.openStreams -= 1
            }
        }
    }
}
