#!/usr/bin/env python3
"""Checks every dashboard in this folder: rules of the house, layout, expressions, thresholds. Needs promtool.

The rules are those of grafana/dashboard-linter, and these: a unit on every panel, a 24-column grid without gap or
overlap, metrics and labels from catalogue.json, and threshold lines equal to those of the alerts that the panel's
description names after "Line:".
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import catalogue

HERE = pathlib.Path(__file__).parent
RULES = HERE.parent / "alerts" / "weir.rules.yml"
COLUMNS = 24
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
RATE = re.compile(r"\b(rate|irate|increase)\s*\(\s*[\w:]+\s*\{[^{}]*\}\s*\[")
COUNTER = re.compile(r"\w+(?:_total|_bucket|_count|_sum)\b\s*\{")


def recorded():
    """The names of the recording rules, which panels may show."""
    return set(re.findall(r"- record: (\S+)", RULES.read_text()))


def chosen(board):
    """How each variable stands in a selector: `=~` where several may be chosen, else `=`."""
    queries = [variable for variable in board["templating"]["list"] if variable["type"] == "query"]
    return {variable["name"]: ("=~" if variable["multi"] else "=", f"${variable['name']}") for variable in queries}


def variables(board):
    listed = {variable["name"]: variable for variable in board["templating"]["list"]}
    for name in ("datasource", "job", "instance", "upstream"):
        if name not in listed:
            yield f"has no variable {name}"
    source = listed.get("datasource", {})
    if source and (source["type"], source["query"], source["label"]) != ("datasource", "prometheus", "Data source"):
        yield "variable datasource: must choose a prometheus source and be labelled `Data source`"
    for name, variable in listed.items():
        if variable["type"] != "query":
            continue
        wanted = {"refresh": 2, "datasource": DATASOURCE, "label": name.capitalize()}
        # One upstream in depth is one; of all else there may be many.
        if name == "upstream" and board["uid"] == "weir-upstream":
            wanted |= {"multi": False, "includeAll": False}
        else:
            wanted |= {"multi": True, "includeAll": True, "allValue": ".+"}
        for key, value in wanted.items():
            if variable.get(key) != value:
                yield f"variable {name}: {key} must be {value!r}"
        query = re.fullmatch(r"label_values\((.+), *(\w+)\)", variable["query"]["query"])
        if not query or query[2] != name:
            yield f"variable {name}: the query must be label_values(SELECTOR, {name})"


def layout(panels):
    taken = {}
    for panel in panels:
        at = panel["gridPos"]
        if at["x"] < 0 or at["y"] < 0 or at["w"] < 1 or at["h"] < 1 or at["x"] + at["w"] > COLUMNS:
            yield f"panel {panel['title']!r}: outside the {COLUMNS} columns"
        for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
            if cell in taken:
                yield f"panel {panel['title']!r}: overlaps {taken[cell]!r} at column {cell[0]}, row {cell[1]}"
                break
            taken[cell] = panel["title"]
    for y in range(max(y for _, y in taken) + 1):
        empty = [x for x in range(COLUMNS) if (x, y) not in taken]
        if empty:
            yield f"layout: a gap in row {y}, columns {empty[0]} to {empty[-1]}"


def expression(text, choice):
    """What is wrong with one expression, its syntax apart; `choice` says how the variables must stand in it."""
    rules = recorded()
    yield from catalogue.problems(text, rules)
    for name, matchers in catalogue.selectors(text):
        required = ["job", "instance"]
        # An alert on a sidecar has no upstream, and must be seen all the same.
        if name in rules or name != "ALERTS" and catalogue.family(name) and "upstream" in catalogue.labels(name):
            required.append("upstream")
        for label in required:
            operator, value = choice[label]
            if matchers.get(label) != (operator, value):
                yield f'{name} is not selected by {label}{operator}"{value}"'
    for function, span in re.findall(r"(\w+)\s*\([^()\[\]]*\[([^\]]*)\]", text):
        if span != ("$__range" if function == "present_over_time" else "$__rate_interval"):
            yield f"{function} must not look at [{span}], but at [$__rate_interval] (present_over_time: [$__range])"
    if len(COUNTER.findall(text)) != len(RATE.findall(text)):
        yield "a counter must stand in rate, irate or increase, and nothing else may"


def panel_problems(panel, thresholds, choice):
    for key in ("title", "description"):
        if not panel.get(key):
            yield f"has no {key}"
    defaults = panel["fieldConfig"]["defaults"]
    if not defaults.get("unit"):
        yield "has no unit"
    if panel.get("datasource") != DATASOURCE:
        yield "must use ${datasource}"
    targets = panel.get("targets", [])
    if not targets:
        yield "has no targets"
    references = [target["refId"] for target in targets]
    if len(set(references)) != len(references):
        yield "has a refId twice"
    for target in targets:
        if target.get("datasource") != DATASOURCE:
            yield f"{target['refId']}: must use ${{datasource}}"
        if panel["type"] != "table" and not target.get("legendFormat"):
            yield f"{target['refId']}: has no legend"
        yield from (f"{target['refId']}: {problem}" for problem in expression(target["expr"], choice))
    named = re.search(r"Line: ([\w, ]+)\.", panel.get("description", ""))
    drawn = defaults.get("custom", {}).get("thresholdsStyle", {}).get("mode", "off") != "off"
    if drawn != bool(named):
        yield "a threshold line and the words `Line: ALERT.` in the description must come together"
    if drawn and named:
        # An alert on an absolute value has a line on either side of 0.
        lines = sorted({abs(step["value"]) for step in defaults["thresholds"]["steps"] if step["value"] is not None})
        wanted = sorted(thresholds.get(alert, -1) for alert in named[1].split(", "))
        if lines != wanted:
            yield f"draws its lines at {lines}, but {named[1]} has {wanted}"


def alert_thresholds():
    """The first figure that an alert's expression is compared with, by the alert's name."""
    found = {}
    for block in RULES.read_text().split("- alert: ")[1:]:
        body = block.split("expr:", 1)[1].split("labels:", 1)[0]
        figure = re.search(r"[<>] (\d+(?:\.\d+)?)", body)
        if figure:
            found[block.split()[0]] = float(figure[1])
    return found


def syntax(expressions):
    """What promtool says of expressions, each given as (where, text) and judged as a recording rule."""
    lines = ["groups:", "  - name: dashboard", "    rules:"]
    for number, (_, text) in enumerate(expressions):
        text = text.replace("$__rate_interval", "5m").replace("$__range", "1h")
        lines += [f"      - record: dashboard:expression:{number}", f"        expr: {json.dumps(text)}"]
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        command = ["promtool", "check", "rules", "--lint=none", file.name]
        result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode == 0:
        return
    for number, reason in re.findall(r'"dashboard:expression:(\d+)": (.*)', result.stdout + result.stderr):
        yield f"{expressions[int(number)][0]}: {reason}"
    yield f"promtool refuses an expression:\n{result.stderr.strip()}"


def board_problems(board, thresholds):
    if not board.get("uid") or board.get("id") is not None:
        yield "must have a uid, and null for its id"
    if board.get("editable") is not False:
        yield "must have editable: false"
    if not board.get("title") or not board.get("description"):
        yield "has no title or no description"
    yield from variables(board)
    numbers = [panel["id"] for panel in board["panels"]]
    if len(set(numbers)) != len(numbers):
        yield "has a panel id twice"
    yield from layout(board["panels"])
    choice = chosen(board)
    expressions = []
    for panel in board["panels"]:
        where = f"panel {panel.get('title')!r}"
        if panel["type"] == "row":
            if not panel.get("title") or panel.get("collapsed") or panel.get("panels"):
                yield f"{where}: a row has a title, is not collapsed and holds no panels"
            continue
        yield from (f"{where}: {problem}" for problem in panel_problems(panel, thresholds, choice))
        expressions += [(f"{where}, {target['refId']}", target["expr"]) for target in panel.get("targets", [])]
    marks = [mark for mark in board["annotations"]["list"] if "mm_circuit_transitions_total" in mark.get("expr", "")]
    if not marks:
        yield "has no annotation made from mm_circuit_transitions_total"
    for mark in marks:
        where = f"annotation {mark['name']!r}"
        if mark.get("datasource") != DATASOURCE:
            yield f"{where}: must use ${{datasource}}"
        yield from (f"{where}: {problem}" for problem in expression(mark["expr"], choice))
        expressions.append((where, mark["expr"]))
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            selector = variable["query"]["query"].removeprefix("label_values(").rsplit(",", 1)[0]
            yield from (f"variable {variable['name']}: {problem}" for problem in catalogue.problems(selector))
            expressions.append((f"variable {variable['name']}", selector))
    yield from syntax(expressions)


def main():
    thresholds = alert_thresholds()
    files = sorted(path for path in HERE.glob("*.json") if path.name != "catalogue.json")
    failed = False
    uids = {}
    for path in files:
        try:
            board = json.loads(path.read_text())
            found = list(board_problems(board, thresholds))
        except (ValueError, KeyError, TypeError) as error:
            found = [f"not a dashboard of the classic JSON model: {type(error).__name__}: {error}"]
        else:
            if board["uid"] in uids:
                found.append(f"has the uid of {uids[board['uid']]}")
            uids[board["uid"]] = path.name
        for problem in found:
            failed = True
            print(f"{path.name}: {problem}", file=sys.stderr)
    if not files:
        failed = True
        print("no dashboards found", file=sys.stderr)
    if failed:
        return 1
    print(f"dashboards: {', '.join(path.name for path in files)}: well-formed, laid out, and in step with the rules")
    return 0


if __name__ == "__main__":
    sys.exit(main())
