#!/usr/bin/env python3
"""Takes screenshots of a status page, wide and narrow, dark and light: screenshots.py URL FOLDER [SECONDS]."""
import pathlib
import sys
import time

from chromium import Chromium


def main():
    url, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 20
    folder.mkdir(parents=True, exist_ok=True)
    with Chromium() as browser:
        page = browser.page()
        page.open(url)
        time.sleep(seconds)
        for width, height in ((1440, 900), (390, 844)):
            page.call(
                "Emulation.setDeviceMetricsOverride", width=width, height=height,
                deviceScaleFactor=2 if width < 500 else 1, mobile=width < 500)
            for dark in (True, False):
                page.look(dark)
                time.sleep(1)
                name = "%d-%s" % (width, "dark" if dark else "light")
                page.screenshot(folder / (name + ".png"))
                page.screenshot(folder / (name + "-whole.png"), whole=True)
        for error in page.gather().errors:
            print(error)


if __name__ == "__main__":
    main()
