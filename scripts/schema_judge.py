#!/usr/bin/env python3
"""Judges configurations by a JSON Schema, and mutations of them: schema_judge.py SCHEMA COUNT FILE...

Files are YAML or JSON. Each line of the output is a JSON object: `text`, the document, and `problem`, null where the
schema accepts it. First come the files as they are, then COUNT mutations, the same ones each time.
"""
import copy
import json
import random
import re
import sys

import jsonschema
import yaml

SCALARS = [
    None, True, False, 0, 1, -1, 3, 0.5, 1.5, 10**12, "", "x", "off", "false", "on", "0", "5s", "0s", "five", "1m30",
    "8/s", "0/s", "0.33/s", "64KiB", "64KB", "127.0.0.1:80", "127.0.0.1:65536", "127.0.0.01:1", "localhost:0",
    "unix:/x", "unix:x", "[::1]:80", "10.0.0.0/8", "10.0.0.0/33", "::/0", "https://h", "https://h:0", "https://1.2.3", "ftp://h",
    "https://u@h", "http://h/a b", "http://h/a%2", "redis://h/3", "redis://h/x", "client_ip", "header:X", "header:a b",
    "query:a&b", "cookie:c", "path:id", "GET", "get", "/a", "/a*", "/a*b", "/{id}/x", "/{id}/{id}", "/a{b}", "a",
    "other", "Bybit", "with space", "spacing", "sliding_window", "reject", "critical", "bybit", "ip", [], {}, [1], ["x"],
    ["client_ip"], [500], ["GET", "GET"], {"a": 1}, {"by": "client_ip"}, {"max_wait": "1s"},
    {"header": "X", "window": "5s"},
]

# Keys that are right in one place and wrong in another.
ADDITIONS = [
    ("requests", 5), ("per", "1s"), ("margin", "1ms"), ("rate", "1/s"), ("burst", 2), ("every", "1s"), ("max", 3),
    ("name", 5), ("limits", []), ("scope", "endpoint"), ("budget", {}), ("tiers", None), ("match", {"path": "/"}),
    ("match", None), ("url", "http://h"), ("listen", "unix:/x"), ("preset", "gate"), ("window", "1s"), ("key", None),
]


class Core(yaml.SafeLoader):
    """YAML as an editor reads it: of plain scalars only null, booleans and decimal numbers are no text."""


Core.yaml_implicit_resolvers = {}
Core.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
Core.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
Core.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), list("-0123456789"))
Core.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^-?[0-9]+\.[0-9]+$"), list("-0123456789"))


def places(value):
    """Every container in `value`, with each key or index of it."""
    if isinstance(value, dict):
        for key in list(value):
            yield value, key
            yield from places(value[key])
    elif isinstance(value, list):
        for index in range(len(value)):
            yield value, index
            yield from places(value[index])


def mutate(document, dice):
    document = copy.deepcopy(document)
    for _ in range(dice.choice([1, 1, 1, 2])):
        container, key = dice.choice(list(places(document)) or [(document, "upstreams")])
        kind = dice.randrange(8)
        if kind == 0 and container:
            container.pop(key)
        elif kind == 1 and isinstance(container, dict):
            container[dice.choice(["nonsense", key + "s", key[1:], key.upper()])] = container[key]
        elif kind == 2 and isinstance(container, dict):
            container.update([dice.choice(ADDITIONS)])
        elif kind == 3 and isinstance(container, list):
            container.append(copy.deepcopy(container[key]))
        else:
            container[key] = dice.choice(SCALARS)
    return document


def main():
    with open(sys.argv[1]) as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    documents = []
    for path in sys.argv[3:]:
        with open(path) as file:
            documents.append(yaml.load(file, Core))
    dice = random.Random(1)
    count = int(sys.argv[2])
    for document in documents + [mutate(dice.choice(documents), dice) for _ in range(count)]:
        problem = next(validator.iter_errors(document), None)
        where = "" if problem is None else "%s: %s" % (problem.json_path, problem.message[:300])
        print(json.dumps({"text": json.dumps(document), "problem": where or None}))


if __name__ == "__main__":
    main()
