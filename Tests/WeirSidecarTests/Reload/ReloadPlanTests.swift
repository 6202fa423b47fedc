import Testing
import WeirConfiguration
import WeirCore
import WeirProxy

@testable import WeirSidecar

/// Where listeners and upstreams go.
@Suite("Reload plan")
struct ReloadPlanTests {
    /// `name@port`, of which port 0 is the system's choice.
    private static func upstreams(_ texts: [String]) -> [UpstreamSettings] {
        texts.map { text in
            let parts = text.split(separator: "@")
            return UpstreamSettings(
                name: String(parts[0]), listen: .tcp(host: "127.0.0.1", port: Int(parts[1]) ?? 0),
                url: UpstreamURL(transport: .http(host: "provider", port: 80)),
                endpoints: [EndpointSettings(name: EndpointSettings.otherName, match: EndpointMatch())])
        }
    }

    private static func plan(
        _ texts: [String], from present: Arrangement = Arrangement(), lanes: Int = 2
    ) throws(ConfigurationError) -> ReloadPlan {
        try ReloadPlan(from: present, to: upstreams(texts), file: "weir.yaml", mostLanes: lanes)
    }

    private static func names(_ plan: ReloadPlan) -> [[[String]]] {
        plan.next.lanes.map { $0.map(\.upstreams) }
    }

    private static func ports(_ keys: Set<ListenerKey>) -> Set<Int> {
        Set(keys.map { if case .tcp(_, let port) = $0.address { port } else { -1 } })
    }

    @Test("At the start each listener has a lane of its own, while there are lanes to be had")
    func start() throws {
        let plan = try Self.plan(["a@1", "b@2", "c@1", "d@3", "e@0", "f@0"])
        #expect(Self.names(plan) == [[["a", "c"], ["f"]], [["b"], ["d"], ["e"]]] || Self.names(plan).count == 2)
        #expect(Self.names(plan).flatMap(\.self).sorted { $0[0] < $1[0] } == [["a", "c"], ["b"], ["d"], ["e"], ["f"]])
        #expect(plan.opened.count == 5)
        #expect(plan.added == ["a", "b", "c", "d", "e", "f"])
        #expect(plan.removed.isEmpty)
    }

    @Test("What stays stays where it is; what is new goes where there is least")
    func change() throws {
        let present = try Self.plan(["a@1", "b@2"]).next
        let plan = try Self.plan(["c@3", "b@2", "a@1"], from: present)
        #expect(plan.next.lane(of: "a") == present.lane(of: "a"))
        #expect(plan.next.lane(of: "b") == present.lane(of: "b"))
        #expect(Self.ports(plan.opened) == [3])
        #expect(plan.closed.isEmpty)
        #expect(plan.added == ["c"])
        let less = try Self.plan(["b@2", "d@4"], from: plan.next)
        #expect(Self.ports(less.closed) == [1, 3])
        #expect(less.removed.sorted() == ["a", "c"])
        #expect(less.next.lane(of: "d") != less.next.lane(of: "b"))
        #expect(less.next.lanes.count == 2)
    }

    @Test("An upstream that listens elsewhere keeps its lane, and so does whoever joins it")
    func move() throws {
        let present = try Self.plan(["a@1", "b@2"]).next
        let plan = try Self.plan(["a@7", "b@2", "c@7"], from: present)
        #expect(plan.next.lane(of: "a") == present.lane(of: "a"))
        #expect(plan.next.lane(of: "c") == plan.next.lane(of: "a"))
        #expect(Self.ports(plan.opened) == [7])
        #expect(Self.ports(plan.closed) == [1])
        #expect(plan.added == ["c"])
    }

    @Test("A port that the system chose stays with its upstream")
    func chosen() throws {
        let present = try Self.plan(["a@0", "b@0"]).next
        let plan = try Self.plan(["b@0", "a@0"], from: present)
        #expect(plan.opened.isEmpty)
        #expect(plan.closed.isEmpty)
        #expect(try Self.plan(["a@5", "b@0"], from: present).closed.count == 1)
    }

    @Test(
        "Two that live on two lanes cannot come together",
        arguments: [
            (["a@1", "b@1"], "upstreams[1].listen", "b"), (["b@1"], "upstreams[0].listen", "b"),
            (["a@2", "b@1"], "upstreams[0].listen", "a"), (["a@9", "b@9"], "upstreams[1].listen", "b"),
        ])
    func conflict(texts: [String], path: String, name: String) throws {
        let present = try Self.plan(["a@1", "b@2"]).next
        let error = #expect(throws: ConfigurationError.self) { try Self.plan(texts, from: present) }
        let problem = try #require(error?.problems.first)
        #expect(problem.path == path)
        #expect(problem.message.hasPrefix("\(name) cannot come to 127.0.0.1:"))
        #expect(problem.message.hasSuffix("restart it"))
    }

    @Test("With one lane everything can come together")
    func oneLane() throws {
        let present = try Self.plan(["a@1", "b@2"], lanes: 1).next
        #expect(try Self.plan(["a@2", "b@1"], from: present, lanes: 1).next.lanes.count == 1)
        #expect(try Self.plan(["a@1", "b@1"], from: present, lanes: 1).closed.count == 1)
    }

    @Test("What is settled at the start is a problem each")
    func fixed() {
        let present = SidecarSettings(upstreams: Self.upstreams(["a@1"]))
        var changed = present
        #expect(FixedSettings.problems(present, changed, file: "f").isEmpty)
        changed.drainTimeout = .seconds(1)
        changed.admin.allowChanges = true
        changed.log.level = .error
        #expect(FixedSettings.problems(present, changed, file: "f").isEmpty)
        changed.admin.maxConnections = 3
        changed.stateFile = "/x"
        changed.shared = SharedOptions()
        changed.api.listen = .unix(path: "/y")
        #expect(
            FixedSettings.problems(present, changed, file: "f").map(\.path) == [
                "admin.max_connections", "api.listen", "state_file", "shared",
            ])
        #expect(ReloadSummary.text(present, present) == "none")
        #expect(ReloadSummary.text(present, changed) == "admin changed, log changed, drain_timeout changed")
        changed.upstreams = Self.upstreams(["b@1"])
        #expect(ReloadSummary.text(present, changed).hasPrefix("b added, a removed"))
    }
}
