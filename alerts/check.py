#!/usr/bin/env python3
"""Checks the rules for what promtool does not: tests, runbooks, annotations, routes, and the metrics they name.

Tests are found by their names. An alert has one test named `ALERT fires`, one `ALERT near miss` and one
`ALERT low traffic`; a recording rule has `RECORD counts`, `RECORD leaves out` and `RECORD no traffic`. More text may
follow after a colon.
"""

import json
import pathlib
import re
import subprocess
import sys
import urllib.parse

sys.dont_write_bytecode = True

HERE = pathlib.Path(__file__).parent
RUNBOOKS = HERE.parent / "docs" / "runbooks"
DASHBOARDS = HERE.parent / "dashboards"
ROUTES = HERE / "alertmanager.example.yml"
sys.path.insert(0, str(DASHBOARDS))

import catalogue

# Who hears of an alert, by its severity: the receivers of alertmanager.example.yml.
RECEIVERS = {"critical": "page", "warning": "ticket", "info": "digest"}


def rules(text):
    """Every rule as (kind, name, its lines). The files keep one shape: `- alert: NAME`, four spaces to its keys."""
    parts = re.split(r"^ {6}- (alert|record): (\S+)\n", text, flags=re.M)
    return list(zip(parts[1::3], parts[2::3], parts[3::3]))


def value(body, key):
    """The value of a key of a rule or of its annotations, on one line or as a block."""
    found = re.search(rf"^( +){key}: *(.*)\n((?:\1 +.*\n|\n)*)", body, flags=re.M)
    if not found:
        return ""
    return (found[2] if found[2] not in ("|", ">-") else found[3]).strip().strip('"')


def tests():
    """Every test's lines by its name, over all test files."""
    found = {}
    for path in sorted((HERE / "tests").glob("*.yml")):
        parts = re.split(r'^ {2}- name: "?(.*?)"?\n', path.read_text(), flags=re.M)
        for name, body in zip(parts[1::2], parts[2::2]):
            if name in found:
                yield name, None
            found[name] = body
    yield from found.items()


def has_test(listed, name, kind):
    """Whether a test of that kind exists and asserts what its kind is for."""
    for title, body in listed.items():
        if title != f"{name} {kind}" and not title.startswith(f"{name} {kind}: "):
            continue
        if kind in ("counts", "leaves out", "no traffic"):
            return re.search(rf"- expr: .*{re.escape(name)}\b[\s\S]*exp_samples:", body) is not None
        alerts = re.findall(rf"alertname: {name}\n +exp_alerts:(.*)\n(?: +- (exp_labels))?", body)
        fired = [bool(labels) or rest.strip().startswith("*") for rest, labels in alerts]
        return any(fired) if kind == "fires" else bool(fired) and not any(fired)
    return False


def base(text, name):
    found = re.search(rf"^# +{name} base: +(\S+)$", text, flags=re.M)
    return found[1] if found else None


def severities(body):
    """What the severity of an alert may be: a word, or the words between the actions of a template."""
    return set(re.sub(r"\{\{.*?\}\}", " ", value(body, "severity").strip("'")).split())


def boards():
    """The variables of each dashboard, by its uid."""
    listed = [json.loads(path.read_text()) for path in DASHBOARDS.glob("weir-*.json")]
    return {board["uid"]: {one["name"] for one in board["templating"]["list"]} for board in listed}


def link_problems(url, base):
    """What is wrong with a link to a dashboard: it names one of ours, and sets variables that this one has."""
    if not url.startswith(base):
        yield f"dashboard_url must start with {base}"
        return
    parts = urllib.parse.urlsplit(url.removeprefix(base))
    known = boards().get(parts.path)
    if known is None:
        yield f"dashboard_url names {parts.path}, and there is no such dashboard"
        return
    for name, text in urllib.parse.parse_qsl(parts.query):
        variable = name.removeprefix("var-")
        if variable == name or variable not in known or f"$labels.{variable} " not in text:
            yield f"dashboard_url sets {name} to {text}"


