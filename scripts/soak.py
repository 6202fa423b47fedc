#!/usr/bin/env python3
"""Serves about 2,000 requests a second with faults on both sides, and judges what weir holds all the while.

    soak.py [--weir .build/release/weir] [--minutes 10]

Of what the provider (nginx) is asked, 2 % are answered 500, 1 % 429 with Retry-After, 2 % by closing the connection, 1 % cut
in the middle of a body, and 1 % take 200 ms; it closes each connection after 200 requests. A tenth of the calls waits in line.
Beside them are callers that never finish their head, that hang up on a slow answer, that read slowly, and that keep an idle
connection until it is taken from them.

After the first fifth of the time memory, descriptors (less the provider's connections, which come and go) and calls in line must
not grow: their mean over the last third of the readings is held against that over the first third. At the end nothing may
be in line or in flight, and weir must end with 0.
Needs nginx and wrk.
"""
import argparse
import asyncio
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

NGINX = """worker_processes 1; pid %(dir)s/nginx.pid; error_log /dev/null; daemon off;
events { worker_connections 4096; }
http {
  access_log off; client_body_temp_path %(dir)s/b; proxy_temp_path %(dir)s/p; fastcgi_temp_path %(dir)s/f;
  uwsgi_temp_path %(dir)s/u; scgi_temp_path %(dir)s/s; keepalive_requests 200;
  split_clients "$request_id" $kind { 2%% failure; 1%% limited; 2%% close; 1%% cut; 1%% slow; * fine; }
  server {
    listen 127.0.0.1:9580;
    location / {
      if ($kind = failure) { return 500; }
      if ($kind = limited) { rewrite ^ /limited last; }
      if ($kind = close) { return 444; }
      if ($kind = cut) { rewrite ^ /cut last; }
      if ($kind = slow) { rewrite ^ /slow last; }
      return 200 "hello world\\n";
    }
    location /limited { add_header Retry-After 0 always; return 429; }
    location /slow { root %(dir)s; limit_rate 20000; try_files /body =404; }
    location /long { root %(dir)s; try_files /long =404; }
    location /cut { proxy_pass http://127.0.0.1:9581; }
  }
  server { listen 127.0.0.1:9581; location / { return 444; } }
}
"""
WEIR = """admin: { listen: "127.0.0.1:9582" }
upstreams:
  - name: api
    listen: "127.0.0.1:9583"
    url: "http://127.0.0.1:9580"
    limits: [{ name: ip, algorithm: sliding_window, requests: 15000, per: 5s }]
    breaker: { fail_threshold: null, failure_ratio: 0.5, cooldown: 1s, min_dwell: 1s }
    retry: { initial_delay: 10ms }
    feedback: { shrink_on_429: 1 }
    endpoints:
      - name: paced
        match: { path: /paced }
        limits: [{ name: pace, algorithm: spacing, every: 3ms, margin: 0ms }]
"""
WRK = """
local n = 0
function request()
  n = n + 1
  return wrk.format("GET", n % 10 == 0 and "/paced" or "/")
end
-- Each call is due half a millisecond after the one before, however long those take.
local ffi = require("ffi")
ffi.cdef("typedef struct { long s; long n; } moment; int clock_gettime(int clock, moment *now);")
local now, first, due = ffi.new("moment"), nil, 0
function delay()
  ffi.C.clock_gettime(1, now)
  local time = tonumber(now.s) * 1000 + tonumber(now.n) / 1e6
  first = first or time
  due = due + 0.5
  return math.max(0, math.floor(first + due - time))
end
"""
# Of each kind of caller that is no good.
UNFINISHED, GONE, SLOW, IDLE = 10, 5, 4, 50


async def unfinished(reader, writer):
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ")
    await reader.read()
    return "head not finished, let go"


