#!/usr/bin/env python3
"""Monitoring end to end, with real parts: run.py WEIR [FOLDER] runs the built `weir` in front of a provider that fails
for a while, a Prometheus with the rules of alerts/, and an Alertmanager with the example's routes and a webhook
receiver. Time passes 30 times as fast for rules and routes (timelapse.py). Needs the Debian packages prometheus and
prometheus-alertmanager.

It checks that the page for the open circuit arrives with its labels and annotations and is resolved after the recovery;
that the alerts which the circuit causes fire, are inhibited, and never arrive; that a circuit that can be done without
is a ticket; that what /metrics says and dashboards/catalogue.json agree; and that every query of every dashboard
returns data. Prints a line for each check; exits 1 if one failed. Logs go to FOLDER, by default one that is removed.
"""

import contextlib
import json
import pathlib
import signal
import sys
import tempfile
import time
import urllib.request

sys.dont_write_bytecode = True
# So that a SIGTERM, too, ends the parts.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

import queries
import stack
from provider import Caller, Provider
from receiver import Receiver

FACTOR = 30
# Seconds that anything may take to come about: generous, for it is only waited for when it does not come.
PATIENCE = 90
# What the open circuit brings about and must silence.
INHIBITED = {"HighAPIFailureRate", "WeirErrorBudgetBurnFast"}
RUNBOOKS = "https://github.com/weir-proxy/weir/blob/main/docs/runbooks/"
CONFIGURATION = """\
admin: {{ listen: 127.0.0.1:0 }}
upstreams:
  - name: exchange
    listen: 127.0.0.1:0
    url: http://{provider}
    limits:
      - {{ name: ip, algorithm: sliding_window, requests: 500, per: 1s }}
      - {{ name: client, algorithm: token_bucket, rate: 50/s, burst: 50, key: header:X-Client, max_keys: 100 }}
    breaker: {{ window: 10s, fail_threshold: 10, cooldown: 1s, min_dwell: 1s }}
    retry: {{ initial_delay: 20ms }}
    feedback: {{ headers: ietf, limit: ip }}
    endpoints:
      - {{ name: orders, match: {{ method: POST, path: /orders }} }}
      - {{ name: ticker, match: {{ method: GET, path: /ticker }} }}
      - {{ name: kline, priority: low, match: {{ method: GET, path: /kline }} }}
"""


