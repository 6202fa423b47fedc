#!/usr/bin/env python3
"""Checks who imports whom: no target imports one above it, and the deciders import next to nothing.

The table is the architecture; a new import is a decision to be made here.
"""
import pathlib
import re
import sys

FOUNDATION = {"Foundation", "FoundationEssentials", "Glibc", "Darwin", "Synchronization"}
NIO = {"NIOCore", "NIOPosix", "NIOTLS", "NIOSSL"}

ALLOWED = {
    "WeirCore": {"DequeModule", "HeapModule"},
    "WeirRuntime": {"WeirCore", "NIOCore", "Synchronization"},
    "WeirSharing": {"CHiredis", "WeirCore", "WeirRuntime", "NIOCore", "NIOPosix", "NIOSSL"},
    "WeirHTTP": {"NIOCore"},
    # Glibc for the one struct of a socket option, and `send`.
    "WeirProxy": {"CTLSSessions", "WeirCore", "WeirRuntime", "WeirHTTP", "DequeModule", "Glibc", "Darwin"} | NIO,
    "WeirAPI": {
        "WeirCore", "WeirRuntime", "WeirProxy", "NIOCore", "NIOPosix", "NIOHTTP1", "FoundationEssentials",
        "Synchronization",
    },
    # Glibc for /proc, in the one file that reads it.
    "WeirMetrics": {"Synchronization", "Glibc", "Darwin"},
    "WeirAdmin": {"CMicroHTTPD", "CZlib"} | FOUNDATION,
    "WeirConfiguration": {"WeirCore", "WeirHTTP", "WeirProxy", "Yams"} | FOUNDATION,
    "WeirSidecar": {
        "WeirCore", "WeirRuntime", "WeirSharing", "WeirProxy", "WeirAPI", "WeirMetrics", "WeirAdmin",
        "WeirConfiguration", "Logging",
        "Dispatch",
    } | FOUNDATION | NIO,
    "WeirDemo": {"WeirCore", "WeirSidecar", "NIOHTTP1"} | FOUNDATION | NIO,
    "WeirCommand": {
        "WeirCore", "WeirProxy", "WeirConfiguration", "WeirSidecar", "WeirDemo", "ArgumentParser", "Logging",
        "UnixSignals",
    } | FOUNDATION | NIO,
    "WeirTestKit": {"NIOHTTP1"} | FOUNDATION | NIO,
}

# What the deciders must not do: read a clock, roll dice, or run anything.
IMPURE = re.compile(
    r"ContinuousClock|SuspendingClock|Date\(\)|SystemRandomNumberGenerator|\.random\(|Task\.sleep|\bTask\s*\{|print\(")
# Only these may hold `unsafe`, beside whole targets whose work it is.
UNSAFE_FILES = {"LoopExecutor.swift", "CircuitBreaker.swift", "RateLimiter.swift", "Session.swift", "Terminal.swift",
                "StartError.swift", "ProcFile.swift", "StatusScreen.swift",
                "StartPages.swift", "StandardError.swift", "Supervisor.swift",
                "MappedSegment.swift", "TLSSessions.swift", "RedisProtocol.swift", "RedisConnection.swift",
                "DirectSocket.swift"}
UNSAFE_TARGETS = {"WeirHTTP", "WeirAdmin", "WeirTestKit"}
IMPORT = re.compile(r"^\s*(?:@\w+\s+)?(?:(?:public|package|internal|private|fileprivate)\s+)?import\s+(?:\w+\s+)?(\w+)")


def main():
    problems = []
    sources = pathlib.Path(__file__).parent.parent / "Sources"
    for target in sorted(p for p in sources.iterdir() if p.is_dir() and any(p.rglob("*.swift"))):
        if target.name not in ALLOWED:
            problems.append("%s: no entry in scripts/check_layers.py" % target.name)
            continue
        for path in sorted(target.rglob("*.swift")):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                where = "%s:%d" % (path.relative_to(sources.parent), number)
                found = IMPORT.match(line)
                if found and found[1] not in ALLOWED[target.name]:
                    problems.append("%s: %s must not import %s" % (where, target.name, found[1]))
                if target.name == "WeirCore" and IMPURE.search(line):
                    problems.append("%s: a decider is told the time and rolls no dice" % where)
                code = line.split("//")[0]
                if (re.search(r"\bunsafe\b", code) and target.name not in UNSAFE_TARGETS
                        and path.name not in UNSAFE_FILES):
                    problems.append("%s: unsafe code has its own files" % where)
    print("\n".join(problems) or "layers: ok")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
