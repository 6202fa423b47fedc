#!/usr/bin/env bash
# Checks alerts/, dashboards/ and docs/runbooks/: the rules, their tests, the routes, and that all are in step.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

missing=0
for tool in promtool:prometheus amtool:prometheus-alertmanager python3:python3; do
    if ! command -v "${tool%%:*}" >/dev/null; then
        echo "alerts/check.sh: ${tool%%:*} is missing; install the Debian package ${tool##*:}" >&2
        missing=1
    fi
done
[ "$missing" -eq 0 ] || exit 69

promtool check rules --lint=all --lint-fatal ./*.rules.yml
promtool check config prometheus.example.yml
promtool test rules tests/*.yml
amtool check-config alertmanager.example.yml
python3 ./check.py
python3 ../dashboards/check.py
python3 ../dashboards/linter.py
# The round trip through Grafana's own models needs a package of PyPI: make install-test makes this environment.
python=../.build/python/bin/python
if [ -x "$python" ] && "$python" -c 'import grafana_foundation_sdk' 2>/dev/null; then
    "$python" ../dashboards/round_trip.py
else
    echo "dashboards: no round trip without grafana-foundation-sdk (make install-test)" >&2
    exit 69
fi