async def gone(reader, writer):
    writer.write(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    await asyncio.sleep(0.1)
    return "hung up"


async def slow(reader, writer):
    writer.write(b"GET /long HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    count = 0
    while part := await reader.read(65536):
        count += len(part)
        await asyncio.sleep(0.05)
    return "slow download, %s" % ("whole" if count > 4_000_000 else "cut short")


async def idle(reader, writer):
    writer.write(b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n")
    await reader.read()
    return "idle, let go"


async def call_for_ever(kind, tally):
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", 9583, limit=65536)
        except OSError:
            # Weir has ended, and so does this.
            return
        try:
            outcome = await kind(reader, writer)
        except ConnectionError:
            outcome = "reset"
        writer.close()
        tally[outcome] = tally.get(outcome, 0) + 1


async def bad_callers(tally):
    kinds = [unfinished] * UNFINISHED + [gone] * GONE + [slow] * SLOW + [idle] * IDLE
    await asyncio.gather(*(call_for_ever(kind, tally) for kind in kinds))


def held(pid):
    status = pathlib.Path("/proc/%d/status" % pid).read_text()
    document = json.load(urllib.request.urlopen("http://127.0.0.1:9582/status"))["upstreams"][0]
    endpoints = document["endpoints"]
    connections = document["connections"]
    descriptors = len(list(pathlib.Path("/proc/%d/fd" % pid).iterdir()))
    return {
        "rss_mib": int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024,
        "descriptors": descriptors,
        "own_descriptors": descriptors - connections["active"] - connections["idle"],
        "in_line": document["queue"]["length"],
        "in_flight": sum(e["in_flight"] for e in endpoints),
        "active": connections["active"],
        "idle": connections["idle"],
        "outcomes": {k: sum(e["requests"][k] for e in endpoints) for k in endpoints[0]["requests"]},
    }


def show(when, reading):
    print("%8s %8.1f %11d %7d %9d %6d %5d %9d" % (
        when, *(reading[k] for k in ("rss_mib", "descriptors", "in_line", "in_flight", "active", "idle")),
        sum(reading["outcomes"].values())), flush=True)


def growth(readings, name, allowed):
    """A complaint where the mean of the last third is above that of the first by more than is allowed."""
    third = max(1, len(readings) // 3)
    first, last = (sum(r[name] for r in part) / third for part in (readings[:third], readings[-third:]))
    print("%-15s %8.1f -> %8.1f (%+.1f; %.1f allowed)" % (name, first, last, last - first, allowed))
    return "%s grows" % name if last - first > allowed else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weir", default=".build/release/weir")
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    seconds = options.minutes * 60
    with tempfile.TemporaryDirectory() as directory:
        place = pathlib.Path(directory)
        # nginx serves as somebody else.
        place.chmod(0o755)
        (place / "nginx.conf").write_text(NGINX % {"dir": directory})
        # What nginx's limit_rate allows for a second goes at once.
        (place / "body").write_bytes(b"x" * 24000)
        (place / "long").write_bytes(b"x" * (4 << 20))
        (place / "weir.yaml").write_text(WEIR)
        (place / "load.lua").write_text(WRK)
        nginx = subprocess.Popen(["nginx", "-c", place / "nginx.conf"], stderr=subprocess.DEVNULL)
        weir = subprocess.Popen([options.weir, "run", "--config", place / "weir.yaml"], stderr=subprocess.DEVNULL)
        try:
            time.sleep(2)
            tally, readings = {}, []
            load = subprocess.Popen(
                ["wrk", "-t1", "-c128", "-d%ds" % seconds, "-s", place / "load.lua", "--timeout", "10s",
                 "http://127.0.0.1:9583/"], stdout=subprocess.PIPE, text=True)
            threading.Thread(target=lambda: asyncio.run(bad_callers(tally)), daemon=True).start()
            print("%8s %8s %11s %7s %9s %6s %5s %9s" % (
                "time", "RSS MiB", "descriptors", "in line", "in flight", "active", "idle", "calls"))
            began = time.monotonic()
            due = began
            while load.poll() is None:
                if time.monotonic() >= due:
                    # The line changes from one moment to the next; the table need not show all that is judged.
                    reading = held(weir.pid)
                    readings.append((time.monotonic() - began, reading))
                    if len(readings) % 15 == 1:
                        show("%d s" % readings[-1][0], reading)
                    due += seconds / 300
                time.sleep(0.05)
            took = time.monotonic() - began
            print(load.stdout.read())
            # The good callers are gone; of the bad ones those that hang up or read slowly still have calls under way.
            last = held(weir.pid)
            show("load off", last)
            print("outcomes", json.dumps({k: v for k, v in last["outcomes"].items() if v}))
            print("bad callers", json.dumps(tally, sort_keys=True))
            rate = sum(last["outcomes"].values()) / took
            print("calls a second: %.0f" % rate)
            weir.terminate()
            code = weir.wait()
            print("exit", code)
        finally:
            weir.kill()
            nginx.terminate()
    settled = [reading for when, reading in readings if when > seconds / 5]
    complaints = [
        growth(settled, "rss_mib", 1), growth(settled, "own_descriptors", 5), growth(settled, "in_line", 10),
        last["in_line"] and "%d left in line" % last["in_line"],
        last["in_flight"] > SLOW + GONE and "%d left in flight" % last["in_flight"],
        last["active"] > SLOW + GONE and "%d connections left in use" % last["active"],
        rate < 1800 and "only %.0f calls a second" % rate,
        tally.get("slow download, cut short") and "downloads cut short",
        code != 0 and "ended with %d" % code,
    ]
    complaints = [c for c in complaints if c]
    print("verdict:", "; ".join(complaints) if complaints else "nothing grows, nothing is left")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
