internal import FoundationEssentials
internal import Logging
internal import NIOCore
internal import WeirCore
internal import WeirRuntime

extension Sidecar {
    /// Opens the state file and says what was found.
    static func openState(_ path: String, log: Logger) throws(StartError) -> StateFile {
        let now = Instant(NIODeadline.now())
        let clock = StateFile.Clock(now: now, wallOffset: HostMonitor.wallOffset(at: now), boot: BootIdentity.current)
        let seed = KeySeed(.random(in: .min ... .max), .random(in: .min ... .max))
        let state: StateFile
        do {
            state = try StateFile.open(path, clock: clock, seed: seed)
        } catch {
            throw .stateFile(error)
        }
        var log = log
        log[metadataKey: "state_file"] = "\(path)"
        switch state.finding {
        case .new: log.notice("state file made")
        case .continued: log.notice("state file taken up")
        case .clockSetBack:
            log.warning("the clock has been set back: calendar windows count as spent once")
        case .otherBoot:
            log.warning("the machine has been started anew: every limit counts as spent for one window")
        case .setAside(let reason, let other):
            log.error(
                "state file set aside: every limit counts as spent for one window",
                metadata: ["reason": "\(reason)", "kept_as": "\(other)"])
        }
        return state
    }
}

/// What tells one boot of the machine from another.
enum BootIdentity {
    /// The kernel's boot id (random(4)); nil where it shows none.
    static var current: KeyDigest? {
        guard let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8) else {
            return nil
        }
        let digits = text.filter(\.isHexDigit)
        guard digits.count == 32, let first = UInt64(digits.prefix(16), radix: 16),
            let second = UInt64(digits.suffix(16), radix: 16)
        else { return nil }
        return KeyDigest(first: first, second: second)
    }
}
