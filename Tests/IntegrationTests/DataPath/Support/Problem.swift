import Foundation
import Testing
import WeirTestKit

extension DataPath {
    /// The document of an answer that Weir gave itself.
    struct Problem: Decodable {
        let type: String
        let title: String
        let status: Int
        let detail: String
        let reason: String
        let upstream: String?
        let endpoint: String?
        let limit: String?
        let retryAfterMilliseconds: Double?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case type, title, status, detail, reason, upstream, endpoint, limit
            case retryAfterMilliseconds = "retry_after_ms"
        }
    }

    /// Expects an answer of Weir's own, in header and document, and returns the document.
    @discardableResult
    static func expectRefusal(
        _ response: RawResponse, _ status: Int, _ reason: String, _ comment: Comment? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Problem {
        let seen = Comment(rawValue: [comment?.rawValue, "\(response)"].compactMap { $0 }.joined(separator: ": "))
        try #require(response.status == status, seen, sourceLocation: sourceLocation)
        #expect(response["Weir-Reason"] == reason, comment, sourceLocation: sourceLocation)
        let type = response["Content-Type"]?.prefix { $0 != ";" }
        #expect(type == "application/problem+json", comment, sourceLocation: sourceLocation)
        let body = Data(response.body)
        let members = try JSONSerialization.jsonObject(with: body) as? [String: Any]
        // Each member is there, if only as null.
        let missing = Problem.CodingKeys.allCases.map(\.rawValue).filter { members?[$0] == nil }
        #expect(missing.isEmpty, comment, sourceLocation: sourceLocation)
        let problem = try JSONDecoder().decode(Problem.self, from: body)
        #expect(problem.status == status, comment, sourceLocation: sourceLocation)
        #expect(problem.reason == reason, comment, sourceLocation: sourceLocation)
        #expect(!problem.type.isEmpty && !problem.title.isEmpty, comment, sourceLocation: sourceLocation)
        #expect(!problem.detail.isEmpty, comment, sourceLocation: sourceLocation)
        #expect(response["Weir-Limit"] == problem.limit, comment, sourceLocation: sourceLocation)
        return problem
    }
}
