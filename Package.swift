// swift-tools-version: 6.2
import PackageDescription

/// Settings of every target of ours. Warnings are errors here and not on the command line, where they
/// would also hit the dependencies.
let house: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
    name: "weir",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "weir", targets: ["WeirCommand"]),
        .executable(name: "weir-bench", targets: ["WeirBench"]),
        .library(name: "WeirCore", targets: ["WeirCore"]),
        .library(name: "WeirRuntime", targets: ["WeirRuntime"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        // Not a later minor version unseen: CTLSSessions relies on what its BoringSSL allows, and when.
        .package(url: "https://github.com/apple/swift-nio-ssl", .upToNextMinor(from: "2.37.6")),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // The order is that of dependence: no target imports one that stands below it.
        .target(name: "WeirCore", dependencies: [deque, heap], swiftSettings: house),
        .target(name: "WeirRuntime", dependencies: ["WeirCore", nioCore], swiftSettings: house),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .target(
            name: "WeirSharing",
            dependencies: ["CHiredis", "WeirCore", "WeirRuntime", nioCore, nioPosix, nioSSL],
            resources: [.embedInCode("Scripts/fleet.lua")], swiftSettings: house),
        .target(name: "WeirHTTP", dependencies: [nioCore], swiftSettings: house),
        .target(name: "CTLSSessions", dependencies: [nioSSL]),
        .target(
            name: "WeirProxy",
            dependencies: [
                "CTLSSessions", "WeirCore", "WeirRuntime", "WeirHTTP", nioCore, nioPosix, nioTLS, nioSSL, deque,
            ],
            swiftSettings: house),
        .target(
            name: "WeirAPI",
            dependencies: ["WeirCore", "WeirRuntime", "WeirProxy", nioCore, nioPosix, nioHTTP1], swiftSettings: house),
        .target(name: "WeirMetrics", swiftSettings: house),
        .systemLibrary(
            name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "WeirAdmin", dependencies: ["CMicroHTTPD", "CZlib"],
            resources: [.embedInCode("Page/page.html"), .embedInCode("Page/style"), .embedInCode("Page/script")],
            swiftSettings: house),
        .target(
            name: "WeirConfiguration",
            dependencies: ["WeirCore", "WeirHTTP", "WeirProxy", .product(name: "Yams", package: "Yams")],
            resources: [.embedInCode("Presets")], swiftSettings: house),
        .target(
            name: "WeirSidecar",
            dependencies: [
                "WeirCore", "WeirRuntime", "WeirSharing", "WeirProxy", "WeirAPI", "WeirMetrics", "WeirAdmin",
                "WeirConfiguration",
                nioCore, nioPosix, logging,
            ],
            swiftSettings: house),
        .target(
            name: "WeirDemo",
            dependencies: ["WeirCore", "WeirSidecar", nioCore, nioPosix, nioHTTP1],
            swiftSettings: house),
        .executableTarget(
            name: "WeirCommand",
            dependencies: [
                "WeirCore", "WeirProxy", "WeirConfiguration", "WeirSidecar", "WeirDemo", nioCore, nioPosix, logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: house),
        .target(name: "CAllocationCount", path: "Benchmarks/CAllocationCount"),
        .executableTarget(
            name: "WeirBench",
            dependencies: ["CAllocationCount", "WeirCore", "WeirRuntime", "WeirMetrics", nioCore, nioPosix],
            path: "Benchmarks", exclude: ["CAllocationCount"], swiftSettings: house),
        .target(
            name: "WeirTestKit", dependencies: [nioCore, nioPosix, nioHTTP1],
            swiftSettings: house),
        .testTarget(name: "WeirCoreTests", dependencies: ["WeirCore"], swiftSettings: house),
        .testTarget(
            name: "WeirRuntimeTests",
            dependencies: ["WeirCore", "WeirRuntime", nioCore, nioPosix, nioEmbedded],
            swiftSettings: house),
        .testTarget(
            name: "WeirSharingTests",
            dependencies: ["CHiredis", "WeirCore", "WeirRuntime", "WeirSharing", "WeirTestKit", nioCore, nioPosix],
            swiftSettings: house),
        .testTarget(
            name: "WeirHTTPTests", dependencies: ["WeirCore", "WeirHTTP", nioCore, nioEmbedded, nioHTTP1],
            swiftSettings: house),
        .testTarget(
            name: "WeirProxyTests", dependencies: ["WeirCore", "WeirRuntime", "WeirProxy", nioCore, nioPosix],
            swiftSettings: house),
        .testTarget(
            name: "WeirMetricsTests", dependencies: ["WeirMetrics"], exclude: ["parse_exposition.py"],
            swiftSettings: house),
        .testTarget(name: "WeirAdminTests", dependencies: ["WeirAdmin"], swiftSettings: house),
        .testTarget(
            name: "WeirConfigurationTests",
            dependencies: ["WeirConfiguration", "WeirCore", "WeirProxy", "WeirTestKit"],
            swiftSettings: house),
        .testTarget(
            name: "WeirSidecarTests",
            dependencies: [
                "WeirSidecar", "WeirAdmin", "WeirProxy", "WeirMetrics", "WeirConfiguration", "WeirCore", "WeirRuntime",
                "WeirTestKit", logging,
            ],
            swiftSettings: house),
        .testTarget(name: "WeirDemoTests", dependencies: ["WeirCore", "WeirDemo", nioCore], swiftSettings: house),
        .testTarget(
            name: "MonitoringTests", dependencies: ["WeirCommand", "WeirTestKit"], swiftSettings: house),
        .testTarget(
            name: "IntegrationTests",
            dependencies: ["WeirCommand", "WeirTestKit", nioCore, nioPosix, nioHTTP1, nioSSL],
            exclude: ["DataPath/Support/closing_provider.py"], swiftSettings: house),
    ],
    swiftLanguageModes: [.v6]
)
