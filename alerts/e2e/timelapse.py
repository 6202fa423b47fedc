#!/usr/bin/env python3
"""Makes time pass faster for rules, for Alertmanager and for Prometheus: timelapse.py FACTOR FILE prints the file with
every duration divided by FACTOR.

What is divided: `for` and `keep_firing_for`, the ranges of the expressions (`[5m]`), the intervals of scraping and
evaluation, and Alertmanager's `group_wait`, `group_interval` and `repeat_interval`. All by the same factor, so that
which alert comes before which stays as it is. Thresholds, names and texts stay too: a rate is per second either way.
"""

import math
import re
import sys

UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
DURATION = r"(?:\d+(?:ms|[smhd]))+"
KEYS = "for|keep_firing_for|scrape_interval|evaluation_interval|group_wait|group_interval|repeat_interval"


def milliseconds(text):
    return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)(ms|[smhd])", text))


def faster(text, factor):
    """The text with its durations divided, rounded up to whole milliseconds."""
    def divided(match):
        return f"{match[1]}{math.ceil(milliseconds(match[2]) / factor)}ms{match[3]}"

    text = re.sub(rf"(^\s*(?:- )?(?:{KEYS}): )({DURATION})()(?=\s*$)", divided, text, flags=re.M)
    return re.sub(rf"(\[)({DURATION})(\])", divided, text)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[2]) as file:
        sys.stdout.write(faster(file.read(), float(sys.argv[1])))
