internal import FoundationEssentials
internal import WeirAdmin
internal import WeirCore

/// What a POST to the admin endpoint asks for, read from its body.
enum AdminChanges {
    private struct Force: Decodable {
        let force: String?

        enum CodingKeys: String, CodingKey { case force }

        /// `force` must be there, even if it is null: a slip of the pen must not lift anything.
        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            guard container.contains(.force) else {
                throw DecodingError.keyNotFound(
                    CodingKeys.force, .init(codingPath: [], debugDescription: "force is missing"))
            }
            force = try container.decodeIfPresent(String.self, forKey: .force)
        }
    }

    private struct Reset: Decodable {
        let key: String?
        let tier: String?
    }

    /// What a body says that a circuit shall be forced to; the problem where it does not say it right.
    static func forcedState(_ body: [UInt8]) -> Result<ForcedCircuitState?, ChangeProblem> {
        let expected = #"expected {"force": "open"}, {"force": "closed"} or {"force": null}"#
        guard let wish = try? JSONDecoder().decode(Force.self, from: Data(body)) else {
            return .failure(ChangeProblem(expected))
        }
        guard let text = wish.force else { return .success(nil) }
        guard let state = ForcedCircuitState(rawValue: text) else { return .failure(ChangeProblem(expected)) }
        return .success(state)
    }

    /// Which key, and in which tier, a body says shall be forgotten; nothing: all.
    static func resetTarget(_ body: [UInt8]) -> Result<(key: String?, tier: String?), ChangeProblem> {
        guard !body.isEmpty else { return .success((nil, nil)) }
        guard let wish = try? JSONDecoder().decode(Reset.self, from: Data(body)) else {
            return .failure(ChangeProblem(#"expected {} or {"key": "...", "tier": "..."}"#))
        }
        return .success((wish.key, wish.tier))
    }
}

/// What is wrong with a change, for people.
struct ChangeProblem: Error {
    let text: String

    init(_ text: String) {
        self.text = text
    }
}
