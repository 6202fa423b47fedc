internal import WeirCore
internal import WeirRuntime

/// Who asks a gate for admission.
enum Entrant {
    /// A call, which goes over a connection of ours.
    case call(Call)
    /// A permit, whose holder reaches the provider by itself.
    case permit(PermitRequest)

    var endpoint: Endpoint {
        switch self {
        case .call(let call): call.endpoint
        case .permit(let request): request.endpoint
        }
    }

    /// The call, where a connection has to carry it.
    var call: Call? {
        switch self {
        case .call(let call): call
        case .permit: nil
        }
    }

    /// Its place in line, kept by the gate; nil where it stands in none.
    var ticket: Ticket? {
        get {
            switch self {
            case .call(let call): call.ticket
            case .permit(let request): request.ticket
            }
        }
        nonmutating set {
            switch self {
            case .call(let call): call.ticket = newValue
            case .permit(let request): request.ticket = newValue
            }
        }
    }

    /// What it asks of the limits.
    func demand(now: Instant) -> Demand {
        switch self {
        case .call(let call): call.demand(now: now)
        case .permit(let request): request.demand
        }
    }

    /// It is not admitted.
    func refuse(_ refusal: Refusal) {
        switch self {
        case .call(let call): call.refuse(refusal)
        case .permit(let request): request.refuse(refusal)
        }
    }
}
