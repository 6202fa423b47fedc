#!/usr/bin/env bash
# Builds the benchmarks as weir is built (RELEASE in the Makefile) and runs them; arguments go to weir-bench
# (--filter TEXT).
set -euo pipefail
cd "$(dirname "$0")/.."
swift build -c release --product weir-bench --static-swift-stdlib -Xswiftc -enforce-exclusivity=unchecked
exec .build/release/weir-bench "$@"
