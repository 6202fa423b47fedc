import Testing
import WeirSharing
import WeirTestKit

@testable import WeirCore

/// What the script decides, in a real Redis, at moments that the tests choose.
@Suite struct FleetScriptTests {
    private static let sliding = FleetMessage.Kind.sliding(span: .seconds(5), margin: .milliseconds(20))

    @Test func aWindowCountsForItsLengthTheMarginAndTheSlack() throws {
        let pair = try InstancePair(Self.sliding, capacity: 10)
        #expect(try pair.ask("a", 10) == (10, 0))
        #expect(try pair.ask("b", 1) == (0, 5_070_000))
        pair.now += 5_069_999
        #expect(try pair.ask("b", 1).granted == 0)
        pair.now += 1
        #expect(try pair.ask("b", 1).granted == 1)
    }

    @Test func aGroupOfFewerUnitsThanAreOfUseIsNotGranted() throws {
        let pair = try InstancePair(Self.sliding, capacity: 10)
        #expect(try pair.ask("a", 7).granted == 7)
        #expect(try pair.ask("b", 5, least: 5).granted == 0)
        #expect(try pair.ask("b", 5, least: 2).granted == 3)
    }

    @Test func unusedUnitsComeBackOnce() throws {
        let pair = try InstancePair(Self.sliding, capacity: 10)
        let reply = try pair.say(.ask, "a", want: 10, least: 1)
        let expiry = try #require(reply.decisions.first).expiry
        pair.now += 1000
        #expect(try pair.say(.ask, "a", list: [(expiry, 4)]).decisions.first?.used == 6)
        #expect(try pair.say(.ask, "a", list: [(expiry, 100)]).decisions.first?.used == 0)
        #expect(try pair.say(.ask, "a", list: [(expiry, 4)]).decisions.first?.used == 0)
    }

    @Test func aCalendarWindowEndsForAllWithItsBoundary() throws {
        let pair = try InstancePair(.calendar(per: .seconds(10), margin: .milliseconds(20)), capacity: 10)
        pair.now += 1_000_000
        #expect(try pair.ask("a", 6).granted == 6)
        #expect(try pair.ask("b", 6, least: 6).wait == 10_000_000 - 1_100_000 + 20_000)
        pair.now += 10_000_000 - 1_100_000 + 19_999
        #expect(try pair.ask("b", 6, least: 6).granted == 0)
        pair.now += 1
        #expect(try pair.ask("b", 10).granted == 10)
    }

    @Test func whatMayBeSentBeyondABoundaryCountsOnBothSides() throws {
        let pair = try InstancePair(.calendar(per: .seconds(10), margin: .milliseconds(20)), capacity: 10)
        // 100 ms have gone since a boundary; 70 ms before the next is early enough to be sent after it.
        pair.now += 10_000_000 - 100_000 - 70_000
        #expect(try pair.ask("a", 10).granted == 10)
        pair.now += 9_000_000
        #expect(try pair.ask("b", 1).granted == 0)
        pair.now += 1_000_000 + 90_000
        #expect(try pair.ask("b", 1).granted == 1)
    }

    @Test func aBucketGrowsAtItsRate() throws {
        let pair = try InstancePair(.bucket(permits: 100, period: .seconds(1)), capacity: 20)
        pair.now += 10_000_000
        #expect(try pair.ask("a", 50).granted == 20)
        #expect(try pair.ask("b", 1).wait == 10_000)
        pair.now += 10_000
        #expect(try pair.ask("b", 5).granted == 1)
        pair.now += 55_000
        #expect(try pair.ask("b", 50).granted == 5)
    }

    @Test func spacingGrantsOneAtATime() throws {
        let pair = try InstancePair(.spacing(every: .milliseconds(100), margin: .milliseconds(20)), capacity: 1)
        #expect(try pair.ask("a", 5) == (1, 170_000))
        pair.now += 169_999
        #expect(try pair.ask("b", 1).granted == 0)
        pair.now += 1
        #expect(try pair.ask("b", 1).granted == 1)
    }

