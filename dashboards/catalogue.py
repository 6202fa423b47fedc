"""The metrics that exist, and what an expression may say of them.

catalogue.json names each metric with its type and labels; a label's values are listed where they are fixed,
and null where the configuration gives them. `up` is Prometheus' own.
"""

import json
import pathlib
import re

METRICS = json.loads((pathlib.Path(__file__).parent / "catalogue.json").read_text())
TARGET_LABELS = {"job", "instance"}

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SELECTOR = re.compile(r'([a-zA-Z_:][\w:]*)?\s*\{((?:[^{}"]|"(?:[^"\\]|\\.)*")*)\}')
_MATCHER = re.compile(r'\s*(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)')
_GROUPING = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\(([^()]*)\)")
_RANGE = re.compile(r"\[[^\]]*\]")
_WORD = re.compile(r"[a-zA-Z_:][\w:]*")
_OPERATORS = {"and", "or", "unless", "bool", "offset", "group_left", "group_right", "inf", "nan"}


def family(name):
    """The metric that a series name belongs to (a histogram's series have suffixes), or None."""
    if name in METRICS:
        return None if METRICS[name]["type"] == "histogram" else name
    for suffix in ("_bucket", "_sum", "_count"):
        base = name.removesuffix(suffix)
        if base != name and METRICS.get(base, {}).get("type") == "histogram":
            return base
    return None


def labels(name):
    """The labels of a series, those of its target included; a fixed set of values, or None where it is open."""
    base = family(name)
    found = {label: None for label in TARGET_LABELS} | METRICS[base]["labels"]
    return found | {"le": None} if name.endswith("_bucket") else found


def selectors(expression):
    """Every selector as (name, {label: (operator, value)}); a name on its own has no matchers."""
    found = []
    for name, inside in _SELECTOR.findall(expression):
        found.append((name, {label: (operator, value) for label, operator, value in _MATCHER.findall(inside)}))
    rest = _GROUPING.sub(" ", _RANGE.sub(" ", _STRING.sub(" ", _SELECTOR.sub(" ", expression))))
    for match in _WORD.finditer(rest):
        called = rest[match.end():].lstrip().startswith("(")
        number = match.start() > 0 and rest[match.start() - 1].isdigit()
        if not called and not number and match.group().lower() not in _OPERATORS:
            found.append((match.group(), {}))
    return found


def problems(expression, recorded=()):
    """What is wrong with the metrics, labels and label values that an expression names.

    `recorded` holds the names of recording rules, which count as known and are not looked into.
    """
    found = []
    known = set(TARGET_LABELS)
    for name, matchers in selectors(expression):
        if name in recorded:
            known |= set().union(*(metric["labels"] for metric in METRICS.values()))
            continue
        if family(name) is None:
            found.append(f"no metric has series named {name or '(none)'}")
            continue
        allowed = labels(name)
        known |= set(allowed)
        for label, (operator, value) in matchers.items():
            if label not in allowed:
                found.append(f"{name} has no label {label}")
            elif allowed[label] is not None and not value.startswith("$"):
                values = value.split("|") if operator.endswith("~") else [value]
                found += [f"{label} of {name} is never {one}" for one in values if one not in allowed[label]]
    for _, inside in _GROUPING.findall(expression):
        for label in filter(None, (one.strip() for one in inside.split(","))):
            if label not in known:
                found.append(f"no metric in the expression has the label {label}")
    return found
