#!/usr/bin/env python3
"""What one proxied request costs, beside HAProxy and nginx: CPU time (in user space and in the kernel), and latency.

    bench-proxy.py [--weir .build/release/weir] [--rounds 5] [--seconds 3] [--connections 1,32,256]

Each proxy runs on one thread, on core 0; the provider (nginx, a 12-byte answer) and wrk share core 1. All of them count and
limit: HAProxy by a stick table, nginx by limit_req, Weir by two limits and a circuit. The rounds are interleaved, so that a busy
machine hits all alike: read the ratio, which is the median of the rounds'. Needs two cores, wrk, nginx and haproxy.
"""
import argparse
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import time
import urllib.request

PROVIDER, PORTS = 9590, {"haproxy": 9591, "nginx": 9592, "weir": 9593}
NGINX = """worker_processes 1; daemon off; master_process off; pid %(dir)s/%(name)s.pid; error_log %(dir)s/%(name)s.err crit;
events { worker_connections 8192; }
http { access_log off; keepalive_requests 1000000000; keepalive_timeout 3600; %(body)s }
"""
ANSWERS = """server { listen 127.0.0.1:%d backlog=4096;
  location / { default_type text/plain; return 200 "hello world!"; } }""" % PROVIDER
FORWARDS = """upstream provider { server 127.0.0.1:%d; keepalive 1024; keepalive_requests 1000000000; }
limit_req_zone $uri zone=paths:10m rate=1000000r/s;
server { listen 127.0.0.1:%d backlog=4096; location / { limit_req zone=paths burst=100000 nodelay;
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://provider; } }""" % (PROVIDER, PORTS["nginx"])
HAPROXY = """global
  nbthread 1
defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 5s
  http-reuse always
frontend callers
  bind 127.0.0.1:%d
  stick-table type string len 64 size 10k expire 30s store http_req_rate(5s)
  http-request track-sc0 path
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 1000000000 }
  default_backend provider
backend provider
  server one 127.0.0.1:%d pool-max-conn 1024
""" % (PORTS["haproxy"], PROVIDER)
WEIR = """admin: { listen: "127.0.0.1:0" }
upstreams:
  - name: provider
    listen: "127.0.0.1:%d"
    url: "http://127.0.0.1:%d"
    limits: [{ name: ip, algorithm: sliding_window, requests: 10000000, per: 5s }]
    pool: { max_connections: 1024 }
    endpoints:
      - name: x
        match: { method: GET, path: /x }
        limits: [{ name: bucket, algorithm: token_bucket, rate: 1000000/s, burst: 1000000 }]
""" % (PORTS["weir"], PROVIDER)
UNITS = {"us": 1, "ms": 1e3, "s": 1e6}


def start(argv, port, core):
    process = subprocess.Popen(
        ["taskset", "-c", str(core), *argv], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            urllib.request.urlopen("http://127.0.0.1:%d/x" % port, timeout=1).read()
            return process
        except OSError:
            time.sleep(0.05)
    raise SystemExit("%s does not answer on port %d" % (argv[0], port))


def cpu(pid):
    """Microseconds that a process has spent in user space and in the kernel."""
    fields = pathlib.Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()
    return [int(ticks) * 1e6 / os.sysconf("SC_CLK_TCK") for ticks in fields[11:13]]


def load(port, connections, seconds):
    text = subprocess.run(
        ["taskset", "-c", "1", "wrk", "-t1", "-c%d" % connections, "-d%gs" % seconds, "--latency",
         "http://127.0.0.1:%d/x" % port], capture_output=True, text=True, check=True).stdout
    requests = int(re.search(r"(\d+) requests in", text)[1])
    if "Non-2xx" in text or "Socket errors" in text or requests == 0:
        raise SystemExit("not every call on port %d was served:\n%s" % (port, text))
    quantile = {q: re.search(r"\b%s%%\s+([\d.]+)(us|ms|s)\b" % q, text).groups() for q in ("50", "99")}
    return requests, [float(v) * UNITS[u] for v, u in quantile.values()]


def measure(process, port, connections, seconds):
    load(port, connections, 1)
    before = cpu(process.pid)
    requests, latencies = load(port, connections, seconds)
    user, system = [(b - a) / requests for a, b in zip(before, cpu(process.pid))]
    return {"user": user, "kernel": system, "all": user + system, "p50": latencies[0], "p99": latencies[1]}


def version(argv):
    out = subprocess.run(argv, capture_output=True, text=True)
    return re.search(r"\d+\.\d+[.\d]*", out.stdout + out.stderr)[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weir", default=".build/release/weir")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--connections", default="1,32,256")
    options = parser.parse_args()
    processes = []
    with tempfile.TemporaryDirectory() as directory:
        def file(name, text):
            path = pathlib.Path(directory) / name
            path.write_text(text)
            return str(path)

        def nginx(name, body):
            return ["nginx", "-c", file(name, NGINX % {"dir": directory, "name": name, "body": body})]

        try:
            processes.append(start(nginx("provider", ANSWERS), PROVIDER, 1))
            proxies = {
                "haproxy": ["haproxy", "-db", "-f", file("haproxy.cfg", HAPROXY)],
                "nginx": nginx("nginx", FORWARDS),
                "weir": [options.weir, "run", "--config", file("weir.yaml", WEIR)],
            }
            for name, argv in proxies.items():
                processes.append(start(argv, PORTS[name], 0))
            running = dict(zip(proxies, processes[1:]))
            print("haproxy %s, nginx %s, weir %s" % (
                version(["haproxy", "-v"]), version(["nginx", "-v"]), version([options.weir, "--version"])))
            print("callers  proxy     CPU us  (user + kernel)  by haproxy  p50 us  p99 us")
            for connections in map(int, options.connections.split(",")):
                rounds = [
                    {name: measure(running[name], PORTS[name], connections, options.seconds) for name in proxies}
                    for _ in range(options.rounds)]
                for name in proxies:
                    median = {key: statistics.median(r[name][key] for r in rounds) for key in rounds[0][name]}
                    ratio = statistics.median(r[name]["all"] / r["haproxy"]["all"] for r in rounds)
                    print("%7d  %-8s %7.1f  %5.1f + %6.1f %11.2f %9.0f %7.0f" % (
                        connections, name, median["all"], median["user"], median["kernel"], ratio, median["p50"],
                        median["p99"]), flush=True)
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait()


if __name__ == "__main__":
    main()