    @Test func placesAreWhatEachInstanceSaysItHolds() throws {
        let pair = try InstancePair(.concurrency, capacity: 10)
        #expect(try pair.ask("a", 8).granted == 8)
        #expect(try pair.ask("b", 5, held: 0).granted == 2)
        // One that was granted and never taken is free again with the next word.
        #expect(try pair.ask("a", 0, least: 0, held: 7).granted == 0)
        #expect(try pair.ask("b", 5, held: 2).granted == 1)
    }

    @Test func nobodyGoesAboveItsPartWhileAnotherIsBelowAndWaits() throws {
        let pair = try InstancePair(Self.sliding, capacity: 10)
        #expect(try pair.ask("a", 10).granted == 10)
        pair.now += 1_000_000
        #expect(try pair.ask("b", 10).granted == 0)
        pair.now += 4_070_000
        #expect(try pair.ask("a", 10).granted == 5)
        #expect(try pair.ask("a", 5).granted == 0)
        #expect(try pair.ask("b", 10).granted == 5)
    }

    /// rate-limit-redis#251: a message sent again after a timeout counted twice.
    @Test func noMessageIsActedOnTwiceOrLate() throws {
        let pair = try InstancePair(Self.sliding, capacity: 10)
        #expect(try pair.say(.ask, "a", want: 3, least: 1, sequence: 100).decisions.first?.granted == 3)
        #expect(try pair.say(.ask, "a", want: 3, least: 1, sequence: 100).status == .late)
        #expect(try pair.say(.ask, "a", want: 3, least: 1, sequence: 99).status == .late)
        #expect(try pair.say(.ask, "a", want: 3, least: 1, sequence: 101, late: 1).status == .stale)
        // What has been acted on is told apart from what came too late to be.
        #expect(try pair.say(.ask, "a", want: 3, least: 1, sequence: 100, late: 1).status == .late)
        #expect(try pair.say(.ask, "b").decisions.first?.used == 3)
    }

    @Test func thePartOfASilentInstanceIsKept() throws {
        let pair = try InstancePair(Self.sliding, capacity: 10)
        _ = try pair.say(.ask, "b", lease: .milliseconds(25))
        pair.now += 25_000
        #expect(try pair.ask("a", 10).granted == 10)
        pair.now += 5_070_000
        #expect(try pair.ask("a", 10).granted == 5)
        _ = try pair.say(.ask, "b")
        #expect(try pair.ask("a", 10).granted == 5)
    }

    @Test func anotherRunOfTheServerKnowsNothingUntilEverybodyHasReported() throws {
        let pair = try InstancePair(Self.sliding, capacity: 10)
        #expect(try pair.ask("a", 4).granted == 4)
        #expect(try pair.say(.ask, "a", run: "other").status == .unknown)
        #expect(try pair.say(.join, "a", room: 4, list: [(1000, 4)], run: "other").decisions.first?.used == 4)
        pair.now += 60_000
        #expect(try pair.say(.ask, "a", want: 9, least: 1, room: 4, run: "other").decisions.first?.granted == 0)
        _ = try pair.say(.join, "b", run: "other")
        pair.now += 60_000
        _ = try pair.say(.ask, "a", room: 4, run: "other")
        _ = try pair.say(.ask, "b", run: "other")
        #expect(try pair.say(.ask, "a", want: 9, least: 1, room: 4, run: "other").decisions.first?.granted == 6)
    }

    @Test func aServerThatKnowsNothingWaitsForEachOfThoseThatTakePart() throws {
        for silent in ["a", "b"] {
            let pair = try InstancePair(Self.sliding, capacity: 10)
            _ = try pair.say(.join, "a", run: "other")
            _ = try pair.say(.join, "b", run: "other")
            pair.now += 50_000
            for id in ["a", "b"] { _ = try pair.say(.ask, id, run: "other") }
            #expect(try pair.say(.ask, "a", want: 9, least: 1, run: "other").decisions.first?.granted == 0)
            pair.now += 1
            let heard = silent == "a" ? "b" : "a"
            #expect(try pair.say(.ask, heard, want: 9, least: 1, run: "other").decisions.first?.granted == 0)
            _ = try pair.say(.ask, silent, run: "other")
            #expect(try pair.say(.ask, heard, want: 9, least: 1, run: "other").decisions.first?.granted == 9)
        }
    }

