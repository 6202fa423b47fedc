extension Hostile {
    /// Reads messages as carelessly as some server somewhere does. Each reading is a set of such habits; what Weir sends
    /// must be the same one message in all of them.
    struct LaxReader: Sendable {
        struct Message: Equatable {
            let startLine: String
            /// Without chunk framing.
            let body: [UInt8]
            /// Whether the end of its body was found.
            let isWhole: Bool
        }

        /// A CR without LF ends a line as well (a bare LF always does).
        var bareCREndsLine = false
        /// A NUL ends the text of its line.
        var cutsAtNUL = false
        /// Of several lengths the last counts, not the first.
        var lastLengthWins = false
        /// A length outranks a coding.
        var lengthOutranksCoding = false

        static let all: [LaxReader] = (0..<16).map { bits in
            LaxReader(
                bareCREndsLine: bits & 1 != 0, cutsAtNUL: bits & 2 != 0, lastLengthWins: bits & 4 != 0,
                lengthOutranksCoding: bits & 8 != 0)
        }

        /// The messages in `bytes`. What a message without framing is followed by belongs to it only when
        /// `untilClose` is set.
        func messages(_ bytes: [UInt8], untilClose: Bool = false) -> [Message] {
            var rest = bytes[...]
            var messages: [Message] = []
            while !rest.isEmpty {
                let lines = joinFolds(readLines(&rest))
                guard let startLine = lines.first else { continue }
                let framing = framing(lines.dropFirst())
                var body: [UInt8] = []
                var isWhole = true
                if let length = framing.length, !framing.isChunked || lengthOutranksCoding {
                    body = Array(rest.prefix(length))
                    isWhole = body.count == length
                    rest = rest.dropFirst(length)
                } else if framing.isChunked {
                    isWhole = readChunks(&rest, into: &body)
                } else if untilClose {
                    body = Array(rest)
                    rest = []
                }
                messages.append(
                    Message(startLine: String(decoding: startLine, as: UTF8.self), body: body, isWhole: isWhole))
            }
            return messages
        }

        /// A line, and whether there was an end to it.
        private func readLine(_ rest: inout ArraySlice<UInt8>) -> [UInt8] {
            let end = rest.firstIndex { $0 == 10 || bareCREndsLine && $0 == 13 } ?? rest.endIndex
            var line = Array(rest[..<end])
            let wasCR = end < rest.endIndex && rest[end] == 13
            rest = rest[end...].dropFirst()
            if wasCR, rest.first == 10 { rest = rest.dropFirst() }
            if line.last == 13 { line.removeLast() }
            if cutsAtNUL, let zero = line.firstIndex(of: 0) { line.removeSubrange(zero...) }
            return line
        }

        private func readLines(_ rest: inout ArraySlice<UInt8>) -> [[UInt8]] {
            var lines: [[UInt8]] = []
            while !rest.isEmpty {
                let line = readLine(&rest)
                if line.isEmpty { break }
                lines.append(line)
            }
            return lines
        }

        private func joinFolds(_ lines: [[UInt8]]) -> [[UInt8]] {
            lines.reduce(into: []) { joined, line in
                if !joined.isEmpty, line.first == 32 || line.first == 9 {
                    joined[joined.count - 1] += line
                } else {
                    joined.append(line)
                }
            }
        }

        /// Any name that comes near is the field, any value in which `chunked` occurs is that coding.
        private func framing(_ lines: ArraySlice<[UInt8]>) -> (length: Int?, isChunked: Bool) {
            var lengths: [Int] = []
            var isChunked = false
            for line in lines {
                // As CGI spells names, and without what some trim away.
                let name = line.prefix { $0 != 58 }.filter { $0 > 32 }.map { $0 == 95 ? 45 : $0 | 32 }
                let value = String(decoding: line.dropFirst(line.prefix { $0 != 58 }.count + 1), as: UTF8.self)
                if name == Array("content-length".utf8) {
                    lengths += value.split(separator: ",").map { member in
                        Int(String(decoding: member.utf8.filter { (48...57).contains($0) }, as: UTF8.self)) ?? 0
                    }
                } else if name == Array("transfer-encoding".utf8) {
                    isChunked = isChunked || value.lowercased().contains("chunked")
                }
            }
            return (lastLengthWins ? lengths.last : lengths.first, isChunked)
        }

        private func readChunks(_ rest: inout ArraySlice<UInt8>, into body: inout [UInt8]) -> Bool {
            while !rest.isEmpty {
                let line = String(decoding: readLine(&rest), as: UTF8.self)
                let digits = line.drop { $0 == " " }.prefix { $0.isHexDigit }
                guard let size = Int(digits, radix: 16) else { return false }
                guard size > 0 else {
                    _ = readLines(&rest)
                    return true
                }
                guard rest.count >= size else { return false }
                body += rest.prefix(size)
                rest = rest.dropFirst(size)
                _ = readLine(&rest)
            }
            return false
        }
    }
}
