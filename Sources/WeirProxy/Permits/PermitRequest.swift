internal import WeirCore
internal import WeirRuntime

/// A wish for a permit, from its coming to its answer. Lives on its upstream's loop.
package final class PermitRequest {
    var endpoint: Endpoint { asked.current }
    let demand: Demand
    /// Its place in line, kept by the gate; nil where it stands in none.
    var ticket: Ticket?
    private let asked: Endpoint
    private let permits: Permits
    private var answer: ((Result<PermitGrant, PermitRefusal>) -> Void)?

    /// A request that is answered once, through `answer`, unless it is withdrawn.
    init(
        _ endpoint: Endpoint, _ demand: Demand, of permits: Permits,
        answer: @escaping (Result<PermitGrant, PermitRefusal>) -> Void
    ) {
        asked = endpoint
        self.demand = demand
        self.permits = permits
        self.answer = answer
    }

    /// Its units and its probe slot are taken.
    func admitted(_ admission: Admission, permit: CircuitPermit?, now: Instant) {
        let grant = permits.give(endpoint, cost: demand.cost, admission, permit, now: now)
        finish(.success(grant))
    }

    /// Not admitted.
    func refuse(_ refusal: Refusal) {
        refuse(Answer(refusal))
    }

    /// It cannot be served.
    func refuse(_ refusal: Answer) {
        guard answer != nil else { return }
        endpoint.emit(.callEnded(refusal.outcome))
        finish(.failure(PermitRefusal(answer: refusal, endpoint: endpoint.settings.name)))
    }

    /// Whoever asked is gone. Returns whether the request was still to be answered.
    func withdraw() -> Bool {
        guard answer != nil else { return false }
        answer = nil
        endpoint.emit(.callEnded(.cancelled))
        return true
    }

    private func finish(_ result: Result<PermitGrant, PermitRefusal>) {
        let answer = answer
        self.answer = nil
        answer?(result)
    }
}
