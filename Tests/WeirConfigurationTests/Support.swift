import WeirConfiguration
import WeirProxy

/// What `weir check` would print for `text`, one entry for each problem.
func problems(_ text: String, environment: [String: String] = [:]) -> [String] {
    switch ConfigurationLoader.parse(text, file: "weir.yaml", environment: environment) {
    case .success: []
    case .failure(let error): error.problems.map(\.description)
    }
}

/// The warnings of `text`, or its problems.
func warnings(_ text: String, environment: [String: String] = [:]) -> [String] {
    switch ConfigurationLoader.parse(text, file: "weir.yaml", environment: environment) {
    case .success(let loaded): loaded.warnings.map(\.description)
    case .failure(let error): error.problems.map { "problem: \($0)" }
    }
}

/// The settings of `text`, which has no problem.
func settings(_ text: String, environment: [String: String] = [:]) throws -> SidecarSettings {
    try ConfigurationLoader.parse(text, file: "weir.yaml", environment: environment).get().settings
}

/// A configuration of one upstream, whose own keys begin on line 5.
func withUpstream(_ keys: String) -> String {
    let head = "upstreams:\n  - name: bybit\n    listen: 127.0.0.1:8081\n    url: https://api.bybit.com\n"
    return head + indented(keys, by: 4)
}

/// A configuration of one upstream with one endpoint, whose own keys begin on line 8.
func withEndpoint(_ keys: String) -> String {
    withUpstream("endpoints:\n  - name: orders\n    match: { path: /orders }\n" + indented(keys, by: 4))
}

/// The only upstream of `text`.
func upstream(_ text: String, environment: [String: String] = [:]) throws -> UpstreamSettings {
    let all = try settings(text, environment: environment).upstreams
    guard let first = all.first, all.count == 1 else { throw NotOne() }
    return first
}

struct NotOne: Error {}

private func indented(_ text: String, by width: Int) -> String {
    let margin = String(repeating: " ", count: width)
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { margin + $0 }.joined(separator: "\n")
}
