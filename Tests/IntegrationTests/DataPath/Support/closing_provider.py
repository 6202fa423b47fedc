#!/usr/bin/env python3
"""A provider that closes each connection after one answer, whose body is `full` or `resumed`: how its handshake went; or
`replayed`, when the ticket that it began with had been shown before, which TLS 1.3 advises against (RFC 8446, C.4).

    closing_provider.py CERTIFICATE KEY VERSION

VERSION is TLSv1_2 or TLSv1_3. The first line that it prints ends with its port of loopback. Certificate and key are read anew for
each connection; the keys of its tickets stay the same until somebody asks for /forget.
"""
import socket
import ssl
import sys
import threading


def ticket(hello):
    """The ticket that a ClientHello resumes by with TLS 1.3: the first identity in its `pre_shared_key`; None without."""
    def number(place):
        return int.from_bytes(hello[place:place + 2], "big")

    place = 44 + hello[43]  # Behind the session's id,
    place += 2 + number(place)  # the ciphers,
    place += 1 + hello[place] + 2  # the compressions and the length of all extensions.
    while place < len(hello):
        if number(place) == 41:
            return hello[place + 8:place + 8 + number(place + 6)]
        place += 4 + number(place + 2)
    return None


class Provider:
    def __init__(self, certificate, key, version):
        self.certificate, self.key, self.version = certificate, key, ssl.TLSVersion[version]
        self.seen = set()
        self.forget()

    def forget(self):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = self.context.maximum_version = self.version

    def run(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            print("listening on port %d" % listener.getsockname()[1], flush=True)
            while True:
                connection, _ = listener.accept()
                # Here and not in the thread, since a context must not change while connections are made with it.
                self.context.load_cert_chain(self.certificate, self.key)
                tls = self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                threading.Thread(target=self.serve, args=[tls], daemon=True).start()

    def serve(self, tls):
        with tls:
            try:
                shown = ticket(socket.socket.recv(tls, 16384, socket.MSG_PEEK))
                replayed = shown is not None and shown in self.seen
                self.seen.add(shown)
                tls.do_handshake()
                request = b""
                while b"\r\n\r\n" not in request:
                    part = tls.recv(65536)
                    if not part:
                        return
                    request += part
                if request.startswith(b"GET /forget "):
                    self.forget()
                body = b"replayed" if replayed else b"resumed" if tls.session_reused else b"full"
                tls.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
                tls.unwrap()
            except (OSError, IndexError):
                pass  # Whoever it was has gone, or does not accept the certificate.


if __name__ == "__main__":
    Provider(*sys.argv[1:]).run()
