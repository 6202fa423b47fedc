"""Starts Weir, Prometheus and Alertmanager as the examples of alerts/ configure them, on addresses of loopback."""

import ctypes
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import timelapse

ALERTS = pathlib.Path(__file__).resolve().parent.parent
# Debian names Alertmanager otherwise than its project does.
PROGRAMS = {
    "prometheus": ("prometheus", ["prometheus"]),
    "alertmanager": ("prometheus-alertmanager", ["prometheus-alertmanager", "alertmanager"]),
}


class StackError(Exception):
    """A part that is missing, or did not start."""


def find(name):
    package, names = PROGRAMS[name]
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise StackError(f"{name} is not on the PATH: install the Debian package {package}")
    return found


def end_with_parent():
    """Has the system end this process when the one that started it is gone, were it killed (Linux only)."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


class Part:
    """One program: its output goes to a file, and `stop` ends it."""

    def __init__(self, name, command, folder):
        self.name = name
        self.log = folder / f"{name}.log"
        self.output = self.log.open("wb")
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output,
            cwd=folder, preexec_fn=end_with_parent)

    def wait_for(self, pattern, seconds=30):
        """The first match of a pattern in the output, as soon as it is there."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = re.search(pattern, self.log.read_text(errors="replace"))
            if found:
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise StackError(f"{self.name} did not start (no {pattern!r}):\n{self.tail()}")

    def tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.output.close()


def start_weir(binary, arguments, folder):
    """Starts `weir`; returns it with the addresses of its admin endpoint and of its first upstream."""
    weir = Part("weir", [pathlib.Path(binary).resolve(), *arguments], folder)
    try:
        admin = weir.wait_for(r"address=(127\.0\.0\.1:\d+) \[\S+\] admin")[1]
        upstream = weir.wait_for(r"address=(127\.0\.0\.1:\d+) upstream=\S+ \[\S+\] listening")[1]
    except StackError:
        weir.stop()
        raise
    return weir, admin, upstream


def start_alertmanager(folder, receiver, factor=1, listen="127.0.0.1:0"):
    """Starts an Alertmanager with the example's routes; its receivers become paths of `receiver`."""
    text = timelapse.faster((ALERTS / "alertmanager.example.yml").read_text(), factor)
    text = text.replace("http://127.0.0.1:9095/", f"http://{receiver}/")
    file = folder / "alertmanager.yml"
    file.write_text(text)
    part = Part(
        "alertmanager",
        [find("alertmanager"), f"--config.file={file}", f"--storage.path={folder}/alertmanager",
         f"--web.listen-address={listen}", "--cluster.listen-address="], folder)
    return listening(part)


def start_prometheus(folder, weir, alertmanager, factor=1, listen="127.0.0.1:0"):
    """Starts a Prometheus with the example's configuration and the rules, both at `factor` times the speed."""
    text = timelapse.faster((ALERTS / "prometheus.example.yml").read_text(), factor)
    text = text.replace("127.0.0.1:9464", weir).replace("127.0.0.1:9093", alertmanager)
    file = folder / "prometheus.yml"
    file.write_text(text)
    for rules in ALERTS.glob("*.rules.yml"):
        (folder / rules.name).write_text(timelapse.faster(rules.read_text(), factor))
    part = Part(
        "prometheus",
        [find("prometheus"), f"--config.file={file}", f"--storage.tsdb.path={folder}/prometheus",
         f"--web.listen-address={listen}", f"--rules.alert.resend-delay={max(1, round(60 / factor))}s"], folder)
    # It listens before it can answer.
    return listening(part, ready="Server is ready to receive web requests")


def listening(part, ready="Listening on"):
    """The part and its address, once its output says that it is ready."""
    try:
        part.wait_for(ready)
        return part, part.wait_for(r'msg="Listening on" address=(127\.0\.0\.1:\d+)')[1]
    except StackError:
        part.stop()
        raise
