#!/usr/bin/env bash
# Builds the benchmarks with optimisation and runs them; arguments go to weir-bench (--filter TEXT).
set -euo pipefail
cd "$(dirname "$0")/.."
swift build -c release --product weir-bench
exec .build/release/weir-bench "$@"
