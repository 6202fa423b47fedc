package import WeirCore
internal import WeirRuntime

/// Writes one upstream down: each call is a few stores into memory that the kernel keeps.
package final class UpstreamJournal: AdmissionJournal {
    private let file: StateFile
    private let limits: [LimitBook]
    private let scopes: [StateScope]

    init(file: StateFile, limits: [LimitBook], scopes: [StateScope]) {
        self.file = file
        self.limits = limits
        self.scopes = scopes
    }

    /// The journal that takes this one's place where the limits change, as `UpstreamMemory.journal(following:now:)`.
    func followed(by books: UpstreamBooks, now: Instant) -> UpstreamJournal {
        let followers = books.limits.map { book in
            let old = limits.first { $0.region.identity == book.region.identity }
            guard let old else {
                book.takeOver(now: now)
                return book
            }
            if old.region.start == book.region.start, old.region.segment === book.region.segment {
                return LimitBook(
                    limit: book.limit, settings: book.settings, region: book.region, former: [], shapes: book.shapes,
                    entries: old.entries)
            }
            book.takeOver(from: old, now: now)
            return book
        }
        return UpstreamJournal(file: file, limits: followers, scopes: books.scopes)
    }

    // MARK: AdmissionJournal

    package func took(_ charge: Charge, now: Instant) {
        guard charge.limit < limits.count else { return }
        limits[charge.limit].took(charge, now: now)
    }

    package func gaveBack(_ charge: Charge, takenAt: Instant) {
        guard charge.limit < limits.count else { return }
        limits[charge.limit].gaveBack(charge, takenAt: takenAt)
    }

    package func reset(limit: Int, slots: [Int]?) {
        guard limits.indices.contains(limit) else { return }
        limits[limit].reset(slots: slots)
    }

    package func froze(_ scope: HoldScope, until: Instant, isBan: Bool, now: Instant) {
        let place =
            switch scope {
            case .upstream: 0
            case .endpoint(let endpoint): endpoint + 1
            }
        guard scopes.indices.contains(place) else { return }
        scopes[place].stop(until: until, isBan: isBan, wallOffset: file.wallOffset, now: now)
    }

    package func setWallOffset(_ offset: TimeSpan) {
        file.wallOffset = offset
        for scope in scopes { scope.follow(wallOffset: offset) }
    }
}
