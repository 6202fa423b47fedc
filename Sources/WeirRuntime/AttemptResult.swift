public import WeirCore

/// What one attempt of a guarded call came to.
public enum AttemptResult<Value> {
    /// The provider did its work.
    case success(Value)
    /// The provider failed. The value is what it answered: the call's result, unless a retry has a better one.
    case failure(Value, AttemptFailure)
    /// Nothing was learned of the provider: neither the circuit nor a retry has any use for it.
    case ignored(Value)

    var value: Value {
        switch self {
        case .success(let value), .failure(let value, _), .ignored(let value): value
        }
    }

    var failure: AttemptFailure? {
        switch self {
        case .failure(_, let failure): failure
        case .success, .ignored: nil
        }
    }

    var outcome: Outcome {
        switch self {
        case .success: .success
        case .failure: .failure
        case .ignored: .ignored
        }
    }
}

extension AttemptResult: Sendable where Value: Sendable {}
