internal import WeirCore
internal import WeirHTTP
internal import WeirProxy

/// The keys of an endpoint.
enum EndpointKey: String, SectionKey {
    case name, match, priority
    case bypassCircuit = "bypass_circuit"
    case cost, limits, breaker, retry, queue

    static let title = "endpoint"
    static var standard: EndpointSettings { EndpointSettings(name: "", match: EndpointMatch()) }

    var field: Field<EndpointSettings> {
        switch self {
        case .name: Field(\.name, .name, isRequired: true, "the `endpoint` label; `other`, the last, has no `match`")
        case .match:
            .structure(
                "[match](#match)", schema: .reference(MatchKey.title), isRequired: true,
                "which calls belong to it: `method`, `path` or both"
            ) { settings, place in
                settings.name == EndpointSettings.otherName ? nil : MatchKey.write(settings.match, place)
            }
        case .priority:
            Field(\.priority, .choice(Priority.allCases.map { ($0.name, $0) }), "its class in line")
        case .bypassCircuit:
            Field(
                \.bypassesCircuit, .flag,
                "passes an open circuit; never a limit, freeze or ban; counts only while CLOSED")
        case .cost:
            Field(\.cost, .cost, "units of a call; absent from it: 1; malformed or more than a limit ever admits: 400")
        case .limits: .limits("its own") { $0.limits }
        case .breaker:
            .structure(
                "any key of [breaker](#breaker) but `scope`, or off", schema: .switchable("endpoint_breaker"),
                "over the upstream's"
            ) { settings, place in
                settings.circuit.map {
                    BreakerKey.write(BreakerDraft(circuit: $0), place, except: BreakerKey.ofUpstream)
                } ?? "off"
            }
        case .retry:
            .structure(
                "any key of [retry](#retry) but `budget`, or off", schema: .switchable("endpoint_retry"),
                "over the upstream's"
            ) { settings, place in RetryKey.write(settings.retry, place, except: RetryKey.ofUpstream) }
        case .queue: Field(\.line, QueueKey.self, "over the upstream's")
        }
    }
}

/// The keys of `match`.
enum MatchKey: String, SectionKey {
    case method, path

    static let title = "match"
    static var standard: EndpointMatch { EndpointMatch() }

    var field: Field<EndpointMatch> {
        switch self {
        case .method: Field(\.method, orNull: .method, "in capitals; null: any")
        case .path:
            Field(\.path, orNull: .path, "the raw path, query apart; `{name}` is one segment, a final `*` the rest")
        }
    }
}

extension Kind where Value == PathPattern {
    /// A pattern over raw paths.
    static var path: Kind {
        let expected = "a path such as /v5/order/create, /users/{id} or /v5/*"
        // Visible ASCII but for what means something here or ends a path.
        let letter = "[!-\"$-)+-.0->@-z|~]"
        return Kind(
            takes: "path pattern",
            schema: .pattern(
                "(?!.*/\\{([^}]*)\\}.*/\\{\\1\\})(?:/(?:\\{\(letter)+\\}|\(letter)*))*"
                    + "/(?:\\{\(letter)+\\}|\(letter)*\\*?)"
            ),
            read: { cursor in
                cursor.read(expected) { text throws(Mismatch) in
                    let isRawPath = text.utf8.allSatisfy { $0.isVisible && $0 != UInt8(ascii: "#") }
                    guard isRawPath, !text.utf8.contains(UInt8(ascii: "?")) else {
                        throw Mismatch(expected: expected + " (as it goes on the wire, without query)")
                    }
                    do {
                        return try PathPattern(text)
                    } catch {
                        throw Mismatch(expected: "\(expected) (\(error))")
                    }
                }
            },
            write: { .text($0.description) })
    }
}

extension Kind where Value == EndpointSettings.Cost {
    /// A number, or where a call says it.
    static var cost: Kind {
        let most = 1_000_000_000
        let expected = "a whole number from 1 to \(most), header:NAME or query:NAME"
        return Kind(
            takes: "1…\(most), `header:NAME` or `query:NAME`",
            schema: .anyOf([
                ["type": "integer", "minimum": 1, "maximum": .integer(most)],
                .pattern(
                    "0*(?:[1-9][0-9]{0,8}|1000000000)|header:[!#$%&'*+.^_`|~0-9A-Za-z-]+|query:\(NamePattern.query)"),
            ]),
            read: { cursor in
                cursor.read(expected) { text throws(Mismatch) in
                    switch KeySource(text) {
                    case .header(let name): return .header(name)
                    case .query(let name): return .query(name)
                    default: break
                    }
                    guard text.utf8.allSatisfy(\.isDigit), let units = Int(text), (1...most).contains(units) else {
                        throw Mismatch(expected: expected)
                    }
                    return .fixed(units)
                }
            },
            write: { cost in
                switch cost {
                case .fixed(let units): .integer(units)
                case .header(let name): .text("header:\(name)")
                case .query(let name): .text("query:\(name)")
                }
            })
    }
}
