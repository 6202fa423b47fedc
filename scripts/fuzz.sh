#!/bin/sh
# Fuzzes the HTTP codec: scripts/fuzz.sh [SECONDS [TARGET...]]; 60 s for each of request, response and body.
# A finding ends it with an error and is left in .build-fuzz/findings. What it learns stays in .build-fuzz/learnt;
# scripts/fuzz.sh --merge adds to Fuzz/Corpus the files that reach something new.
set -eu
cd "$(dirname "$0")/.."
merge=false
if [ "${1:-}" = --merge ]; then
    merge=true
    shift
fi
seconds=${1:-60}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- request response body

# Dead code stays, or the linker drops the counters with it. swiftc heeds the last -sanitize only, and the order in which the
# package manager gives them varies: without one that names both, code would now and then come without counters.
swift build --package-path Fuzz --scratch-path .build-fuzz -c release \
    --sanitize fuzzer --sanitize address -Xswiftc -sanitize=fuzzer,address --disable-dead-strip
if ! nm .build-fuzz/release/WeirHTTP.build/*.o | grep -q __start___sancov_cntrs; then
    echo "fuzz: the codec was built without coverage counters" >&2
    exit 1
fi
mkdir -p .build-fuzz/findings
for target in "$@"; do
    learnt=.build-fuzz/learnt/$target
    mkdir -p "$learnt"
    name=$(echo "$target" | sed 's/^r/R/; s/^b/B/')
    if $merge; then
        SWIFT_BACKTRACE=enable=no .build-fuzz/release/Fuzz"$name" -merge=1 -use_counters=0 "Fuzz/Corpus/$target" "$learnt"
        continue
    fi
    echo "==> fuzzing $target for $seconds s"
    SWIFT_BACKTRACE=enable=no .build-fuzz/release/Fuzz"$name" -max_total_time="$seconds" -max_len=1024 -timeout=10 \
        -dict=Fuzz/tokens.dict -artifact_prefix=.build-fuzz/findings/"$target"- -print_final_stats=1 -verbosity=0 \
        "$learnt" "Fuzz/Corpus/$target"
done
