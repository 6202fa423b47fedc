import Testing
import WeirCore

@Suite("Host load")
struct HostLoadTests {
    final class Seat {
        var load: HostLoad

        init(elevated: Bool = true, high: Bool = true) {
            load = HostLoad(
                HostLoadSettings(
                    elevated: elevated ? .init(cpu: 0.6, memory: 0.7, factor: 0.7) : nil,
                    high: high ? .init(cpu: 0.8, memory: 0.9, factor: 0.5) : nil))
        }

        func observe(_ cpu: Double, _ memory: Double) -> Double? { load.observe(cpu: cpu, memory: memory) }
    }

    @Test("A step holds from the moment at which either share reaches its mark")
    func marks() {
        for (cpu, memory, factor) in [
            (0.59, 0.69, nil), (0.6, 0, 0.7), (0, 0.7, 0.7), (0.79, 0.89, 0.7), (0.8, 0, 0.5), (0, 0.9, 0.5),
            (1, 1, 0.5),
        ] as [(Double, Double, Double?)] {
            let seat = Seat()
            #expect(seat.observe(cpu, memory) == factor, "\(cpu), \(memory)")
            #expect(seat.load.factor == factor ?? 1)
        }
    }

    @Test("A step is left when both shares are below nine tenths of their marks")
    func release() {
        let seat = Seat()
        #expect(seat.observe(0.6, 0) == 0.7)
        #expect(seat.observe(0.55, 0.62) == nil)
        #expect(seat.observe(0.53, 0.64) == nil, "memory alone holds it")
        #expect(seat.observe(0.53, 0.62) == 1)
        #expect(seat.observe(0.55, 0.64) == nil, "and it does not come back before the mark")
    }

    @Test("From high it falls to elevated, and only then to normal")
    func fallsByStep() {
        let seat = Seat()
        #expect(seat.observe(0.85, 0) == 0.5)
        #expect(seat.observe(0.73, 0) == nil)
        #expect(seat.observe(0.71, 0) == 0.7)
        #expect(seat.load.level == .elevated)
        #expect(seat.observe(0.75, 0) == nil, "not high again before its mark")
        #expect(seat.observe(0.5, 0) == 1)
        #expect(seat.observe(0.95, 0) == 0.5, "and straight to high")
        #expect(seat.observe(0, 0) == 1)
    }

    @Test("A load that hovers about a mark changes the factor once")
    func doesNotFlap() {
        let seat = Seat()
        var changes = 0
        for sample in 0..<100 where seat.observe(sample.isMultiple(of: 2) ? 0.61 : 0.59, 0.3) != nil { changes += 1 }
        #expect(changes == 1)
    }

    @Test("Either step may be absent")
    func absent() {
        #expect(Seat(elevated: false).observe(0.7, 0) == nil)
        #expect(Seat(elevated: false).observe(0.8, 0) == 0.5)
        #expect(Seat(high: false).observe(1, 1) == 0.7)
        #expect(Seat(elevated: false, high: false).observe(1, 1) == nil)
    }

    @Test("What is not a number is no load")
    func notANumber() {
        #expect(Seat().observe(.nan, .nan) == nil)
        #expect(Seat().observe(.nan, 0.95) == 0.5)
    }
}
