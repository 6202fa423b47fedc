/// Finds what a misspelt key was meant to be.
enum NearestKey {
    /// The candidate closest to `text`, if it is close: at most one slip for each three letters.
    static func find(_ text: String, among candidates: [String]) -> String? {
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let cutoff = max(1, candidate.utf8.count / 3)
            guard abs(candidate.utf8.count - text.utf8.count) <= cutoff else { continue }
            let distance = distance(Array(text.utf8), Array(candidate.utf8))
            if distance <= cutoff, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.candidate
    }

    /// Letters to insert, remove, replace or swap with their neighbour (optimal string alignment; Damerau 1964).
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for i in left.indices {
            var row = [i + 1]
            for j in right.indices {
                let isSame = left[i] == right[j]
                var least = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (isSame ? 0 : 1))
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    least = min(least, beforePrevious[j - 1] + 1)
                }
                row.append(least)
            }
            (beforePrevious, previous) = (previous, row)
        }
        return previous[right.count]
    }
}
