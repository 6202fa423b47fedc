"""Reads expositions with Prometheus' own Python parsers and prints what they understood, a line of JSON for each.

Arguments: files whose names end in `.text` or `.openmetrics`.
"""
import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text


def main():
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
        parse = parse_openmetrics if path.endswith(".openmetrics") else parse_text
        print(json.dumps([
            {
                "name": family.name,
                "type": family.type,
                "help": family.documentation,
                "samples": [
                    {"name": sample.name, "labels": sample.labels, "value": repr(float(sample.value))}
                    for sample in family.samples
                ],
            }
            for family in parse(text)
        ]))


if __name__ == "__main__":
    main()
