#!/usr/bin/env python3
"""Three sidecars and one real Redis: what a shared quota keeps, through every way in which Redis can fail, and its price.

    fleet-audit.py [--weir .build/release/weir] [--seconds 30] [--seed N] [--auditor PATH] [CASE ...]

Cases: calm, killed, stopped, emptied, restarted, slowed (each --seconds long, faults at random moments) and cost.
`killed` is away for seconds and comes back empty, `emptied` at once, `restarted` at once with what it had written down;
`slowed` takes 20 ms for a command.

The quota is 600 per 5 s, and eager callers on all three want more. The upstream stamps each arrival by the kernel's
clock, so that a busy machine does not make an arrival later than it was. A second quota, of 1,000,000, is never the
reason to wait: what its calls take through a fault is Redis' doing. With --auditor another upstream judges, which takes
--port, --limit and --window and answers GET /__report with `arrivals`, `violations` and `worst`.

Needs redis-server; `cost` also nginx and wrk. Ends with 1 where the quota was broken.
"""
import argparse
import http.client
import json
import multiprocessing
import os
import pathlib
import random
import re
import select
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

LIMIT, WINDOW, INSTANCES, TIMEOUT = 600, 5.0, 3, 0.05
EAGER, MEASURED, PAUSE, SLOWNESS = 11, 3, 0.01, 0.02
WEIR = """admin: { listen: "127.0.0.1:%(admin)d" }
shared: { redis: "redis://127.0.0.1:%(redis)d/0", instances: 3 }
upstreams:
  - name: api
    listen: "127.0.0.1:%(api)d"
    url: "http://127.0.0.1:%(audited)d"
    limits: [{ name: ip, algorithm: sliding_window, requests: 600, per: 5s, margin: 20ms, shared: true }]
  - name: plenty
    listen: "127.0.0.1:%(plenty)d"
    url: "http://127.0.0.1:%(plain)d"
    limits: [{ name: ip, algorithm: sliding_window, requests: 1000000, per: 5s, shared: %(isShared)s }]
"""
NGINX = """worker_processes 1; pid %(dir)s/nginx.pid; error_log /dev/null; daemon off;
events { worker_connections 1024; }
http {
  access_log off; client_body_temp_path %(dir)s/b; proxy_temp_path %(dir)s/p; fastcgi_temp_path %(dir)s/f;
  uwsgi_temp_path %(dir)s/u; scgi_temp_path %(dir)s/s; keepalive_requests 1000000;
  server { listen 127.0.0.1:%(port)d; location / { return 200 "ok"; } }
}
"""
forked = multiprocessing.get_context("fork")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Redis:
    def __init__(self, keeps=False):
        self.directory = tempfile.TemporaryDirectory()
        self.port, self.keeps = free_port(), keeps
        self.start()

    def start(self, empty=False):
        if empty:
            shutil.rmtree(self.directory.name)
            os.mkdir(self.directory.name)
        self.process = subprocess.Popen(
            ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", self.directory.name, "--save", "",
             "--appendonly", "yes" if self.keeps else "no"], stdout=subprocess.DEVNULL)
        while not self.answers():
            time.sleep(0.005)

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as peer:
                peer.sendall(b"PING\r\n")
                return peer.recv(100).startswith(b"+PONG")
        except OSError:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        self.process.send_signal(signal.SIGCONT)
        self.kill()
        self.directory.cleanup()


