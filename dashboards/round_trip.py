#!/usr/bin/env python3
"""Reads every dashboard of this folder with the models of grafana-foundation-sdk, writes it again, and says what is
lost or changed on the way: a key that Grafana's own schema does not know. Needs that package (PyPI).
"""

import json
import pathlib
import sys

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

HERE = pathlib.Path(__file__).parent


def differences(before, after, where=()):
    """Where the second lacks a key or an item of the first, or has another value; what it has besides is a default."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key in after:
                yield from differences(value, after[key], (*where, key))
            else:
                yield (*where, key), "lost"
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (one, other) in enumerate(zip(before, after)):
            yield from differences(one, other, (*where, str(place)))
    elif before != after:
        yield where, f"{before!r} became {after!r}"


def main():
    register_default_plugins()
    files = sorted(HERE.glob("weir-*.json"))
    failed = not files
    for path in files:
        board = json.loads(path.read_text())
        again = json.loads(json.dumps(Dashboard.from_json(board), cls=JSONEncoder))
        for where, what in differences(board, again):
            failed = True
            print(f"{path.name}: {'/'.join(where)}: {what}", file=sys.stderr)
    if failed:
        return 1
    print(f"round trip: {', '.join(path.name for path in files)}: nothing lost, nothing changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
