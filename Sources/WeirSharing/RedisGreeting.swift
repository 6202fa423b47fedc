internal import WeirCore

extension RedisAddress {
    /// What is said before anything else, ending with the request for the server's run and the script.
    func greeting(script: String) -> [[String]] {
        var commands: [[String]] = []
        if let password { commands.append(["AUTH"] + (user.map { [$0] } ?? []) + [password]) }
        if database != 0 { commands.append(["SELECT", "\(database)"]) }
        return commands + [["INFO", "server"], ["SCRIPT", "LOAD", script]]
    }
}
