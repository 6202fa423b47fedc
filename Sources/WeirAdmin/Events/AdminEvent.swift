/// Something that happened, as the event stream tells it.
package struct AdminEvent: Sendable, Equatable {
    /// What kind of thing happened; the raw value is the `type` of the event.
    package enum Kind: String, Sendable, CaseIterable {
        case circuit, freeze, ban, thaw, shrink, recovered, reload, drain
        case sharedLost = "shared_lost"
        case sharedBack = "shared_back"
    }

    /// A value of JSON.
    package enum Value: Sendable, Equatable {
        case text(String)
        /// Infinities and NaN, which JSON does not have, are told as `null`.
        case number(Double)
        case flag(Bool)
        case texts([String])
    }

    /// A name and a value.
    package struct Detail: Sendable, Equatable {
        let name: String
        let value: Value

        /// A detail under a name that is neither `seq`, `time`, `type`, `upstream` nor `endpoint`.
        package init(_ name: String, _ value: Value) {
            self.name = name
            self.value = value
        }
    }

    let kind: Kind
    let time: String
    let upstream: String?
    let endpoint: String?
    let details: [Detail]

    /// - Parameters:
    ///   - time: when it happened, as RFC 3339 has it.
    ///   - upstream: the upstream it happened to, if to one.
    ///   - endpoint: the endpoint it happened to, if to one.
    ///   - details: what else there is to say, in the order in which it is told.
    package init(
        _ kind: Kind, time: String, upstream: String? = nil, endpoint: String? = nil, details: [Detail] = []
    ) {
        self.kind = kind
        self.time = time
        self.upstream = upstream
        self.endpoint = endpoint
        self.details = details
    }

    /// The event as a JSON object in one line.
    func json(sequence: UInt64) -> [UInt8] {
        var json = Array("{\"seq\":\(sequence)".utf8)
        var members = [Detail("time", .text(time)), Detail("type", .text(kind.rawValue))]
        if let upstream { members.append(Detail("upstream", .text(upstream))) }
        if let endpoint { members.append(Detail("endpoint", .text(endpoint))) }
        for member in members + details {
            json.append(UInt8(ascii: ","))
            json.append(json: member.name)
            json.append(UInt8(ascii: ":"))
            switch member.value {
            case .text(let text): json.append(json: text)
            case .number(let number): json.append(json: number)
            case .flag(let flag): json.append(contentsOf: (flag ? "true" : "false").utf8)
            case .texts(let texts): json.append(json: texts)
            }
        }
        json.append(UInt8(ascii: "}"))
        return json
    }
}
