#!/usr/bin/env python3
"""Looks at the status page of a running Weir with a real browser: check_status_page.py URL ENDPOINT.

ENDPOINT is one whose circuit changes its state within a minute. Prints a line for each check; exits 1 if one failed.
"""
import json
import pathlib
import sys
import threading
import time
import urllib.request

from chromium import Chromium

FAILURES = []
# How long after /status says so the page may say so; the event itself is not older than one poll of ours, 20 ms.
SOON = 1.0


def check(what, holds, seen=""):
    print("%s %s %s" % ("ok    " if holds else "FAILED", what, "" if holds else seen), flush=True)
    if not holds:
        FAILURES.append(what)


def state_of(url, endpoint):
    with urllib.request.urlopen(url + "status", timeout=5) as answer:
        status = json.load(answer)
    rows = [row for upstream in status["upstreams"] for row in upstream["endpoints"]]
    return next(row["circuit"]["state"] for row in rows if row["name"] == endpoint)


def watch_states(url, endpoint, changes, ended):
    last = state_of(url, endpoint)
    while not ended.is_set():
        state = state_of(url, endpoint)
        if state != last:
            changes.append((time.time(), state))
            last = state
        time.sleep(0.02)


# Notes each state that the row of an endpoint shows, and when.
NOTE_STATES = """(() => {
  const row = [...document.querySelectorAll('tbody tr')].find((row) => row.querySelector('.name').textContent === %s);
  const mark = row.querySelector('.state');
  window.noted = [];
  const note = () => {
    const state = mark.className.split(' ').at(-1);
    if (window.noted.at(-1)?.[1] !== state) window.noted.push([Date.now() / 1000, state]);
  };
  note();
  new MutationObserver(note).observe(mark, { attributes: true });
})()"""


def lasting(changes):
    """Those changes whose state lasted: one that is left again at once need not be seen."""
    ends = [at for at, _ in changes[1:]] + [time.time()]
    return [change for change, end in zip(changes, ends) if end - change[0] >= SOON]


def live(browser, url, endpoint):
    page = browser.page()
    page.open(url)
    page.until("document.querySelectorAll('tbody .spark').length > 0")
    page.run(NOTE_STATES % json.dumps(endpoint))
    changes, ended = [], threading.Event()
    watcher = threading.Thread(target=watch_states, args=(url, endpoint, changes, ended))
    watcher.start()
    try:
        page.until("parseFloat(document.querySelector('#figures dd').textContent) > 0")
        check("calls per second are shown", True)
        end = time.time() + 75
        while len(lasting(changes)) < 2 and time.time() < end:
            time.sleep(0.2)
        time.sleep(SOON)
    finally:
        ended.set()
        watcher.join()
    check("circuits change their state", len(lasting(changes)) >= 2, changes)
    noted = page.run("window.noted")
    for at, state in lasting(changes):
        shown = [shown for seen, shown in noted if seen <= at + SOON][-1:]
        check("%s is shown within a second" % state, shown == [state], (at, noted))

    rows = "document.querySelectorAll('tbody tr').length"
    count = page.run(rows)
    page.key("/")
    check("/ goes to the filter", page.run("document.activeElement.id") == "filter")
    page.type(endpoint)
    check("the filter leaves the one row", page.run(rows) == 1, page.run(rows))
    page.key("Escape")
    check("Escape brings all back", page.run(rows) == count)
    page.key("/")
    page.type("no such thing")
    check("no match is said", page.run("document.querySelector('.none-match').checkVisibility()"))
    page.run("document.querySelector('.none-match button').click()")
    check("and can be undone", page.run(rows) == count)
    for dark in (True, False):
        page.look(dark)
        poor = page.run((pathlib.Path(__file__).parent / "contrast.js").read_text())
        check("contrast is AA in the %s theme" % ("dark" if dark else "light"), not poor, poor)
    sizes = (1440, 900, 390, 320)
    for width in sizes:
        page.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 500)
        wide = page.until("document.documentElement.scrollWidth")
        check("%d px do not scroll sideways" % width, wide <= width, wide)
        lows = page.run("Math.min(...[...document.querySelectorAll('tbody th')].map((cell) => cell.clientHeight))")
        check("%d px leave the rows room" % width, lows >= 14, lows)
    page.gather()
    check("no error on the console", not page.errors, page.errors)
    outside = [request for request in page.requests if not request.startswith((url, "data:"))]
    check("no request goes elsewhere", not outside, outside)

    conditions = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    page.call("Network.emulateNetworkConditions", offline=True, **conditions)
    page.until("document.querySelector('#stale').checkVisibility() && document.body.matches('.is-stale')")
    said = page.run("document.querySelector('#stale').innerText")
    check("a page without Weir looks stale", "cannot be reached" in said, said)
    page.call("Network.emulateNetworkConditions", offline=False, **conditions)
    page.run("document.querySelector('#again').click()")
    page.until("!document.querySelector('#stale').checkVisibility() && !document.body.matches('.is-stale')")
    check("and is live again after", True)


def without_script(browser, url, endpoint):
    page = browser.page(width=390, height=844, script=False)
    page.open(url)
    names = page.run("[...document.querySelectorAll('tbody .name')].map((name) => name.textContent)")
    check("the rows are there without a script", endpoint in names, names)
    check("so are bars", page.run("document.querySelectorAll('.bar .fill').length") > 0)
    wide = page.run("document.documentElement.scrollWidth")
    check("390 px do not scroll sideways without a script", wide <= 390, wide)
    check("no error without a script", not page.gather().errors, page.errors)


def main():
    url, endpoint = sys.argv[1].rstrip("/") + "/", sys.argv[2]
    with Chromium() as browser:
        live(browser, url, endpoint)
    with Chromium() as browser:
        without_script(browser, url, endpoint)
    sys.exit(1 if FAILURES else 0)


if __name__ == "__main__":
    main()
