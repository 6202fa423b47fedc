/// What a client accepts, by the rules of RFC 9110, 12.5. What cannot be parsed counts as not said.
enum Negotiation {
    /// The format of metrics that these `Accept` fields ask for. OpenMetrics only where it is named and not liked less
    /// than text, since wildcards are sent by browsers too; text in every other case, even an unacceptable one.
    static func format(accept: [String]) -> MetricsQuery.Format {
        let ranges = accept.flatMap(items)
        let openMetrics =
            ranges.filter { range in
                range.value == "application/openmetrics-text"
                    && range.parameters.allSatisfy { $0.name != "version" || $0.value == "1.0.0" }
            }.map(\.quality).max() ?? 0
        func quality(of value: String) -> Double? {
            ranges.filter { $0.value == value }.map(\.quality).max()
        }
        let text = quality(of: "text/plain") ?? quality(of: "text/*") ?? quality(of: "*/*") ?? 0
        return openMetrics > 0 && openMetrics >= text ? .openMetrics : .text
    }

    /// Whether these `Accept-Encoding` fields ask for gzip.
    static func gzip(acceptEncoding: [String]) -> Bool {
        let codings = acceptEncoding.flatMap(items)
        func quality(of values: [String]) -> Double? {
            codings.filter { values.contains($0.value) }.map(\.quality).max()
        }
        let gzip = quality(of: ["gzip", "x-gzip"]) ?? quality(of: ["*"]) ?? 0
        return gzip > 0 && gzip >= quality(of: ["identity"]) ?? 0
    }

    private struct Item {
        var value: String
        var parameters: [(name: Substring, value: Substring)]
        /// From 0 (never) to 1.
        var quality: Double
    }

    /// The items of a field's list. None of the values of interest has quotes, so commas and semicolons divide.
    private static func items(_ field: String) -> [Item] {
        field.lowercased().split(separator: ",").compactMap { text in
            let parts = text.split(separator: ";", omittingEmptySubsequences: false).map(trimmed)
            var item = Item(value: String(parts[0]), parameters: [], quality: 1)
            for part in parts.dropFirst() {
                let pair = part.split(separator: "=", maxSplits: 1).map(trimmed)
                guard pair.count == 2 else { continue }
                if pair[0] == "q" {
                    guard let quality = Double(pair[1]), (0...1).contains(quality) else { return nil }
                    item.quality = quality
                } else {
                    item.parameters.append((pair[0], pair[1]))
                }
            }
            return item.value.isEmpty ? nil : item
        }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop { $0 == " " || $0 == "\t" }
        return start.lastIndex { $0 != " " && $0 != "\t" }.map { start[...$0] } ?? ""
    }
}
