#!/usr/bin/env python3
"""What a running weir takes: time to start, memory at rest, with idle callers, and while slow peers are served.

    bench-process.py [--weir .build/release/weir] [--callers 10000] [--gib 1]

Memory is resident memory (VmRSS) in MiB. The slow peer takes 100 MB/s of what the fast one could send; what it adds is added to
a weir that rests and has served one small call before.
"""
import argparse
import pathlib
import re
import resource
import socket
import statistics
import subprocess
import tempfile
import threading
import time

CONFIGURATION = """admin: { listen: "127.0.0.1:0" }
upstreams:
  - name: origin
    listen: "127.0.0.1:0"
    url: "http://127.0.0.1:%d"
    limits: [{ name: ip, algorithm: sliding_window, requests: 1000000, per: 5s }]
    timeouts: { response: 300s, request: 600s, idle: 300s }
"""
BLOCK = bytes(256 * 1024)
RATE = 100e6


class Weir:
    def __init__(self, binary, origin_port):
        self.directory = tempfile.TemporaryDirectory()
        path = pathlib.Path(self.directory.name) / "weir.yaml"
        path.write_text(CONFIGURATION % origin_port)
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [binary, "run", "--config", path], stderr=subprocess.PIPE, text=True)
        ports = {}
        for line in self.process.stderr:
            if found := re.search(r"address=127\.0\.0\.1:(\d+)", line):
                ports["admin" if line.rstrip().endswith("admin") else "proxy"] = int(found[1])
            if len(ports) == 2:
                break
        self.admin, self.proxy = ports["admin"], ports["proxy"]
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def get(self, port, path):
        with socket.create_connection(("127.0.0.1", port)) as peer:
            peer.sendall(b"GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n" % path.encode())
            return b"".join(iter(lambda: peer.recv(65536), b""))

    def until_ready(self):
        while b" 200 " not in self.get(self.admin, "/readyz")[:16]:
            pass
        return time.monotonic() - self.began

    @property
    def memory(self):
        status = pathlib.Path("/proc/%d/status" % self.process.pid).read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.directory.cleanup()


class Origin:
    """Answers GET /big with so many bytes, as fast as they are taken; takes a POST's body at RATE; the rest is `ok`."""

    def __init__(self, size):
        self.size = size
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            peer, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        with peer:
            while True:
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = peer.recv(65536)
                    if not piece:
                        return
                    head += piece
                rest = len(head) - head.index(b"\r\n\r\n") - 4
                if head.startswith(b"GET /big"):
                    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % self.size)
                    for _ in range(self.size // len(BLOCK)):
                        peer.sendall(BLOCK)
                    continue
                if head.startswith(b"POST"):
                    take_slowly(peer, self.size - rest)
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def take_slowly(peer, size):
    began, taken = time.monotonic(), 0
    while taken < size:
        piece = peer.recv(65536)
        if not piece:
            raise SystemExit("cut after %d bytes" % taken)
        taken += len(piece)
        time.sleep(max(0, began + taken / RATE - time.monotonic()))


class Peak:
    """The most memory that was seen while it was open."""

    def __init__(self, weir):
        self.weir, self.most, self.going = weir, weir.memory, True
        self.before = self.most

    def __enter__(self):
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def watch(self):
        while self.going:
            self.most = max(self.most, self.weir.memory)
            time.sleep(0.02)

    def __exit__(self, *_):
        self.going = False
        self.thread.join()


def say(what, value, unit, budget=None):
    note = "" if budget is None else ("budget %g" % budget) + ("" if value <= budget else "  OVER")
    print("%-58s %9.2f %-4s %s" % (what, value, unit, note), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weir", default=".build/release/weir")
    parser.add_argument("--callers", type=int, default=10_000)
    parser.add_argument("--gib", type=float, default=1)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    size = int(options.gib * 2**30) // len(BLOCK) * len(BLOCK)
    origin = Origin(size)

    times = []
    for _ in range(20):
        weir = Weir(options.weir, origin.port)
        times.append(weir.until_ready() * 1000)
        weir.stop()
    say("start to /readyz 200, median of 20", statistics.median(times), "ms", 100)

    weir = Weir(options.weir, origin.port)
    time.sleep(3)
    say("memory at rest", weir.memory, "MiB", 20)
    for _ in range(10):
        weir.get(weir.admin, "/metrics")
    say("memory at rest, scraped", weir.memory, "MiB")

    callers = []
    for _ in range(options.callers):
        peer = socket.create_connection(("127.0.0.1", weir.proxy))
        peer.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        peer.recv(4096)
        callers.append(peer)
    say("memory with %d idle callers" % len(callers), weir.memory, "MiB", 120)
    for peer in callers:
        peer.close()
    weir.stop()

    for what in ("download", "upload"):
        weir = Weir(options.weir, origin.port)
        time.sleep(3)
        weir.get(weir.proxy, "/")
        with socket.create_connection(("127.0.0.1", weir.proxy)) as peer, Peak(weir) as peak:
            if what == "download":
                peer.sendall(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
                take_slowly(peer, size)
            else:
                peer.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size)
                for _ in range(size // len(BLOCK)):
                    peer.sendall(BLOCK)
                peer.recv(4096)
        say("memory that a %s of %g GiB by a slow peer adds" % (what, options.gib), peak.most - peak.before, "MiB", 2)
        weir.stop()


if __name__ == "__main__":
    main()
