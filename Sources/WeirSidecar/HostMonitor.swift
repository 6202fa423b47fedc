internal import FoundationEssentials
internal import WeirCore

/// What only the machine knows: the wall clock, and how busy the processors and the memory are. Read about once a second,
/// and handed to deciders that read nothing themselves.
struct HostMonitor {
    private var busy: UInt64 = 0
    private var total: UInt64 = 0

    /// How far the wall clock, since 1970, is ahead of a monotonic one that shows `now`.
    static func wallOffset(at now: Instant) -> TimeSpan {
        TimeSpan(nanoseconds: Int64(Date.now.timeIntervalSince1970 * 1e9) - now.nanoseconds)
    }

    /// The shares (0...1) of the processors, since the last reading, and of the memory in use; nil where `/proc` does not
    /// tell, or not yet.
    mutating func load() -> (cpu: Double, memory: Double)? {
        guard let cpu = cpuShare(), let memory = Self.memoryShare() else { return nil }
        return (cpu, memory)
    }

    /// proc(5): the first line of `/proc/stat` counts ticks: user nice system idle iowait irq softirq steal.
    private mutating func cpuShare() -> Double? {
        guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8),
            let line = text.split(separator: "\n").first
        else { return nil }
        let ticks = line.split(separator: " ").dropFirst().prefix(8).compactMap { UInt64($0) }
        guard ticks.count >= 5 else { return nil }
        let sum = ticks.reduce(0, &+)
        let working = sum &- ticks[3] &- ticks[4]
        defer { (busy, total) = (working, sum) }
        guard total > 0, sum > total, working >= busy else { return nil }
        return min(1, Double(working - busy) / Double(sum - total))
    }

    private static func memoryShare() -> Double? {
        guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else { return nil }
        var figures: [Substring: Double] = [:]
        for line in text.split(separator: "\n").prefix(8) {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let number = parts[1].split(separator: " ").first.flatMap({ Double($0) }) else {
                continue
            }
            figures[parts[0]] = number
        }
        guard let total = figures["MemTotal"], let available = figures["MemAvailable"], total > 0 else { return nil }
        return min(1, max(0, 1 - available / total))
    }
}
