import Foundation
import Testing

@testable import WeirMetrics

@Suite("The metrics of the process")
struct ProcessMetricsTests {
    private func reading(_ stat: String) -> ProcessReading {
        ProcessReading(stat: Array(stat.utf8))
    }

    private static let stat =
        "S 1 2 3 4 5 6 7 8 9 10 250 75 0 0 20 0 12 0 987654 123456789 4242 18446744073709551615 1 1 0\n"

    @Test(
        "a stat is read by position, whatever the name of the program",
        arguments: ["weir", "a b", "a) R 1 (b", "))", ""])
    func stat(name: String) {
        let reading = reading("4711 (\(name)) " + Self.stat)
        #expect(reading.cpuTicks == 325)
        #expect(reading.startTicks == 987_654)
        #expect(reading.virtualBytes == 123_456_789)
        #expect(reading.residentPages == 4242)
    }

    @Test(
        "what is missing or malformed is not known",
        arguments: ["", "1", "1 (a", "1 (a)", "1 (a) S 1", "1 (a) S 1 2 3 4 5 6 7 8 9 10 x y 0 0 20 0 12 0 - - -"])
    func malformed(stat: String) {
        let nothing = reading(stat)
        #expect(nothing == reading(""))
        #expect(nothing.cpuTicks == nil)
        #expect(nothing.residentPages == nil)
    }

    @Test("the start of the machine and the limit of descriptors are found among other lines")
    func otherFiles() {
        let stat = "cpu  1 2 3\nintr 1 2\nctxt 5\nbtime 1763683200\nprocesses 1\n"
        #expect(ProcessReading.bootTime(stat: Array(stat.utf8)) == 1_763_683_200)
        #expect(ProcessReading.bootTime(stat: Array("cpu 1\nbtime\n".utf8)) == nil)
        func limit(_ text: String) -> Double? {
            ProcessReading.mostDescriptors(
                limits: Array("Limit  Soft Limit  Hard Limit  Units\nMax processes  7 7 p\n\(text)".utf8))
        }
        #expect(limit("Max open files            1024                 1048576              files     \n") == 1024)
        #expect(limit("Max open files            unlimited            unlimited            files     \n") == .infinity)
        #expect(limit("") == nil)
    }

    @Test("those of this process are sound")
    func ownProcess() throws {
        let registry = Registry()
        let metrics = try ProcessMetrics(registry)
        func value(_ name: String) throws -> Double {
            let line = try #require(registry.text.split(separator: "\n").first { $0.hasPrefix(name + " ") })
            return try #require(line.split(separator: " ").last.flatMap { Double($0) })
        }
        let start = try value("process_start_time_seconds")
        let now = Date().timeIntervalSince1970
        #expect(start > now - 86_400 && start < now + 2)
        #expect(try value("process_max_fds") >= 64)
        #expect(try value("process_virtual_memory_bytes") > value("process_resident_memory_bytes"))
        #expect(try value("process_resident_memory_bytes") > 1_000_000)
        #expect(try (3...100_000).contains(value("process_open_fds")))
        let cpu = try value("process_cpu_seconds_total")
        let clock = ContinuousClock.now
        var spun = 0
        while try value("process_cpu_seconds_total") <= cpu, ContinuousClock.now - clock < .seconds(20) {
            for number in 0..<1_000_000 { spun &+= number }
            metrics.update()
        }
        #expect(try value("process_cpu_seconds_total") > cpu, "spun \(spun)")
    }

    @Test("they have the standard names and types")
    func names() throws {
        let registry = Registry()
        _ = try ProcessMetrics(registry)
        let types = registry.text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { $0.dropFirst(7) }
        #expect(
            types == [
                "process_cpu_seconds_total counter", "process_open_fds gauge", "process_max_fds gauge",
                "process_virtual_memory_bytes gauge", "process_resident_memory_bytes gauge",
                "process_start_time_seconds gauge",
            ])
    }

    @Test("a counter of nanoseconds is printed in seconds, and never falls")
    func seconds() throws {
        let registry = Registry()
        let counter = try registry.counters("a_seconds_total", help: "", unit: .seconds).series([])
        counter.increment(by: 1_500_000_000)
        #expect(registry.text.hasSuffix("a_seconds_total 1.5\n"))
        counter.raise(to: 1)
        #expect(registry.text.hasSuffix("a_seconds_total 1.5\n"))
        counter.raise(to: 2_000_000_000)
        #expect(registry.text.hasSuffix("a_seconds_total 2\n"))
    }
}
