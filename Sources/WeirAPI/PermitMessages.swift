internal import FoundationEssentials
internal import WeirCore
internal import WeirProxy
internal import WeirRuntime

/// What is wrong with a message, in words that are fit for the answer's detail.
struct MessageProblem: Error {
    let detail: String

    init(_ detail: String) {
        self.detail = detail
    }
}

/// The body of `POST /v1/acquire`.
struct AcquireMessage {
    let upstream: String
    let wish: PermitWish

    init(_ body: [UInt8]) throws(MessageProblem) {
        let message = try Message<Key>(body)
        guard let upstream: String = try message.value(.upstream) else {
            throw MessageProblem("upstream is missing.")
        }
        self.upstream = upstream
        var wish = PermitWish(endpoint: try message.value(.endpoint))
        wish.cost = try message.value(.cost)
        wish.tier = try message.value(.tier)
        wish.keys = try message.value(.keys) ?? [:]
        if let name: String = try message.value(.priority) {
            guard let priority = Priority(name: name) else {
                throw MessageProblem("priority is not critical, high, normal or low.")
            }
            wish.priority = priority
        }
        if let milliseconds: Double = try message.value(.maxWait) {
            guard (0...Self.longestWait).contains(milliseconds) else {
                throw MessageProblem("max_wait_ms is not a number from 0 to a day's milliseconds.")
            }
            wish.maxWait = TimeSpan(nanoseconds: Int64(milliseconds * 1_000_000))
        }
        self.wish = wish
    }

    private static let longestWait = 86_400_000.0

    private enum Key: String, CodingKey, CaseIterable {
        case upstream, endpoint, cost, priority, keys, tier
        case maxWait = "max_wait_ms"
    }
}

/// The body of `POST /v1/report`.
struct ReportMessage {
    let permit: String
    let report: PermitReport

    init(_ body: [UInt8]) throws(MessageProblem) {
        let message = try Message<Key>(body)
        guard let permit: String = try message.value(.permit) else { throw MessageProblem("permit is missing.") }
        self.permit = permit
        let code: String? = try message.value(.code)
        let status = code.flatMap { Int($0) }.flatMap { (100...599).contains($0) ? $0 : nil }
        let headers: [String: String] = try message.value(.headers) ?? [:]
        let names = headers.map { ($0.key.lowercased(), $0.value) }
        report = PermitReport(
            try Self.result(try message.value(.outcome), code: code, status: status), status: status,
            headers: Dictionary(names) { first, _ in first })
    }

    private static func result(
        _ outcome: String?, code: String?, status: Int?
    ) throws(MessageProblem) -> PermitReport.Result {
        switch outcome {
        case "success": return .success
        case "ignored": return .ignored
        case "failure":
            guard let code else { return .failure(.classified) }
            if let named = FailureCode.allCases.first(where: { $0.label == code }) { return .failure(named) }
            guard let status else {
                let names = FailureCode.allCases.map(\.label).joined(separator: ", ")
                throw MessageProblem("code is neither a status nor one of \(names).")
            }
            // What is no failure by its status is one by its caller's word.
            return .failure(FailureCode(status: status) ?? .classified)
        default: throw MessageProblem("outcome is not success, failure or ignored.")
        }
    }

    private enum Key: String, CodingKey, CaseIterable {
        case permit, outcome, code, headers
    }
}

/// A JSON object whose members are all known.
private struct Message<Key: CodingKey & CaseIterable & RawRepresentable<String>>: Decodable {
    private let container: KeyedDecodingContainer<Key>

    init(_ body: [UInt8]) throws(MessageProblem) {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(body))
        } catch let problem as MessageProblem {
            throw problem
        } catch {
            throw MessageProblem("The body is not a JSON object.")
        }
    }

    init(from decoder: any Decoder) throws {
        for name in try decoder.container(keyedBy: AnyKey.self).allKeys where Key(stringValue: name.stringValue) == nil
        {
            let known = Key.allCases.map(\.rawValue).joined(separator: ", ")
            throw MessageProblem("The body has a member that is none of \(known).")
        }
        container = try decoder.container(keyedBy: Key.self)
    }

    /// A member's value; nil where it is absent or null.
    func value<Value: Decodable>(_ key: Key) throws(MessageProblem) -> Value? {
        do {
            return try container.decodeIfPresent(Value.self, forKey: key)
        } catch {
            throw MessageProblem("\(key.rawValue) is not \(Self.kind(of: Value.self)).")
        }
    }

    private static func kind(of type: any Decodable.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Int.Type: "a whole number"
        case is Double.Type: "a number"
        default: "an object of strings"
        }
    }
}

private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init?(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) {
        nil
    }
}

extension PermitGrant {
    /// The body of the answer to an acquire.
    var json: String {
        let milliseconds = Double(waited.nanoseconds / 1000) / 1000
        return #"{"permit":"\#(permit)","waited_ms":\#(milliseconds),"expires_in_ms":\#(expiresIn.milliseconds)}"#
            + "\n"
    }
}
