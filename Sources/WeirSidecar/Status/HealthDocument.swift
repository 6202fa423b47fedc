internal import FoundationEssentials

/// `/health`: application/health+json (draft-inadarei-api-health-check), `pass`, or `warn` with a reason per upstream. A
/// provider that is down does not make Weir unwell.
struct HealthDocument: Encodable {
    struct Check: Encodable {
        let componentType = "component"
        let status: String
        let output: String?
        let time: String
    }

    let status: String
    let version: String
    let description: String
    let output: String?
    let checks: [String: [Check]]

    init(version: String, upstreams: [StatusDocument.Upstream], time: String) {
        let troubled = upstreams.filter { $0.status != "pass" }
        self.version = version
        description = "Weir, egress resilience sidecar"
        status = troubled.isEmpty ? "pass" : "warn"
        output =
            troubled.isEmpty
            ? nil : troubled.map { "\($0.name): \($0.reasons.joined(separator: ", "))" }.joined(separator: "; ")
        checks = Dictionary(
            upstreams.map { upstream in
                let output = upstream.reasons.isEmpty ? nil : upstream.reasons.joined(separator: ", ")
                return ("upstream:\(upstream.name)", [Check(status: upstream.status, output: output, time: time)])
            }, uniquingKeysWith: { first, _ in first })
    }

    /// The document as JSON, keys in order.
    func json() -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array((try? encoder.encode(self)) ?? Data("{}".utf8)) + [UInt8(ascii: "\n")]
    }
}
