internal import CAllocationCount

/// `weir-bench [--filter TEXT]`: measures what is said to be fast. It reports and judges nothing: the machine that it runs
/// on is not known to it.
@main
enum Main {
    static func main() {
        let subjects = [
            CircuitBenchmarks.all, LimitBenchmarks.all, KeyBenchmarks.all, ActorBenchmarks.all, RegistryBenchmarks.all,
        ]
        let wanted = filter(CommandLine.arguments)
        weir_park_thread()
        print(Table.head)
        for benchmark in subjects.joined() where wanted.isEmpty || benchmark.name.contains(wanted) {
            do {
                print(Table.row(benchmark, try benchmark.run()))
            } catch {
                print("\(benchmark.name): \(error)")
            }
        }
    }

    private static func filter(_ arguments: [String]) -> String {
        guard let flag = arguments.firstIndex(of: "--filter"), flag + 1 < arguments.count else { return "" }
        return arguments[flag + 1]
    }
}
