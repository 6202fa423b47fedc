/// The standard metrics of a process, `process_*`, under the names that Prometheus' client libraries agreed on.
///
/// They are read from `/proc`, and stay at 0 where there is none.
package struct ProcessMetrics: Sendable {
    private let cpu: Counter
    private let openDescriptors: Gauge
    private let mostDescriptors: Gauge
    private let virtualMemory: Gauge
    private let residentMemory: Gauge

    /// Registers them, and reads them for the first time.
    package init(_ registry: Registry) throws(MetricError) {
        cpu = try registry.counters(
            "process_cpu_seconds_total", help: "Total user and system CPU time spent in seconds.", unit: .seconds
        ).series([])
        openDescriptors = try registry.gauges("process_open_fds", help: "Number of open file descriptors.").series([])
        mostDescriptors = try registry.gauges(
            "process_max_fds", help: "Maximum number of open file descriptors."
        ).series([])
        virtualMemory = try registry.gauges(
            "process_virtual_memory_bytes", help: "Virtual memory size in bytes."
        ).series([])
        residentMemory = try registry.gauges(
            "process_resident_memory_bytes", help: "Resident memory size in bytes."
        ).series([])
        let startTime = try registry.gauges(
            "process_start_time_seconds", help: "Start time of the process since unix epoch in seconds."
        ).series([])
        if let start = Self.startSeconds() {
            startTime.set(start)
        }
        update()
    }

    /// Reads them anew: some system calls and, with many descriptors open, some microseconds for each hundred. Not for
    /// an event loop.
    package func update() {
        let reading = ProcessReading(stat: ProcFile.contents("/proc/self/stat"))
        if let cpuTicks = reading.cpuTicks {
            cpu.raise(to: cpuTicks &* (1_000_000_000 / ProcFile.ticksPerSecond))
        }
        if let openNow = ProcFile.openDescriptors() {
            openDescriptors.set(Double(openNow))
        }
        if let most = ProcessReading.mostDescriptors(limits: ProcFile.contents("/proc/self/limits")) {
            mostDescriptors.set(most)
        }
        if let bytes = reading.virtualBytes {
            virtualMemory.set(Double(bytes))
        }
        if let pages = reading.residentPages {
            residentMemory.set(Double(pages) * Double(ProcFile.pageSize))
        }
    }

    /// When this process started, in seconds since 1970.
    private static func startSeconds() -> Double? {
        guard let sinceBoot = ProcessReading(stat: ProcFile.contents("/proc/self/stat")).startTicks,
            let boot = ProcessReading.bootTime(stat: ProcFile.contents("/proc/stat"))
        else { return nil }
        return Double(boot) + Double(sinceBoot) / Double(ProcFile.ticksPerSecond)
    }
}
