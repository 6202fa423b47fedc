internal import WeirCore
internal import WeirRuntime

/// The way in for callers that reach the provider by themselves, over the same gate as the proxy's calls.
extension Upstream {
    /// Asks for a permit. `answer` is called once, on the loop, perhaps before this returns.
    ///
    /// - Returns: what `withdraw` takes; nil where it has been answered because of what it asks for.
    package func acquire(
        _ wish: PermitWish, answer: @escaping (Result<PermitGrant, PermitRefusal>) -> Void
    ) -> PermitRequest? {
        let now = now
        let endpoint: Endpoint
        let demand: Demand
        do {
            endpoint = try self.endpoint(of: wish)
            demand = try self.demand(of: wish, at: endpoint, now: now)
        } catch {
            let named = self.endpoint(named: wish.endpoint ?? EndpointSettings.otherName)
            (named ?? endpoints[endpoints.count - 1]).emit(.callEnded(.badRequest))
            answer(.failure(PermitRefusal(answer: Answer(error), endpoint: named?.settings.name)))
            return nil
        }
        callBegan()
        let request = PermitRequest(endpoint, demand, of: permits) { [self] result in
            answer(result)
            callEnded()
        }
        if permits.isFull {
            endpoint.emit(.lineRefused(.queueFull))
            request.refuse(.tooManyPermits)
        } else {
            gate.enter(.permit(request), now: now)
        }
        return request
    }

    /// Whoever asked is gone: it loses its place in line. Nothing happens once it has been answered.
    package func withdraw(_ request: PermitRequest) {
        guard request.withdraw() else { return }
        gate.withdraw(.permit(request), now: now)
        callEnded()
    }

    /// Tells what came of a permit. Returns false where it is unknown, reported already, or has expired.
    package func report(_ permit: String, _ report: PermitReport) -> Bool {
        permits.report(permit, report, wallOffset: wallOffset, now: now)
    }

    private func endpoint(of wish: PermitWish) throws(Malformed) -> Endpoint {
        guard let name = wish.endpoint else { return endpoints[endpoints.count - 1] }
        guard let endpoint = endpoint(named: name) else {
            throw Malformed("The upstream has no endpoint of that name.")
        }
        return endpoint
    }

    private func demand(of wish: PermitWish, at endpoint: Endpoint, now: Instant) throws(Malformed) -> Demand {
        let ownCost = if case .fixed(let cost) = endpoint.settings.cost { cost } else { 1 }
        let wait = min(wish.maxWait ?? endpoint.settings.line.maxWait, settings.timeouts.request)
        return Demand(
            endpoint: endpoint.index, cost: try endpoint.checked(cost: wish.cost ?? ownCost),
            priority: wish.priority ?? endpoint.settings.priority, keys: try keys(of: wish, at: endpoint),
            deadline: now + wait)
    }

    private func keys(of wish: PermitWish, at endpoint: Endpoint) throws(Malformed) -> CallKeys {
        let keyed = (settings.limits + endpoint.settings.limits).filter { !$0.key.isEmpty }
        guard wish.keys.keys.allSatisfy({ name in keyed.contains { $0.name == name } }) else {
            throw Malformed("A key is given for what is no keyed limit of that endpoint.")
        }
        guard let keying = endpoint.keying else { return .none }
        do {
            return try keying.keys(byLimit: { wish.keys[$0] }, tier: wish.tier)
        } catch {
            throw Malformed("The call has no key for the limit \(error.limit).", limit: error.limit)
        }
    }
}
