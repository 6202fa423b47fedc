import NIOCore

extension HeadFields {
    /// Most bytes that the fields take when they are written: a line without a space behind its colon gains one.
    var maxWrittenBytes: Int { bytes.readableBytes + entries.count }

    /// Writes the fields that are relayed, in their order.
    ///
    /// Lines that are already in the form we would write go over unchanged, neighbours in one copy;
    /// they were proven to hold no control character and to end in CR LF. All others are written anew.
    ///
    /// - Parameters:
    ///   - leading: bytes of the head, right before or among the fields, to be written first. May be empty.
    ///   - dropped: kinds not to be written; fields named by `Connection` are not either.
    ///   - replaced: names, in lower case, of fields not to be written.
    func write(
        leading: Range<Int>, dropping dropped: KnownFieldSet, replaced: [[UInt8]], into output: inout OutputRawSpan
    ) {
        let raw = bytes.readableBytesSpan
        var run = leading
        for entry in entries {
            if dropped.contains(entry.known) || entry.isNominated || isReplaced(entry, by: replaced) { continue }
            if entry.isCanonical, run.upperBound == entry.line.lowerBound {
                run = run.lowerBound..<entry.line.upperBound
                continue
            }
            if !run.isEmpty { output.write(raw.extracting(run)) }
            guard !entry.isCanonical else {
                run = entry.line
                continue
            }
            run = 0..<0
            output.write(raw.extracting(entry.name))
            output.write(": ")
            output.write(raw.extracting(entry.value))
            output.writeCRLF()
        }
        if !run.isEmpty { output.write(raw.extracting(run)) }
    }

    private func isReplaced(_ entry: FieldEntry, by names: [[UInt8]]) -> Bool {
        guard !names.isEmpty else { return false }
        let span = bytes.readableBytesUInt8Span
        return names.contains { span.equalIgnoringCase(entry.name, $0) }
    }
}
