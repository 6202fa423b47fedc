"""Asks a running Prometheus everything that the dashboards ask, and says what came back empty."""

import json
import math
import pathlib
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DASHBOARDS = ROOT / "dashboards"
RUNBOOKS = ROOT / "docs" / "runbooks"
sys.path.insert(0, str(DASHBOARDS))

import catalogue

# What returns nothing in the run of the end-to-end test by its nature, as (dashboard, title): reason. An entry that
# does return something is an error too.
EMPTY = {
    ("weir-upstream", "Who decides, A"): "the demo shares no limit",
    ("weir-upstream", "Redis lost, A"): "the demo shares no limit",
    ("weir-upstream", "Question to Redis, A"): "the demo shares no limit",
    ("weir-upstream", "Question to Redis, B"): "the demo shares no limit",
}


class Prometheus:
    """The HTTP API of a Prometheus."""

    def __init__(self, address):
        self.address = address

    def get(self, path, **parameters):
        url = f"http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise ValueError(f"{error}: {error.read().decode(errors='replace')[:500]}") from None

    def values(self, expression, start, end, step=1):
        """How many values an expression has over a span of time, NaN apart."""
        found = self.get("query_range", query=expression, start=start, end=end, step=step)["result"]
        return sum(1 for series in found for _, value in series["values"] if not math.isnan(float(value)))

    def firing(self):
        """The labels of all alerts that fire."""
        return [alert["labels"] for alert in self.get("alerts")["alerts"] if alert["state"] == "firing"]


def replaced(expression, upstream):
    """An expression with the variables of the dashboards replaced, by what Grafana puts there for the choice All."""
    variables = {
        "__rate_interval": "4s", "__range": "10m", "job": ".+", "instance": ".+", "upstream": upstream,
    }
    return re.sub(r"\$(\w+)", lambda match: variables[match[1]], expression)


def expressions():
    """Every query of every dashboard, as (dashboard, title, expression); that of a variable is its selector."""
    for path in sorted(DASHBOARDS.glob("weir-*.json")):
        board = json.loads(path.read_text())
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                yield board["uid"], f"{panel['title']}, {target['refId']}", target["expr"]
        for mark in board["annotations"]["list"]:
            yield board["uid"], f"annotation {mark['name']}", mark["expr"]
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                selector = variable["query"]["query"].removeprefix("label_values(").rsplit(",", 1)[0]
                yield board["uid"], f"variable {variable['name']}", selector


def problems(prometheus, upstream, start, end):
    """Every query that fails, or that returns nothing without being listed in EMPTY."""
    for board, title, expression in expressions():
        where = f"{board}: {title}"
        try:
            count = prometheus.values(replaced(expression, upstream), start, end)
        except ValueError as error:
            yield f"{where}: {error}"
            continue
        if (board, title) in EMPTY and count:
            yield f"{where}: returned data, and is listed as empty"
        elif (board, title) not in EMPTY and not count:
            yield f"{where}: returned nothing: {replaced(expression, upstream)}"


def runbook_problems(prometheus):
    """Every query of a runbook that fails; most return nothing while all is well."""
    for page in sorted(RUNBOOKS.glob("*.md")):
        for expression in re.findall(r"```promql\n(.*?)```", page.read_text(), flags=re.S):
            try:
                prometheus.get("query", query=expression)
            except ValueError as error:
                yield f"{page.name}: {error}"


def exposition_problems(page):
    """Where a page of metrics and dashboards/catalogue.json differ: metrics, types, labels and their values."""
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", page, flags=re.M))
    own = {"up", "ALERTS"}
    yield from (f"/metrics has no {name}" for name in catalogue.METRICS if name not in types and name not in own)
    for name, kind in types.items():
        if name not in catalogue.METRICS:
            yield f"the catalogue has no {name}"
        elif catalogue.METRICS[name]["type"] != kind:
            yield f"{name} is a {kind}"
    for name, inside in re.findall(r"^([a-z_]+)(?:\{(.*)\})? \S+$", page, flags=re.M):
        base = catalogue.family(name)
        if base is None:
            continue
        pairs = dict(re.findall(r'(\w+)="([^"]*)"', inside))
        pairs.pop("le", None)
        known = catalogue.METRICS[base]["labels"]
        if set(pairs) != set(known):
            yield f"{name} has the labels {sorted(pairs)}, not {sorted(known)}"
        for label in set(pairs) & set(known):
            if known[label] is not None and pairs[label] not in known[label]:
                yield f"{name} has {label}={pairs[label]!r}"