class Checks:
    def __init__(self):
        self.failed = False

    def check(self, what, holds, seen=""):
        self.failed = self.failed or not holds
        print(f"ok     {what}" if holds else f"FAILED {what}: {seen}", flush=True)

    def wait(self, what, condition, seen=lambda: "", seconds=PATIENCE):
        """Waits until a condition holds, and says so; a failure when it does not in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                self.check(what, True)
                return True
            time.sleep(0.1)
        self.check(what, False, f"not within {seconds} s; {seen()}")
        return False


def names(alerts):
    return sorted({alert["labels"]["alertname"] for alert in alerts})


def held(alertmanager):
    """Every alert that an Alertmanager has, by name, with the names of those that hold it back, if any do."""
    with urllib.request.urlopen(f"http://{alertmanager}/api/v2/alerts", timeout=10) as answer:
        alerts = json.load(answer)
    by_id = {alert["fingerprint"]: alert["labels"] for alert in alerts}
    return {
        alert["labels"]["alertname"]: {by_id.get(one, {}).get("alertname") for one in alert["status"]["inhibitedBy"]}
        for alert in alerts
    }


def check_page(checks, page, admin):
    """The page says what it should: its labels, and its annotations with the templates filled in."""
    labels = {
        "alertname": "CircuitBreakerOpen", "severity": "critical", "job": "weir", "instance": admin,
        "upstream": "exchange", "endpoint": "orders",
    }
    checks.check("the page has its labels", page["labels"] == labels, page["labels"])
    escaped = admin.replace(":", "%3A")
    annotations = {
        "summary": f"The circuit of exchange/orders is open on {admin}.",
        "description": "Weir has stopped calling exchange/orders after repeated failures, and no probe has succeeded"
        " since. Calls are refused with 503 circuit_open.",
        "runbook_url": f"{RUNBOOKS}CircuitBreakerOpen.md",
        "dashboard_url": "https://grafana.example.com/d/weir-upstream"
        f"?var-job=weir&var-instance={escaped}&var-upstream=exchange",
    }
    checks.check("the page has its annotations", page["annotations"] == annotations, page["annotations"])


def outage(checks, provider, receiver, prometheus, alertmanager, admin):
    """The provider fails until the page is there and what it silences is seen to be silenced."""
    def pages(endpoint, status, path="/page"):
        found = receiver.received("CircuitBreakerOpen", status, path)
        return [alert for alert in found if alert["labels"].get("endpoint") == endpoint]

    provider.failing = True
    if checks.wait("the page for the open circuit arrives", lambda: pages("orders", "firing")):
        check_page(checks, pages("orders", "firing")[0], admin)
    checks.wait("a circuit that can be done without is a ticket", lambda: pages("kline", "firing", "/ticket"))
    checks.wait(
        "the alerts that the circuit causes fire, and are inhibited by it",
        lambda: all("CircuitBreakerOpen" in held(alertmanager).get(name, ()) for name in INHIBITED),
        lambda: f"fire: {sorted({one['alertname'] for one in prometheus.firing()})}; held: {held(alertmanager)}")

    provider.failing = False
    loose = set()

    def over():
        # Whether it goes out in a moment without the circuit's alert depends on when its group is looked at next.
        loose.update(name for name, by in held(alertmanager).items() if name in INHIBITED and not by)
        return not INHIBITED & {one["alertname"] for one in prometheus.firing()}

    checks.wait("what the circuit's alert silenced resolves after the recovery", over, prometheus.firing)
    checks.check("and was held back until then", not loose, loose)
    checks.wait("the page is resolved", lambda: pages("orders", "resolved"))
    # What was held back for a while only would arrive with the next message of its group.
    time.sleep(300 / FACTOR + 2)
    arrived = names(receiver.received())
    checks.check("the inhibited alerts have not arrived", not INHIBITED & set(arrived), arrived)


def run(checks, binary, folder, parts):
    provider, receiver = Provider(), Receiver()
    parts.callback(provider.stop)
    parts.callback(receiver.stop)
    (folder / "weir.yaml").write_text(CONFIGURATION.format(provider=provider.address))
    weir, admin, upstream = stack.start_weir(binary, ["run", "--config", folder / "weir.yaml"], folder)
    parts.callback(weir.stop)
    part, alertmanager = stack.start_alertmanager(folder, receiver.address, FACTOR)
    parts.callback(part.stop)
    part, address = stack.start_prometheus(folder, admin, alertmanager, FACTOR)
    parts.callback(part.stop)
    prometheus = queries.Prometheus(address)

    start = time.time()
    calls = (("POST", "/orders"), ("GET", "/ticker"), ("GET", "/kline"), ("GET", "/other"))
    callers = [Caller(upstream, method, path, rate=8) for method, path in calls]
    for caller in callers:
        parts.callback(caller.stop)
    healthy = "job_instance_upstream:mm_api_requests_judged:rate5m > 1"
    checks.wait(
        "Prometheus scrapes Weir and evaluates the rules", lambda: prometheus.values(healthy, start, time.time()))
    time.sleep(5)
    checks.check("no alert fires while all is well", not prometheus.firing(), prometheus.firing())
    outage(checks, provider, receiver, prometheus, alertmanager, admin)

    with urllib.request.urlopen(f"http://{admin}/metrics", timeout=10) as answer:
        found = list(queries.exposition_problems(answer.read().decode()))
    checks.check("/metrics and the catalogue agree", not found, "\n       ".join(found))
    every = list(queries.expressions())
    found = list(queries.problems(prometheus, "exchange", start, time.time()))
    checks.check(f"each of the {len(every)} queries of the dashboards returns data", not found, "\n       ".join(found))
    found = list(queries.runbook_problems(prometheus))
    checks.check("the queries of the runbooks run", not found, "\n       ".join(found))
    rules = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
    errors = [f"{rule['name']}: {rule['lastError']}" for rule in rules if rule.get("lastError")]
    checks.check("no rule failed", not errors, errors)


def main(binary, folder):
    checks = Checks()
    with contextlib.ExitStack() as parts:
        try:
            run(checks, binary, folder, parts)
        except (stack.StackError, OSError) as error:
            checks.check("the parts start and answer", False, error)
    return 1 if checks.failed else 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    if len(sys.argv) == 3:
        kept = pathlib.Path(sys.argv[2]).resolve()
        kept.mkdir(parents=True, exist_ok=True)
        sys.exit(main(sys.argv[1], kept))
    with tempfile.TemporaryDirectory(prefix="weir-monitoring-") as temporary:
        sys.exit(main(sys.argv[1], pathlib.Path(temporary)))
