#!/usr/bin/env bash
# Checks alerts/, dashboards/ and docs/runbooks/: the rules, their tests, and that all three are in step.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

missing=0
for tool in promtool:prometheus python3:python3; do
    if ! command -v "${tool%%:*}" >/dev/null; then
        echo "alerts/check.sh: ${tool%%:*} is missing; install the Debian package ${tool##*:}" >&2
        missing=1
    fi
done
[ "$missing" -eq 0 ] || exit 69

promtool check rules --lint=all --lint-fatal ./*.rules.yml
promtool test rules tests/*.yml
python3 ./check.py
python3 ../dashboards/check.py
