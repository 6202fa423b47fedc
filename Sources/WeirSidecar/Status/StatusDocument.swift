internal import FoundationEssentials

/// `/status`, as the contract has it. Keys are the property names in snake case; what is not known is null, not absent.
struct StatusDocument: Encodable {
    struct Configuration: Encodable {
        let path: String
        let loadedAt: String
        let reloadsFailed: Int
    }

    struct Upstream: Encodable {
        let name: String
        let url: String
        let listen: String
        let mode: String
        let status: String
        let reasons: [String]
        let frozenForMs: Nullable<Int64>
        let banned: Bool
        let circuit: Nullable<Circuit>
        let limits: [Limit]
        let provider: Nullable<Provider>
        let queue: Queue
        let connections: Connections
        let retryBudget: Nullable<RetryBudget>
        let permits: Permits
        let endpoints: [Endpoint]
    }

    struct Endpoint: Encodable {
        let name: String
        let priority: String
        let bypassCircuit: Bool
        let circuit: Nullable<Circuit>
        let limits: [Limit]
        let provider: Nullable<Provider>
        let requests: [String: UInt64]
        let inFlight: Int
    }

    struct Circuit: Encodable {
        let state: String
        let since: Nullable<String>
        let failuresInWindow: Int
        let failThreshold: Nullable<Int>
        let nextProbeInMs: Nullable<Int64>
        let forced: Nullable<String>
        let transitions: Int
    }

    struct Limit: Encodable {
        let name: String
        let algorithm: String
        let limit: Int
        let windowSeconds: Nullable<Double>
        let used: Nullable<Int>
        let remaining: Nullable<Int>
        let percentageUsed: Nullable<Double>
        /// Absent without a reserve.
        let reserve: Double?
        let effectiveFactor: Double
        let nextFreeInMs: Nullable<Int64>
        let keys: Int
        let shared: Nullable<String>
    }

    struct Provider: Encodable {
        let limit: Nullable<Int>
        let remaining: Int
        let resetTimestamp: Nullable<Double>
        let percentageUsed: Nullable<Double>
        let seenAt: String
    }

    struct RetryBudget: Encodable {
        let remaining: Int
    }

    struct Queue: Encodable {
        let length: Int
        let maxLength: Int
        let oldestWaitMs: Int64
    }

    struct Connections: Encodable {
        let active: Int
        let idle: Int
        let max: Int
    }

    struct Permits: Encodable {
        let outstanding: Int
    }

    let version: String
    let startedAt: String
    let uptimeSeconds: Double
    let status: String
    let draining: Bool
    let config: Configuration
    let upstreams: [Upstream]

    /// The document as JSON, keys in order.
    func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }
}

/// A value that is written as null where there is none.
struct Nullable<Value: Encodable>: Encodable {
    let value: Value?

    init(_ value: Value?) {
        self.value = value
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let value { try container.encode(value) } else { try container.encodeNil() }
    }
}
