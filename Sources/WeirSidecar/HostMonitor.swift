internal import FoundationEssentials
internal import WeirCore
internal import WeirMetrics

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
        let ticks = Self.figures(behind: "cpu", in: ProcFile.contents("/proc/stat")).prefix(8)
        guard ticks.count >= 5 else { return nil }
        let sum = ticks.reduce(0, &+)
        let working = sum &- ticks[3] &- ticks[4]
        defer { (busy, total) = (working, sum) }
        guard total > 0, sum > total, working >= busy else { return nil }
        return min(1, Double(working - busy) / Double(sum - total))
    }

    private static func memoryShare() -> Double? {
        let text = ProcFile.contents("/proc/meminfo")
        guard let total = figures(behind: "MemTotal:", in: text).first, total > 0,
            let available = figures(behind: "MemAvailable:", in: text).first
        else { return nil }
        return min(1, max(0, 1 - Double(available) / Double(total)))
    }

    /// The whole numbers on the first line that begins with `word`.
    static func figures(behind word: String, in text: [UInt8]) -> [UInt64] {
        let line = text.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: word.utf8) } ?? []
        return line.split(separator: UInt8(ascii: " ")).compactMap { UInt64(String(decoding: $0, as: UTF8.self)) }
    }
}
