"""A headless Chromium, driven over the pipe of its DevTools protocol. Standard library only."""
import base64
import itertools
import json
import os
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import time


class Chromium:
    """A browser with a profile of its own, which goes with it. Use it in a `with`."""

    def __enter__(self):
        program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
        if not program:
            raise SystemExit("no chromium: apt-get install chromium")
        self.profile = tempfile.mkdtemp(prefix="weir-chromium-")
        to_read, self.to_write = os.pipe()
        self.from_read, from_write = os.pipe()
        # Chromium reads its commands from descriptor 3 and writes its answers to 4.
        command = 'r=$1 w=$2; shift 2; eval "exec 3<&$r 4>&$w"; exec "$@"'
        flags = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--remote-debugging-pipe", "--user-data-dir=" + self.profile,
        ]
        self.process = subprocess.Popen(
            ["bash", "-c", command, "bash", str(to_read), str(from_write), program, *flags],
            pass_fds=(to_read, from_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        os.close(to_read)
        os.close(from_write)
        self.numbers = itertools.count(1)
        self.answers = {}
        self.events = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def __exit__(self, *_):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def _read(self):
        with os.fdopen(self.from_read, "rb") as stream:
            rest = b""
            while chunk := stream.read1(1 << 20):
                *messages, rest = (rest + chunk).split(b"\0")
                for message in map(json.loads, messages):
                    if "id" in message:
                        self.answers.pop(message["id"]).put(message)
                    else:
                        self.events.put(message)

    def call(self, method, session=None, **parameters):
        number = next(self.numbers)
        answer = self.answers[number] = queue.SimpleQueue()
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.to_write, json.dumps(message).encode() + b"\0")
        result = answer.get(timeout=60)
        if "error" in result:
            raise RuntimeError("%s: %s" % (method, result["error"]["message"]))
        return result["result"]

    def page(self, width=1440, height=900, dark=True, script=True):
        return Page(self, width, height, dark, script)


class Page:
    """A tab. It collects what was requested and what went wrong."""

    def __init__(self, browser, width, height, dark, script):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.requests, self.errors = [], []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
        self.look(dark)
        if not script:
            self.call("Emulation.setScriptExecutionDisabled", value=True)

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def look(self, dark, still=False):
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        if still:
            features.append({"name": "prefers-reduced-motion", "value": "reduce"})
        self.call("Emulation.setEmulatedMedia", features=features)

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete'")

    def run(self, expression):
        """The value of an expression in the page; a promise is waited for."""
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(json.dumps(result["exceptionDetails"])[:500])
        return result["result"].get("value")

    def until(self, condition, seconds=15):
        """Waits until an expression holds, and returns its value."""
        end = time.monotonic() + seconds
        while not (value := self.run(condition)):
            if time.monotonic() > end:
                raise TimeoutError(condition)
            time.sleep(0.02)
        return value

    def key(self, key):
        for kind in ("keyDown", "keyUp"):
            text = {"text": key} if len(key) == 1 and kind == "keyDown" else {}
            codes = {"Escape": 27, "Tab": 9, "Enter": 13}
            more = {"windowsVirtualKeyCode": codes[key], "code": key} if key in codes else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, **text, **more)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def screenshot(self, path, whole=False):
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def gather(self):
        """Sorts the events so far into `requests` and `errors`."""
        while not self.browser.events.empty():
            event = self.browser.events.get()
            method, parameters = event["method"], event["params"]
            if method == "Network.requestWillBeSent":
                self.requests.append(parameters["request"]["url"])
            elif method == "Runtime.exceptionThrown":
                self.errors.append(json.dumps(parameters["exceptionDetails"])[:600])
            elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
                self.errors.append(json.dumps(parameters["args"])[:600])
            elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
                self.errors.append(parameters["entry"]["text"] + " " + parameters["entry"].get("url", ""))
        return self
