import Testing

@testable import WeirSidecar

@Suite("What the machine says of itself")
struct HostMonitorTests {
    @Test("The figures are those of the first line that begins with the word")
    func figures() {
        let text = Array("cpu  10 20 x 30\ncpu0 1 2\nMemTotal:       24683652 kB\nMemFree: 7 kB".utf8)
        #expect(HostMonitor.figures(behind: "cpu", in: text) == [10, 20, 30])
        #expect(HostMonitor.figures(behind: "MemTotal:", in: text) == [24_683_652])
        #expect(HostMonitor.figures(behind: "MemAvailable:", in: text) == [])
        #expect(HostMonitor.figures(behind: "cpu", in: []) == [])
    }

    #if os(Linux)
    @Test("From the second reading on there are shares", .timeLimit(.minutes(1)))
    func shares() {
        var monitor = HostMonitor()
        #expect(monitor.load() == nil)
        var load: (cpu: Double, memory: Double)?
        while load == nil { load = monitor.load() }
        #expect((0...1).contains(load?.cpu ?? -1))
        #expect((0.001...1).contains(load?.memory ?? -1))
    }
    #endif
}
