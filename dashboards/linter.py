#!/usr/bin/env python3
"""Applies the rules of grafana/dashboard-linter to the dashboards of this folder, in its strict mode (a warning is an
error) and with no exclusion. One function is one rule and has its name; the project's own rules are in check.py.

Read from github.com/grafana/dashboard-linter, lint/rule_*.go, in 2026-11. The two rules on Loki have nothing to judge
here. That each query is valid PromQL (target-promql-rule) is for promtool to say, in check.py.
"""

import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True

import catalogue

HERE = pathlib.Path(__file__).parent
# The kinds of panel that the linter judges at all.
JUDGED = {"stat", "singlestat", "gauge", "graph", "table", "timeseries"}
QUERIED = JUDGED - {"graph"} | {"state-timeline"}
# Those of its list that are in use here; a further one has to be looked up in lint/rule_panel_units.go first.
UNITS = {
    "none", "short", "percentunit", "bytes", "s", "ms", "ops", "cps", "reqps", "dateTimeFromNow",
}
TEMPLATED = {"$datasource", "${datasource}"}


def panels(board):
    """Every panel, those inside rows too."""
    for panel in board["panels"]:
        yield panel
        yield from panel.get("panels", [])


def targets(board):
    """Every query that the rules on targets judge, as (panel, query)."""
    return ((panel, target) for panel in panels(board) for target in panel.get("targets", []))


def uid(owner):
    source = owner.get("datasource")
    return source.get("uid") if isinstance(source, dict) else source


def template_datasource(board):
    found = [one for one in board["templating"]["list"] if one["type"].lower() == "datasource"]
    if not found:
        yield "does not have a templated data source"
    for one in found:
        query = one["query"].lower()
        names = {f"{query}_datasource"} | ({"datasource"} if len(found) == 1 else set())
        labels = {f"{query.title()} data source"} | ({"Data source"} if len(found) == 1 else set())
        if one["name"] not in names:
            yield f"templated data source variable is named {one['name']!r}"
        if one["label"] not in labels:
            yield f"templated data source variable is labelled {one['label']!r}"


def template_label(board, name):
    found = next((one for one in board["templating"]["list"] if one["name"] == name), None)
    if found is None:
        yield f"is missing the {name} template"
        return
    wanted = {"type": "query", "label": name.title(), "multi": True, "allValue": ".+"}
    yield from (f"{name}: {key} must be {value!r}" for key, value in wanted.items() if found.get(key) != value)
    if uid(found) not in TEMPLATED:
        yield f"{name}: does not use the templated data source"


def template_job(board):
    return template_label(board, "job")


def template_instance(board):
    return template_label(board, "instance")


def template_label_promql(board):
    for one in board["templating"]["list"]:
        if one["type"] == "query":
            query = one["query"]["query"] if isinstance(one["query"], dict) else one["query"]
            call = re.search(r"([a-z_]+)\((.+)\)", query)
            if not call or call[1] not in ("label_names", "label_values", "metrics", "query_result"):
                yield f"template {one['name']!r} has the query {query!r}"


def template_on_time_change_reload(board):
    for one in board["templating"]["list"]:
        if one["type"] == "query" and one.get("refresh") != 2:
            yield f"template {one['name']!r} is not refreshed on a change of the time range"


def panel_datasource(board):
    for panel in panels(board):
        if panel["type"] in {"singlestat", "graph", "table", "timeseries"} and uid(panel) not in TEMPLATED:
            yield f"panel {panel['title']!r} does not use the templated data source"


def panel_title_description(board):
    for panel in panels(board):
        if panel["type"] in JUDGED and not (panel.get("title") and panel.get("description")):
            yield f"panel {panel.get('title')!r} has no title or no description"


def panel_units(board):
    for panel in panels(board):
        if panel["type"] not in JUDGED:
            continue
        # Stricter than the linter, which looks away where there are mappings, and at the last override alone.
        config = panel["fieldConfig"]
        units = [config["defaults"].get("unit")]
        units += [one["value"] for rule in config["overrides"] for one in rule["properties"] if one["id"] == "unit"]
        yield from (f"panel {panel['title']!r} has the unit {unit!r}" for unit in units if unit not in UNITS)


def panel_no_targets(board):
    for panel in panels(board):
        if panel["type"] in JUDGED and panel.get("targets") is None:
            yield f"panel {panel['title']!r} has no targets"


def target_rate_interval(board):
    for panel, target in targets(board):
        if panel["type"] in QUERIED | {"heatmap"}:
            for span in re.findall(r"\bi?rate\s*\([^\[\]]*\[([^\]]*)\]", target["expr"]):
                if span != "$__rate_interval":
                    yield f"panel {panel['title']!r}, {target['refId']}: rate over [{span}]"


def target_matcher(board, label):
    for panel, target in targets(board):
        for name, matchers in catalogue.selectors(target["expr"]):
            if matchers.get(label) != ("=~", f"${label}"):
                yield f"panel {panel['title']!r}, {target['refId']}: {name} has no {label}=~\"${label}\""


def target_job(board):
    return target_matcher(board, "job")


def target_instance(board):
    return target_matcher(board, "instance")


def target_counter_agg(board):
    for panel, target in targets(board):
        # What is left after every `rate(x_total{...}[...])` must not name a counter.
        rest = re.sub(r"\b(rate|irate|increase)\s*\([^()\[\]]*\[[^\]]*\]\s*\)", "", target["expr"])
        for name in re.findall(r"\w+_total\b", rest):
            yield f"panel {panel['title']!r}, {target['refId']}: {name} stands outside rate, irate and increase"


def uneditable(board):
    if board.get("editable"):
        yield "is editable"


RULES = {
    "template-datasource-rule": template_datasource,
    "template-job-rule": template_job,
    "template-instance-rule": template_instance,
    "template-label-promql-rule": template_label_promql,
    "template-on-time-change-reload-rule": template_on_time_change_reload,
    "panel-datasource-rule": panel_datasource,
    "panel-title-description-rule": panel_title_description,
    "panel-units-rule": panel_units,
    "panel-no-targets-rule": panel_no_targets,
    "target-rate-interval-rule": target_rate_interval,
    "target-job-rule": target_job,
    "target-instance-rule": target_instance,
    "target-counter-agg-rule": target_counter_agg,
    "uneditable-dashboard": uneditable,
}


def main():
    files = sorted(HERE.glob("weir-*.json"))
    found = []
    for path in files:
        board = json.loads(path.read_text())
        found += [f"{path.name}: {name}: {problem}" for name, rule in RULES.items() for problem in rule(board)]
    for problem in found:
        print(problem, file=sys.stderr)
    if found or not files:
        return 1
    print(f"linter: {len(files)} dashboards, {len(RULES)} rules, no exclusion")
    return 0


if __name__ == "__main__":
    sys.exit(main())
