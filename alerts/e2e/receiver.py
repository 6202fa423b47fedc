"""A webhook receiver: keeps what an Alertmanager sends, by the path that it is sent to."""

import http.server
import json
import threading


class Receiver:
    def __init__(self):
        self.lock = threading.Lock()
        self.alerts = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with receiver.lock:
                    receiver.alerts += [{"path": self.path, **alert} for alert in message["alerts"]]
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = "127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def received(self, alertname=None, status=None, path=None):
        """The alerts that arrived, in order; each as often as it was sent."""
        with self.lock:
            return [
                alert for alert in self.alerts
                if alertname in (None, alert["labels"]["alertname"]) and status in (None, alert["status"])
                and path in (None, alert["path"])
            ]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
