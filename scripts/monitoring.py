#!/usr/bin/env python3
"""Runs `weir demo` with a Prometheus that evaluates alerts/ and an Alertmanager with the example's routes, all on
loopback, and prints what Alertmanager sends, until Ctrl-C. `make monitoring` calls it; docs/monitoring.md describes it.
"""

import argparse
import contextlib
import pathlib
import signal
import sys
import tempfile
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "alerts" / "e2e"))

import stack
from receiver import Receiver

GREETING = """
Prometheus and Alertmanager are running beside the demonstration, {speed} times as fast as in earnest:
  Weir          http://{weir}/
  alerts        http://{prometheus}/alerts
  rules         http://{prometheus}/rules
  targets       http://{prometheus}/targets
  Alertmanager  http://{alertmanager}/#/alerts
  Grafana       docs/monitoring.md says how to add it (data source: http://{prometheus})
What Alertmanager sends is printed here. Ctrl-C ends it all; logs are in {folder}
"""


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default=ROOT / ".build/release/weir", help="the built weir")
    parser.add_argument("--speed", type=float, default=30, help="how many times as fast rules and routes go; 1: as is")
    parser.add_argument("--listen", default="127.0.0.1:8081", help="where the demonstration's API listens")
    parser.add_argument("--admin", default="127.0.0.1:9464", help="where Weir's admin endpoint listens")
    parser.add_argument("--prometheus", default="127.0.0.1:9090", help="where Prometheus listens")
    parser.add_argument("--alertmanager", default="127.0.0.1:9093", help="where Alertmanager listens")
    return parser.parse_args()


def show(alert):
    where = "/".join(filter(None, (alert["labels"].get("upstream"), alert["labels"].get("endpoint"))))
    receiver = alert["path"].strip("/")
    print(f"{receiver:<7} {alert['status']:<9} {alert['labels']['alertname']} {where}", flush=True)


def main():
    chosen = options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.ExitStack() as parts:
        folder = pathlib.Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="weir-monitoring-")))
        receiver = Receiver()
        parts.callback(receiver.stop)
        demo = ["demo", "--listen", chosen.listen, "--admin", chosen.admin]
        weir, admin, _ = stack.start_weir(chosen.binary, demo, folder)
        parts.callback(weir.stop)
        part, alertmanager = stack.start_alertmanager(folder, receiver.address, chosen.speed, chosen.alertmanager)
        parts.callback(part.stop)
        part, prometheus = stack.start_prometheus(folder, admin, alertmanager, chosen.speed, chosen.prometheus)
        parts.callback(part.stop)
        print(GREETING.format(
            speed=f"{chosen.speed:g}", weir=admin, prometheus=prometheus, alertmanager=alertmanager, folder=folder),
            flush=True)
        shown = 0
        while weir.process.poll() is None:
            received = receiver.received()
            for alert in received[shown:]:
                show(alert)
            shown = len(received)
            time.sleep(0.2)
        raise stack.StackError(f"weir ended:\n{weir.tail()}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print()
    except (stack.StackError, OSError) as error:
        sys.exit(f"monitoring: {error}")