    @Test func whatNobodyWasHeardOfMayHoldIsKeptForAWhileAfterTheGrace() throws {
        let pair = try InstancePair(Self.sliding, capacity: 10)
        _ = try pair.say(.join, "a", run: "other")
        pair.now += 9_999_999
        #expect(try pair.say(.ask, "a", want: 9, least: 1, room: 2, run: "other").decisions.first?.granted == 2)
        pair.now += 1
        #expect(try pair.say(.ask, "a", want: 9, least: 1, run: "other").decisions.first?.granted == 3)
        pair.now += 4_999_999
        #expect(try pair.say(.ask, "a", want: 9, least: 1, run: "other").decisions.first?.granted == 0)
        pair.now += 1
        #expect(try pair.say(.ask, "a", want: 9, least: 1, run: "other").decisions.first?.granted == 5)
    }

    @Test func whatTheFormerHolderOfAPlaceUsedAndItsPartAreKept() throws {
        let pair = try InstancePair(Self.sliding, capacity: 10)
        #expect(try pair.ask("b", 8).granted == 8)
        let told = pair.now
        _ = try pair.say(.ask, "b", lease: .milliseconds(25))
        pair.now += 25_000
        #expect(try pair.say(.join, "c").status == .full)
        pair.now += 1
        #expect(try pair.say(.join, "c").status == .ok)
        #expect(try pair.ask("a", 10).granted == 2)
        #expect(try pair.ask("c", 10).granted == 0)
        // Its units have gone, but it may use its part until it knows better.
        pair.now = told + 25_000 + 10_000_000 - 1
        #expect(try pair.ask("a", 10).granted == 5)
        pair.now += 1
        #expect(try pair.ask("c", 10).granted == 5)
    }

    @Test func aPartIsKeptForWhoeverLostItsPlaceUntilThatOfTheCrashedOneIs() throws {
        let pair = try InstancePair(Self.sliding, capacity: 10)
        // One goes on with its part, out of reach; the other crashes and is replaced, at the place of the first.
        _ = try pair.say(.ask, "a", lease: .milliseconds(10))
        pair.now += 20_000_000
        #expect(try pair.ask("b", 4).granted == 4)
        let last = pair.now
        _ = try pair.say(.ask, "b", lease: .milliseconds(500))
        pair.now += 100_000
        #expect(try pair.say(.join, "c").status == .ok)
        #expect(try pair.ask("c", 10).granted == 1)
        pair.now = last + 500_000 + 10_000_000 - 1
        #expect(try pair.ask("c", 10).granted == 0)
        pair.now += 1
        #expect(try pair.ask("c", 10).granted == 5)
    }

    @Test func noPartIsKeptForOneLongGoneOnceAllOthersHaveBeenHeardOf() throws {
        let pair = try InstancePair(Self.sliding, capacity: 10)
        _ = try pair.say(.ask, "a", lease: .milliseconds(10))
        pair.now += 20_000_000
        _ = try pair.say(.ask, "b")
        #expect(try pair.say(.join, "c").status == .ok)
        pair.now += 50_000
        _ = try pair.say(.ask, "b")
        #expect(try pair.ask("c", 10).granted == 5)
        pair.now += 1
        _ = try pair.say(.ask, "b")
        #expect(try pair.ask("c", 10).granted == 5)
    }

    @Test func theLongestSilentLosesItsPlace() throws {
        let pair = try InstancePair(Self.sliding, capacity: 10)
        _ = try pair.say(.ask, "b", lease: .milliseconds(10))
        _ = try pair.say(.ask, "a", lease: .milliseconds(20))
        pair.now += 30_000
        #expect(try pair.say(.join, "c").status == .ok)
        #expect(try pair.say(.ask, "b").status == .unknown)
        #expect(try pair.say(.ask, "a").status == .ok)
    }

    @Test func whoeverLeavesInSilenceKeepsItsPart() throws {
        let pair = try InstancePair(Self.sliding, capacity: 10)
        _ = try pair.say(.ask, "b", lease: .milliseconds(25))
        pair.now += 25_001
        #expect(try pair.say(.leave, "b").status == .left)
        #expect(try pair.ask("a", 10).granted == 5)
        #expect(try pair.say(.leave, "d").status == .left)
    }

