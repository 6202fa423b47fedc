/// What the kernel says of a process in `/proc`, parsed. What is missing or malformed is `nil`, and its metric keeps
/// its last value.
struct ProcessReading: Equatable {
    /// Processor time spent, user and system, in clock ticks.
    var cpuTicks: UInt64?
    /// When it started, in clock ticks since the machine did.
    var startTicks: UInt64?
    /// Size of the virtual memory in bytes.
    var virtualBytes: UInt64?
    /// Size of the memory that is held, in pages.
    var residentPages: UInt64?

    /// Of `/proc/PID/stat`: fields apart by spaces, of which the second is a name in brackets that may hold anything.
    init(stat: [UInt8]) {
        guard let bracket = stat.lastIndex(of: UInt8(ascii: ")")) else { return }
        // The first of these is the third of proc(5).
        let fields = stat[(bracket + 1)...].split(separator: UInt8(ascii: " "))
        func number(_ field: Int) -> UInt64? {
            fields.indices.contains(field - 3) ? UInt64(decimal: fields[field - 3]) : nil
        }
        if let user = number(14), let system = number(15) {
            cpuTicks = user &+ system
        }
        startTicks = number(22)
        virtualBytes = number(23)
        residentPages = number(24)
    }

    /// When the machine started, in seconds since 1970, of `/proc/stat`.
    static func bootTime(stat: [UInt8]) -> UInt64? {
        word(1, ofLine: "btime", in: stat)
    }

    /// How many descriptors a process may have open, of `/proc/PID/limits`; infinite if there is no limit.
    static func mostDescriptors(limits: [UInt8]) -> Double? {
        let line = "Max open files"
        if let limit: UInt64 = word(3, ofLine: line, in: limits) { return Double(limit) }
        return words(ofLine: line, in: limits).map { $0.count > 3 && $0[3].elementsEqual("unlimited".utf8) } == true
            ? .infinity : nil
    }

    private static func word(_ index: Int, ofLine beginning: String, in text: [UInt8]) -> UInt64? {
        guard let words = words(ofLine: beginning, in: text), words.indices.contains(index) else { return nil }
        return UInt64(decimal: words[index])
    }

    private static func words(ofLine beginning: String, in text: [UInt8]) -> [ArraySlice<UInt8>]? {
        text.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: beginning.utf8) }?
            .split(separator: UInt8(ascii: " "))
    }
}

extension UInt64 {
    /// The number that these digits are, a line feed behind them apart.
    fileprivate init?(decimal digits: ArraySlice<UInt8>) {
        self.init(String(decoding: digits.filter { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}
