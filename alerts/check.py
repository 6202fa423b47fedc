#!/usr/bin/env python3
"""Checks the rules for what promtool does not: tests, runbooks, annotations, and the metrics they name.

Tests are found by their names. An alert has one test named `ALERT fires`, one `ALERT near miss` and one
`ALERT low traffic`; a recording rule has `RECORD counts`, `RECORD leaves out` and `RECORD no traffic`. More text may
follow after a colon.
"""

import pathlib
import re
import sys

sys.dont_write_bytecode = True

HERE = pathlib.Path(__file__).parent
RUNBOOKS = HERE.parent / "docs" / "runbooks"
sys.path.insert(0, str(HERE.parent / "dashboards"))

import catalogue

SEVERITIES = {"critical", "warning", "info"}


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


def alert_problems(name, body, bases, recorded):
    for key in ("summary", "description", "runbook_url", "dashboard_url"):
        if not value(body, key):
            yield f"has no {key}"
    if value(body, "severity") not in SEVERITIES:
        yield f"severity must be one of {', '.join(sorted(SEVERITIES))}"
    if value(body, "runbook_url") != f"{bases['runbook']}{name}.md":
        yield f"runbook_url must be {bases['runbook']}{name}.md"
    if not value(body, "dashboard_url").startswith(f"{bases['dashboard']}weir-"):
        yield f"dashboard_url must start with {bases['dashboard']}weir-"
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
                problems += alert_problems(name, body, bases, recorded)
            found += [f"{path.name}: {name}: {problem}" for problem in problems]
    if not names:
        found.append("no rules found")
    strays = [title for title in listed if title.split()[0] not in names]
    found += [f"a test is named {title!r}, but there is no such rule" for title in strays]
    orphans = [page.name for page in RUNBOOKS.glob("*.md") if page.stem not in names]
    found += [f"docs/runbooks/{name} belongs to no alert" for name in orphans]
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        return 1
    print(f"rules: {len(names)} rules, each with its tests; each alert with its annotations and its runbook")
    return 0


if __name__ == "__main__":
    sys.exit(main())
