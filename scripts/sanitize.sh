#!/usr/bin/env bash
# Runs the tests of the deciders and the actors under the thread sanitizer and the address sanitizer, each in a build
# folder of its own. Arguments name which: thread, address.
set -euo pipefail
cd "$(dirname "$0")/.."

[ $# -gt 0 ] || set -- thread address
for sanitizer in "$@"; do
    echo "==> $sanitizer sanitizer"
    # A finding ends the run; what the Swift runtime never frees is none of ours.
    TSAN_OPTIONS=halt_on_error=1 ASAN_OPTIONS=detect_leaks=0 \
        swift test --sanitize "$sanitizer" --scratch-path ".build/$sanitizer-sanitizer" --disable-xctest \
        --filter '^(WeirCoreTests|WeirRuntimeTests)\.'
done