def route_problems(alerts):
    """Whether the example routes every alert by its severity, and inhibits only alerts that exist."""
    named = re.findall(r'alertname=~?"([^"]+)"', ROUTES.read_text())
    for name in sorted({one for names in named for one in names.split("|")} - set(alerts)):
        yield f"names the alert {name}, which does not exist"
    for name, found in sorted(alerts.items()):
        for severity in sorted(found):
            command = ["amtool", "config", "routes", "test", f"--config.file={ROUTES}",
                       f"--verify.receivers={RECEIVERS[severity]}", f"alertname={name}", f"severity={severity}"]
            result = subprocess.run(command, capture_output=True, text=True)
            if result.returncode != 0:
                yield f"{name} of severity {severity} must go to {RECEIVERS[severity]} alone: {result.stdout.strip()}"


def page_links(page):
    """Every page that a runbook links to is there."""
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        if not (page.parent / target).is_file():
            yield f"docs/runbooks/{page.name} links to {target}, which does not exist"


def alert_problems(name, body, bases, recorded):
    for key in ("summary", "description", "runbook_url", "dashboard_url"):
        if not value(body, key):
            yield f"has no {key}"
    if not severities(body) <= set(RECEIVERS) or not severities(body):
        yield f"severity must be one of {', '.join(RECEIVERS)}"
    if value(body, "runbook_url") != f"{bases['runbook']}{name}.md":
        yield f"runbook_url must be {bases['runbook']}{name}.md"
    yield from link_problems(value(body, "dashboard_url"), bases["dashboard"])
    page = RUNBOOKS / f"{name}.md"
    if not page.is_file():
        yield f"has no runbook docs/runbooks/{name}.md"
        return
    text = page.read_text()
    for heading in ("Meaning", "Impact", "How to confirm", "What to do", "What not to do"):
        if f"\n## {heading}\n" not in text:
            yield f"its runbook has no section `{heading}`"
    for part in ("```promql\n", "curl -s http://127.0.0.1:9464/status"):
        if part not in text:
            yield f"its runbook does not show how to confirm with {part.strip()}"
    for query in re.findall(r"```promql\n(.*?)```", text, flags=re.S):
        yield from (f"its runbook: {problem}" for problem in catalogue.problems(query, recorded))


def main():
    found = []
    listed = {}
    for title, body in tests():
        if body is None:
            found.append(f"two tests are named {title!r}")
        else:
            listed[title] = body
    kinds = {"alert": ("fires", "near miss", "low traffic"), "record": ("counts", "leaves out", "no traffic")}
    names = set()
    alerts = {}
    for path in sorted(HERE.glob("*.rules.yml")):
        text = path.read_text()
        bases = {name: base(text, name) for name in ("runbook", "dashboard")}
        found += [f"{path.name}: its head does not name the {name} base" for name in bases if not bases[name]]
        every = rules(text)
        if len(every) != len(re.findall(r"\b(?:alert|record):", text)):
            found.append(f"{path.name}: a rule does not start with six spaces, `- alert:` or `- record:`")
        recorded = {name for kind, name, _ in every if kind == "record"}
        names |= {name for _, name, _ in every}
        for kind, name, body in every:
            problems = catalogue.problems(value(body, "expr"), recorded)
            lacking = [one for one in kinds[kind] if not has_test(listed, name, one)]
            problems += [f"has no test `{name} {one}` that asserts it" for one in lacking]
            if kind == "alert":
                alerts[name] = alerts.get(name, set()) | (severities(body) & set(RECEIVERS))
                problems += alert_problems(name, body, bases, recorded)
            found += [f"{path.name}: {name}: {problem}" for problem in problems]
    if not names:
        found.append("no rules found")
    strays = [title for title in listed if title.split()[0] not in names]
    found += [f"a test is named {title!r}, but there is no such rule" for title in strays]
    orphans = [page.name for page in RUNBOOKS.glob("*.md") if page.stem not in names]
    found += [f"docs/runbooks/{name} belongs to no alert" for name in orphans]
    found += [problem for page in sorted(RUNBOOKS.glob("*.md")) for problem in page_links(page)]
    found += [f"{ROUTES.name}: {problem}" for problem in route_problems(alerts)]
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        return 1
    print(f"rules: {len(names)} rules, each with its tests; each alert with its annotations, its runbook and its route")
    return 0


if __name__ == "__main__":
    sys.exit(main())
