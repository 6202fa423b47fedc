"""A provider of an API that fails when it is told to, and a caller that goes on calling."""

import http.client
import http.server
import threading
import time


class Provider:
    """Answers every call: with 200 and its quota's headers, or with 500 while `failing`."""

    def __init__(self):
        self.failing = False
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = b"out of order\n" if provider.failing else b"{}\n"
                self.send_response(500 if provider.failing else 200)
                self.send_header("Content-Length", str(len(body)))
                for name, value in (("Limit", 500), ("Remaining", 450), ("Reset", 1)):
                    self.send_header(f"RateLimit-{name}", str(value))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = "127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Caller:
    """Calls one path through Weir, `rate` times a second, one call after the other, until it is stopped."""

    def __init__(self, address, method, path, rate):
        self.address, self.method, self.path, self.pause = address, method, path, 1 / rate
        self.ended = threading.Event()
        self.statuses = {}
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        host, port = self.address.split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        turn = 0
        while not self.ended.wait(self.pause):
            turn += 1
            try:
                connection.request(self.method, self.path, headers={"X-Client": str(turn % 8)})
                answer = connection.getresponse()
                answer.read()
                self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
            except (OSError, http.client.HTTPException):
                connection.close()
                time.sleep(self.pause)
        connection.close()

    def stop(self):
        self.ended.set()
        self.thread.join(timeout=15)
