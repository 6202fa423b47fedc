// swift-tools-version: 6.2
import PackageDescription

/// Fuzzing of the HTTP codec; `../scripts/fuzz.sh` builds and runs it. A package of its own, because everything in it is
/// compiled with the fuzzer's instrumentation and its programs have libFuzzer's `main`.
let house: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let program: [SwiftSetting] = house + [.unsafeFlags(["-parse-as-library"])]

let package = Package(
    name: "weir-fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(url: "https://github.com/apple/swift-nio", from: "2.101.2")],
    targets: [
        // A link to the codec's own sources: a target must lie within its package.
        .target(name: "WeirHTTP", dependencies: [nioCore], swiftSettings: house),
        .target(name: "FuzzKit", dependencies: ["WeirHTTP", nioCore], swiftSettings: house),
        .executableTarget(name: "FuzzRequest", dependencies: ["FuzzKit"], swiftSettings: program),
        .executableTarget(name: "FuzzResponse", dependencies: ["FuzzKit"], swiftSettings: program),
        .executableTarget(name: "FuzzBody", dependencies: ["FuzzKit"], swiftSettings: program),
    ],
    swiftLanguageModes: [.v6]
)
