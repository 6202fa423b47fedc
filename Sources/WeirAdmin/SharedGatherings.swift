/// Who waits for which document, so that many who ask at once share the work.
///
/// While a document is being gathered, those who ask for it wait for the next gathering and not for this one: an
/// answer never shows a state older than its question. So at most one gathering of each document is under way, and two
/// rounds bound the wait.
struct SharedGatherings<Document: Hashable> {
    /// Whoever waits.
    typealias Ticket = UInt64

    private struct Round {
        var served: [Ticket]
        var waiting: [Ticket] = []
    }

    private var rounds: [Document: Round] = [:]

    /// Somebody asks for a document. Returns whether its gathering is to be begun.
    mutating func join(_ ticket: Ticket, for document: Document) -> Bool {
        if rounds[document] == nil {
            rounds[document] = Round(served: [ticket])
            return true
        }
        rounds[document]?.waiting.append(ticket)
        return false
    }

    /// Somebody waits for a document no longer. A gathering under way goes on.
    mutating func leave(_ ticket: Ticket, document: Document) {
        rounds[document]?.served.removeAll { $0 == ticket }
        rounds[document]?.waiting.removeAll { $0 == ticket }
    }

    /// A document has been gathered. Returns who is to be answered with it, and whether it is to be gathered again.
    mutating func finish(_ document: Document) -> (served: [Ticket], again: Bool) {
        guard let round = rounds[document] else { return ([], false) }
        rounds[document] = round.waiting.isEmpty ? nil : Round(served: round.waiting)
        return (round.served, !round.waiting.isEmpty)
    }
}
