extension Exposition {
    /// Retries sent by the upstream `api`, for this reason.
    func retries(_ reason: String, endpoint: String = "other") -> Double? {
        value("mm_retries_total", ["upstream": "api", "endpoint": endpoint, "reason": reason])
    }

    /// What a limit of the upstream `api` is multiplied by.
    func factor(_ limit: String, endpoint: String = "") -> Double? {
        value("mm_rate_limit_effective_factor", ["upstream": "api", "endpoint": endpoint, "limit": limit])
    }

    /// How much longer a stop lasts: that of the whole upstream `api`, or of one endpoint.
    func frozenSeconds(endpoint: String = "") -> Double? {
        value("mm_rate_limit_frozen_seconds", ["upstream": "api", "endpoint": endpoint])
    }

    /// What remains of a quota as the provider last said.
    func providerRemaining(endpoint: String = "other") -> Double? {
        value("mm_rate_limit_provider_remaining", ["upstream": "api", "endpoint": endpoint])
    }
}
