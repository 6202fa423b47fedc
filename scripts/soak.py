#!/usr/bin/env python3
"""Serves about 2,000 requests a second with faults mixed in, and shows what weir holds all the while.

    soak.py [--weir .build/release/weir] [--minutes 10]

Of what the provider (nginx) is asked, 2 % are answered 500, 1 % 429 with Retry-After, 2 % by closing the connection, 1 % cut
in the middle of a body, and 1 % take 200 ms. A tenth of the calls waits in line. Needs nginx and wrk.
"""
import argparse
import json
import pathlib
import re
import subprocess
import tempfile
import time
import urllib.request

NGINX = """worker_processes 1; pid %(dir)s/nginx.pid; error_log /dev/null; daemon off;
events { worker_connections 4096; }
http {
  access_log off; client_body_temp_path %(dir)s/b; proxy_temp_path %(dir)s/p; fastcgi_temp_path %(dir)s/f;
  uwsgi_temp_path %(dir)s/u; scgi_temp_path %(dir)s/s; keepalive_requests 1000;
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
        limits: [{ name: pace, algorithm: spacing, every: 3ms }]
"""
WRK = """
local n = 0
function request()
  n = n + 1
  return wrk.format("GET", n % 10 == 0 and "/paced" or "/")
end
function delay() return math.random(0, 28) end
"""


def held(pid):
    status = pathlib.Path("/proc/%d/status" % pid).read_text()
    document = json.load(urllib.request.urlopen("http://127.0.0.1:9582/status"))["upstreams"][0]
    return {
        "rss_mib": round(int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024, 1),
        "descriptors": len(list(pathlib.Path("/proc/%d/fd" % pid).iterdir())),
        "in_line": document["queue"]["length"],
        "in_flight": sum(e["in_flight"] for e in document["endpoints"]),
        "connections": document["connections"],
        "outcomes": {
            k: v for k, v in sorted(
                {k: sum(e["requests"].get(k, 0) for e in document["endpoints"])
                 for k in document["endpoints"][0]["requests"]}.items()) if v},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weir", default=".build/release/weir")
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        place = pathlib.Path(directory)
        # nginx serves as somebody else.
        place.chmod(0o755)
        (place / "nginx.conf").write_text(NGINX % {"dir": directory})
        (place / "body").write_bytes(b"x" * 4000)
        (place / "weir.yaml").write_text(WEIR)
        (place / "load.lua").write_text(WRK)
        nginx = subprocess.Popen(["nginx", "-c", place / "nginx.conf"], stderr=subprocess.DEVNULL)
        weir = subprocess.Popen([options.weir, "run", "--config", place / "weir.yaml"], stderr=subprocess.DEVNULL)
        time.sleep(2)
        load = subprocess.Popen(
            ["wrk", "-t1", "-c32", "-d%ds" % (options.minutes * 60), "-s", place / "load.lua", "--timeout", "10s",
             "http://127.0.0.1:9583/"], stdout=subprocess.PIPE, text=True)
        began = time.monotonic()
        while load.poll() is None:
            print("%4d s" % (time.monotonic() - began), json.dumps(held(weir.pid)), flush=True)
            for _ in range(30):
                if load.poll() is None:
                    time.sleep(1)
        print(load.stdout.read())
        time.sleep(3)
        print("after ", json.dumps(held(weir.pid)))
        weir.terminate()
        print("exit  ", weir.wait())
        nginx.terminate()


if __name__ == "__main__":
    main()