    @Test func aBucketGrowsLessByThePartOfWhoeverIsSilent() throws {
        let pair = try InstancePair(.bucket(permits: 100, period: .seconds(1)), capacity: 20)
        pair.now += 10_000_000
        #expect(try pair.ask("a", 20).granted == 20)
        _ = try pair.say(.ask, "b", lease: .milliseconds(25))
        pair.now += 25_001
        #expect(try pair.ask("a", 50) == (1, 14_999))
        pair.now += 100_000
        #expect(try pair.ask("a", 50).granted == 5)
        pair.now += 10_000_000
        #expect(try pair.ask("a", 50).granted == 10)
        _ = try pair.say(.ask, "b")
        pair.now += 100_000
        #expect(try pair.ask("a", 50).granted == 10)
    }

    @Test func spacingIsWiderByThePartOfWhoeverIsSilent() throws {
        let pair = try InstancePair(.spacing(every: .milliseconds(100), margin: .milliseconds(20)), capacity: 1)
        _ = try pair.say(.ask, "b", lease: .milliseconds(25))
        pair.now += 25_001
        #expect(try pair.ask("a", 5) == (1, 270_000))
    }

    @Test func aClockThatWasSetBackKnowsNothing() throws {
        let pair = try InstancePair(Self.sliding, capacity: 10)
        #expect(try pair.ask("a", 4).granted == 4)
        pair.now -= 1_000_000
        #expect(try pair.say(.ask, "a").decisions.first?.used == 4)
        pair.now -= 1
        #expect(try pair.say(.ask, "a").status == .unknown)
    }

    @Test func aReportTakesThePlaceOfWhatWasKnownAndOfNothingElse() throws {
        let pair = try InstancePair(Self.sliding, capacity: 10)
        #expect(try pair.ask("b", 1).granted == 1)
        pair.now += 1000
        #expect(try pair.ask("a", 4).granted == 4)
        pair.now += 1000
        #expect(try pair.ask("b", 2).granted == 2)
        pair.now += 1_000_000
        #expect(try pair.say(.join, "a", list: [(900_000, 2), (400_000, 1)]).decisions.first?.used == 6)
        let reported = pair.now
        pair.now = reported + 5_070_000 - 1_002_001
        #expect(try pair.say(.ask, "b").decisions.first?.used == 6)
        pair.now += 1
        #expect(try pair.say(.ask, "b").decisions.first?.used == 5)
        pair.now += 2000
        #expect(try pair.say(.ask, "b").decisions.first?.used == 3)
        pair.now = reported + 5_070_000 - 900_000
        #expect(try pair.say(.ask, "b").decisions.first?.used == 1)
        pair.now = reported + 5_070_000 - 400_000
        #expect(try pair.say(.ask, "b").decisions.first?.used == 0)
    }

    @Test func aPartIsRoundedDown() throws {
        let pair = try InstancePair(Self.sliding, capacity: 3)
        _ = try pair.say(.ask, "b", lease: .milliseconds(25))
        pair.now += 25_001
        #expect(try pair.ask("a", 3).granted == 2)
    }

    @Test func whatIsKeptForEachIsToldOnceItCouldBeHad() throws {
        let pair = try InstancePair(Self.sliding, capacity: 10)
        #expect(try pair.say(.ask, "a", want: 9, least: 1, floor: 2).decisions.first?.granted == 8)
        #expect(try pair.say(.ask, "b", floor: 2).decisions.first?.isFloorKept == true)
        #expect(try pair.say(.ask, "b", floor: 3).decisions.first?.isFloorKept == false)
        #expect(try pair.say(.ask, "a", want: 9, least: 1, floor: 2).decisions.first?.granted == 0)
        #expect(try pair.say(.ask, "b", want: 2, least: 2, floor: 2).decisions.first?.granted == 2)
        // In its grace a server knows of nothing that it could keep.
        let join = try pair.say(.join, "a", floor: 2, run: "other")
        #expect(join.decisions.first?.isFloorKept == false)
    }

    @Test func spacingCountsFromTheLastThatIsReported() throws {
        let pair = try InstancePair(.spacing(every: .milliseconds(100), margin: .milliseconds(20)), capacity: 1)
        pair.now += 1_000_000
        _ = try pair.say(.join, "a", list: [(400_000, 1), (30_000, 1)])
        #expect(try pair.ask("b", 1) == (0, 140_000))
        pair.now += 140_000
        #expect(try pair.ask("b", 1).granted == 1)
    }