class Relay:
    """Passes bytes both ways between the sidecars and Redis, each after half of `delay` seconds."""

    def __init__(self, target):
        self.delay = forked.Value("d", 0.0)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.target = self.listener.getsockname()[1], target
        self.process = forked.Process(target=self.serve, daemon=True)
        self.process.start()

    def serve(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.create_connection(("127.0.0.1", self.target))
            for source, sink in ((near, far), (far, near)):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self.carry, args=(source, sink), daemon=True).start()

    def carry(self, source, sink):
        waiting, poll = [], select.poll()
        poll.register(source, select.POLLIN)
        try:
            while True:
                left = (waiting[0][0] - time.monotonic()) * 1000 if waiting else None
                if waiting and left <= 0:
                    sink.sendall(waiting.pop(0)[1])
                elif poll.poll(left):
                    data = source.recv(65536)
                    if not data:
                        break
                    waiting.append((time.monotonic() + self.delay.value / 2, data))
        except OSError:
            pass
        for peer in (source, sink):
            try:
                peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Upstream:
    """Answers every request with 200. Stamps, on one of its ports, each request head with the moment (ns) at which the
    kernel had it."""

    def __init__(self):
        self.listeners = [socket.create_server(("127.0.0.1", 0), backlog=1024) for _ in range(2)]
        self.audited, self.plain = (listener.getsockname()[1] for listener in self.listeners)
        # SO_TIMESTAMPNS, which the module does not name; what is accepted has it too.
        self.listeners[0].setsockopt(socket.SOL_SOCKET, 35, 1)
        self.pipe, self.far = forked.Pipe()
        self.process = forked.Process(target=self.serve, daemon=True)
        self.process.start()

    def serve(self):
        stamps, selector = [], selectors.DefaultSelector()
        for listener in self.listeners:
            selector.register(listener, selectors.EVENT_READ)
        selector.register(self.far, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                source = key.fileobj
                if source is self.far:
                    source.recv()
                    source.send(stamps)
                elif source in self.listeners:
                    peer, _ = source.accept()
                    selector.register(peer, selectors.EVENT_READ, source is self.listeners[0])
                else:
                    self.answer(source, stamps if key.data else None, selector)

    def answer(self, peer, stamps, selector):
        try:
            data, ancillary, _, _ = peer.recvmsg(65536, 256)
            if not data:
                raise ConnectionError
            if stamps is not None:
                # Without a stamp, as of what came while the kernel began to make them, it is later than it was.
                seconds, nanoseconds = struct.unpack("qq", ancillary[0][2][:16]) if ancillary else (0, time.time_ns())
                stamps.append(seconds * 10**9 + nanoseconds)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        except OSError:
            selector.unregister(peer)
            peer.close()

    def report(self):
        self.pipe.send(None)
        return judge(sorted(self.pipe.recv()))


def judge(stamps):
    """The arrivals that make more than LIMIT within the window that ends with them."""
    window = int(WINDOW * 1e9)
    violations = worst = first = 0
    for place, stamp in enumerate(stamps):
        while stamps[first] <= stamp - window:
            first += 1
        worst = max(worst, place - first + 1)
        violations += place - first + 1 > LIMIT
    least = min((b - a for a, b in zip(stamps, stamps[LIMIT:])), default=0)
    return {"arrivals": len(stamps), "violations": violations, "worst": worst, "least": least / 1e9}


class Auditor:
    """Another program that judges; the plain port is still ours."""

    def __init__(self, path):
        self.audited, self.own = free_port(), Upstream()
        self.plain = self.own.plain
        self.program = subprocess.Popen(
            [sys.executable, path, "--port", str(self.audited), "--limit", str(LIMIT), "--window", str(WINDOW)],
            stderr=subprocess.DEVNULL)
        self.process = self.own.process
        while not reaches(self.audited):
            time.sleep(0.01)

    def report(self):
        found = json.loads(get(self.audited, "/__report")[1])
        self.program.kill()
        self.program.wait()
        return found


def reaches(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        return True
    except OSError:
        return False


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    try:
        return response.status, response.read()
    finally:
        connection.close()


class Weir:
    def __init__(self, binary, directory, redis, audited, plain, shared=True):
        self.admin, self.api, self.plenty = free_port(), free_port(), free_port()
        path = pathlib.Path(directory) / ("%d.yaml" % self.admin)
        path.write_text(WEIR % {
            "admin": self.admin, "redis": redis, "api": self.api, "plenty": self.plenty, "audited": audited,
            "plain": plain, "isShared": "true" if shared else "false"})
        self.process = subprocess.Popen([binary, "run", "--config", path], stderr=subprocess.DEVNULL)
        while not reaches(self.admin):
            time.sleep(0.01)

    def metric(self, name, upstream):
        found = re.search(
            r'^%s\{upstream="%s"\} (\S+)' % (name, upstream), get(self.admin, "/metrics")[1].decode(), re.M)
        return float(found[1]) if found else 0.0

    def is_shared(self, upstream="api"):
        return self.metric("mm_shared_state", upstream) == 1

    def close(self):
        self.process.terminate()
        self.process.wait()


def call(port, pause, end, calls):
    """Calls again and again; notes when each ended (s), how long it took (s) and its status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while time.monotonic() < end:
        began = time.monotonic()
        try:
            connection.request("GET", "/x")
            response = connection.getresponse()
            response.read()
            calls.append((time.monotonic(), time.monotonic() - began, response.status))
        except (OSError, http.client.HTTPException):
            calls.append((time.monotonic(), time.monotonic() - began, 0))
            connection.close()
        time.sleep(pause)


class Callers:
    """So many callers of one port, in a process of their own."""

    def __init__(self, port, count, pause, end):
        self.pipe, far = forked.Pipe()
        self.process = forked.Process(target=self.run, args=(port, count, pause, end, far), daemon=True)
        self.process.start()

    @staticmethod
    def run(port, count, pause, end, far):
        calls = []
        threads = [threading.Thread(target=call, args=(port, pause, end, calls)) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        far.send(calls)

    def calls(self):
        found = self.pipe.recv()
        self.process.join()
        return found


def strikes(case, dice, seconds):
    """When a fault begins and how long it lasts: two in a run, apart enough to recover in between."""
    longest = {"killed": 6, "stopped": 6, "slowed": 6}.get(case, 0)
    if case == "calm":
        return []
    half = seconds / 2
    return [(half * number + dice.uniform(1, half - longest - 3), dice.uniform(0.3, longest) if longest else 0)
            for number in range(2)]


def strike(case, redis, relay, lasts):
    if case == "slowed":
        relay.delay.value = SLOWNESS
        time.sleep(lasts)
        relay.delay.value = 0
    elif case == "stopped":
        redis.process.send_signal(signal.SIGSTOP)
        time.sleep(lasts)
        redis.process.send_signal(signal.SIGCONT)
    else:
        redis.kill()
        time.sleep(lasts)
        redis.start(empty=case != "restarted")


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def say(what, value, note=""):
    print("  %-46s %s  %s" % (what, value, note), flush=True)


def fault_case(case, options, dice):
    redis = Redis(keeps=case == "restarted")
    relay = Relay(redis.port) if case == "slowed" else None
    upstream = Auditor(options.auditor) if options.auditor else Upstream()
    with tempfile.TemporaryDirectory() as directory:
        weirs = [
            Weir(options.weir, directory, (relay or redis).port, upstream.audited, upstream.plain)
            for _ in range(INSTANCES)]
        while not all(weir.is_shared(name) for weir in weirs for name in ("api", "plenty")):
            time.sleep(0.05)
        began = time.monotonic()
        end = began + options.seconds
        eager = [Callers(weir.api, EAGER, 0, end) for weir in weirs]
        measured = [Callers(weir.plenty, MEASURED, PAUSE, end) for weir in weirs]
        recoveries, moments = [], strikes(case, dice, options.seconds)
        for after, lasts in moments:
            time.sleep(max(0, began + after - time.monotonic()))
            strike(case, redis, relay, lasts)
            back = time.monotonic()
            while not all(weir.is_shared(name) for weir in weirs for name in ("api", "plenty")):
                time.sleep(0.01)
            recoveries.append(time.monotonic() - back)
        parts = [callers.calls() for callers in eager]
        probes = sum((callers.calls() for callers in measured), [])
        fallbacks = [int(weir.metric("mm_shared_fallbacks_total", "api")) for weir in weirs]
        for weir in weirs:
            weir.close()
    report = upstream.report()
    upstream.process.kill()
    if relay:
        relay.process.kill()
    redis.close()

    print("%s, faults at (s, for s): %s" % (case, [(round(a, 2), round(b, 2)) for a, b in moments]))
    ideal = LIMIT * -(-options.seconds // WINDOW)
    good = [sum(1 for when, _, status in calls if status == 200) for calls in parts]
    say("arrivals, violations, most in one window", "%(arrivals)d, %(violations)d, %(worst)d" % report,
        "the least span of %d: %.4f s" % (LIMIT + 1, report["least"]) if "least" in report else "")
    say("of what the quota lets through", "%.3f" % (sum(
        1 for calls in parts for when, _, status in calls if status == 200 and when < end) / ideal))
    say("each instance's part", ", ".join("%.1f %%" % (100 * count / max(1, sum(good))) for count in good))
    say("other answers than 200", sum(len(calls) for calls in parts) - sum(good)
        + sum(1 for _, _, status in probes if status != 200))
    say("times lost, each instance", fallbacks)
    if recoveries:
        say("all shared again after (ms)", ", ".join("%.0f" % (1000 * each) for each in recoveries))
    took = [1000 * each for _, each, _ in probes]
    say("a call of the plentiful quota: p50, p99, max (ms)", "%.1f, %.1f, %.1f" % (
        percentile(took, 0.5), percentile(took, 0.99), max(took)),
        "of %d; over %d ms: %d" % (len(took), 1000 * TIMEOUT, sum(each > 1000 * TIMEOUT for each in took)))
    return report["violations"] == 0


def used(processes):
    """Seconds of CPU that processes have taken."""
    fields = [pathlib.Path("/proc/%d/stat" % each.pid).read_text().rsplit(")", 1)[1].split() for each in processes]
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


def load(weirs, seconds, connections, script):
    running = [
        subprocess.Popen(
            ["wrk", "-t1", "-c%d" % connections, "-d%ds" % seconds, "--latency"] + script
            + ["http://127.0.0.1:%d/" % weir.plenty], stdout=subprocess.PIPE, text=True) for weir in weirs]
    texts = [each.communicate()[0] for each in running]
    unit = {"us": 0.001, "ms": 1, "s": 1000}

    def time_of(text, share):
        number, suffix = re.search(r"%s%%\s+([\d.]+)(us|ms|s)" % share, text).groups()
        return float(number) * unit[suffix]

    return {
        "calls": sum(int(re.search(r"(\d+) requests in", text)[1]) for text in texts),
        "p50": sum(time_of(text, 50) for text in texts) / len(texts),
        "p99": max(time_of(text, 99) for text in texts)}


def cost_case(options):
    print("cost: wrk on all three, nginx behind them, %d cores" % os.cpu_count())
    redis = Redis()
    with tempfile.TemporaryDirectory() as directory:
        place = pathlib.Path(directory)
        # nginx serves as somebody else.
        place.chmod(0o755)
        origin = free_port()
        (place / "nginx.conf").write_text(NGINX % {"dir": directory, "port": origin})
        (place / "pause.lua").write_text("function delay() return math.random(5, 15) end\n")
        nginx = subprocess.Popen(["nginx", "-c", place / "nginx.conf"], stderr=subprocess.DEVNULL)
        loads = [("all that goes, 32 connections each", 32, []),
                 ("100 a second of each of 4 connections each", 4, ["-s", str(place / "pause.lua")])]
        for shared in (False, True):
            weirs = [
                Weir(options.weir, directory, redis.port, origin, origin, shared=shared) for _ in range(INSTANCES)]
            while not all(weir.is_shared("plenty" if shared else "api") for weir in weirs):
                time.sleep(0.05)
            for name, connections, script in loads:
                def questions():
                    return sum(weir.metric("mm_shared_round_trip_seconds_count", "plenty") for weir in weirs)
                asked, busy, began = questions(), used([redis.process]), time.monotonic()
                others = used([weir.process for weir in weirs])
                found = load(weirs, 10, connections, script)
                lasted = time.monotonic() - began
                say("%s, %s" % ("shared" if shared else "local", name), "%.0f calls/s, p50 %.2f ms, p99 %.2f ms" % (
                    found["calls"] / lasted, found["p50"], found["p99"]))
                if shared:
                    trips, spent = questions() - asked, used([redis.process]) - busy
                    say("", "%.3f round trips per call, %.0f a second; Redis %.0f %% of a core, %.1f µs each" % (
                        trips / found["calls"], trips / lasted, 100 * spent / lasted, 1e6 * spent / max(1, trips)),
                        "all sidecars %.0f %%" % (100 * (used([w.process for w in weirs]) - others) / lasted))
                    say("", "so one core of Redis carries %.0f round trips, %.0f such calls a second" % (
                        trips / spent, found["calls"] / spent))
            for weir in weirs:
                weir.close()
        nginx.terminate()
        nginx.wait()
    redis.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weir", default=".build/release/weir")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--auditor", help="a script that judges as the upstream")
    cases = ["calm", "killed", "stopped", "emptied", "restarted", "slowed", "cost"]
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(cases))
    options = parser.parse_args()
    print("seed", options.seed)
    kept = True
    for case in options.cases or cases:
        if case not in cases:
            parser.error("no such case: %s" % case)
        if case == "cost":
            cost_case(options)
        else:
            kept = fault_case(case, options, random.Random("%d %s" % (options.seed, case))) and kept
    raise SystemExit(0 if kept else 1)


if __name__ == "__main__":
    main()