    @Test func placesOfASilentInstanceCountForAMinute() throws {
        let pair = try InstancePair(.concurrency, capacity: 10)
        #expect(try pair.ask("b", 8).granted == 8)
        _ = try pair.say(.ask, "b", held: 8, lease: .milliseconds(25))
        pair.now += 25_000 + 60_000_000
        #expect(try pair.ask("a", 10).granted == 2)
        pair.now += 1
        #expect(try pair.ask("a", 10, held: 2).granted == 3)
    }

    @Test func whoHasHadMoreOfABucketLetsTheOtherGoFirst() throws {
        let pair = try InstancePair(.bucket(permits: 100, period: .seconds(1)), capacity: 20)
        pair.now += 10_000_000
        #expect(try pair.ask("a", 19).granted == 19)
        #expect(try pair.ask("b", 3, least: 3).granted == 0)
        pair.now += 10_000
        #expect(try pair.ask("a", 1).granted == 0)
        pair.now += 10_000
        #expect(try pair.ask("b", 3, least: 3).granted == 3)
    }

    @Test func eachOfSeveralLimitsIsDecidedByItself() throws {
        let server = try RedisServer()
        let script = try ScriptAtATime(SyncRedis(path: server.path))
        let settings = FleetSettings(instances: 1, slack: .milliseconds(50))
        func say(_ verb: FleetMessage.Verb, _ sequence: Int64) throws -> [FleetReply.Decision] {
            let message = FleetMessage(
                verb: verb, sequence: sequence, deadline: 2_000_000 + sequence, lease: .seconds(1),
                memory: .seconds(10),
                limits: [5, 7, 3].map {
                    FleetMessage.Limit(kind: Self.sliding, capacity: $0, floor: 0, want: 4, least: 4)
                },
                stops: [])
            let keys = FleetScript.keys(prefix: "", upstream: "u", limits: ["l", "m", "n"])
            return try script.run(
                message, keys: keys, id: "a", run: "r", settings: settings, at: 1_000_000 + sequence * 100_000
            )?.decisions ?? []
        }
        _ = try say(.join, 1)
        #expect(try say(.ask, 2).map(\.granted) == [4, 4, 0])
        #expect(try say(.ask, 3).map(\.used) == [4, 4, 0])
        for (limit, used) in [("l", "4"), ("m", "4"), ("n", "0")] {
            #expect(try script.redis.call(["HGET", "{u}:\(limit)", "u1"]) == .text(used))
        }
    }

    @Test func moreThanTheFleetHoldsFindNoPlaceUntilOneIsLeft() throws {
        let pair = try InstancePair(Self.sliding, capacity: 10)
        #expect(try pair.say(.join, "c").status == .full)
        #expect(try pair.say(.leave, "b").status == .left)
        #expect(try pair.say(.join, "c").status == .ok)
    }

    @Test func aStopReachesTheOthers() throws {
        let pair = try InstancePair(Self.sliding, capacity: 10)
        let ban = FleetStop(scope: "", left: .seconds(60), isBan: true, status: 418)
        _ = try pair.say(.ask, "a", stops: [ban])
        pair.now += 1_000_000
        let told = FleetStop(scope: "", left: .seconds(59), isBan: true, status: 418)
        #expect(try pair.say(.ask, "b").stops == [told])
        pair.now += 59_000_000
        #expect(try pair.say(.ask, "b").stops == [])
    }

    @Test func keysAreBoundedAndExpire() throws {
        let pair = try InstancePair(Self.sliding, capacity: 100_000)
        for _ in 0..<3000 {
            pair.now += 1000
            _ = try pair.ask("a", 3)
            _ = try pair.ask("b", 3)
        }
        guard case .integer(let entries) = try pair.script.redis.call(["LLEN", "{u}:l:log"]) else { return }
        #expect(entries <= 2 * 1024 + 2)
        for key in ["{u}", "{u}:l", "{u}:l:log"] {
            guard case .integer(let left) = try pair.script.redis.call(["PTTL", key]) else { return }
            #expect(left > 0 && left <= 70_000)
        }
    }
}
