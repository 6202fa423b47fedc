#!/usr/bin/env python3
"""Writes weir(1) from what the program says of its own commands: `weir --experimental-dump-help` on standard input.

Arguments: the version and the date (YYYY-MM-DD).
"""
import json
import sys

AFTER = """
.SH EXIT STATUS
.TP
.B 0
a clean stop
.TP
.B 64
bad arguments
.TP
.B 69
an address or a state file that cannot be had
.TP
.B 70
an internal failure
.TP
.B 78
bad configuration
.SH SIGNALS
.TP
.BR SIGTERM ", " SIGINT
drain: the line is refused, calls under way finish, then it ends; a second one ends it at once
.TP
.B SIGHUP
reloads the configuration
.SH ENVIRONMENT
.TP
.B WEIR_CONFIG
the configuration, where no option names one
.TP
.B NOTIFY_SOCKET
where a supervisor is told of readiness, reloads and the stop (sd_notify(3))
.SH FILES
.TP
.I /etc/weir/weir.yaml
the configuration, where nothing else names one
.TP
.I /etc/weir/weir.env
values for ${NAME} in the configuration, for the service
.TP
.I /usr/share/weir
Grafana dashboards and Prometheus rules
.TP
.I /usr/share/doc/weir
the guide, the reference of the configuration and of the metrics, examples
.SH SEE ALSO
.BR systemd.service (5),
.BR prometheus (1)
"""


def plain(text):
    """The text as roff shows it."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line[:1] in ".'" else line for line in text.split("\n"))


def spelling(argument):
    if argument["kind"] == "positional":
        return "\\fI%s\\fR" % plain(argument["valueName"].upper())
    names = []
    for name in sorted(argument["names"], key=lambda name: name["kind"] != "short"):
        dashes = "-" if name["kind"] == "short" else "--"
        names.append("\\fB%s\\fR" % plain(dashes + name["name"]))
    value = " \\fI%s\\fR" % plain(argument["valueName"].upper()) if argument["kind"] == "option" else ""
    return ", ".join(names) + value


def shown(command):
    return [a for a in command.get("arguments", []) if a.get("shouldDisplay", True)]


def describe(argument):
    words = argument.get("abstract", "")
    if argument.get("allValueStrings"):
        words += " One of: %s." % ", ".join(argument["allValueStrings"])
    if argument.get("defaultValue") and argument["kind"] == "option":
        words += " Default: %s." % argument["defaultValue"]
    return ".TP\n%s\n%s" % (spelling(argument), plain(words))


def usage(command):
    words = ["\\fBweir %s\\fR" % plain(command["commandName"])]
    for argument in shown(command):
        if argument.get("preferredName", {}).get("name") not in ("help", "version"):
            text = spelling(argument).split(", ")[-1]
            words.append("[%s]" % text if argument.get("isOptional") else text)
    return " ".join(words)


def main():
    version, date = sys.argv[1:]
    weir = json.load(sys.stdin)["command"]
    commands = [c for c in weir["subcommands"] if c.get("shouldDisplay", True) and c["commandName"] != "help"]
    lines = ['.TH WEIR 1 "%s" "weir %s" "User Commands"' % (date, version), ".SH NAME"]
    lines += ["weir \\- a resilience sidecar for calls to rate\\-limited APIs", ".SH SYNOPSIS"]
    for command in commands:
        lines += [usage(command), ".br"]
    lines += [".SH DESCRIPTION", plain(weir["abstract"]), ".SH OPTIONS"]
    lines += [describe(argument) for argument in shown(weir)]
    lines += [".SH COMMANDS"]
    for command in commands:
        lines += [".SS %s" % usage(command), plain(command["abstract"])]
        if command.get("discussion"):
            lines += [".PP", plain(command["discussion"])]
        lines += [describe(argument) for argument in shown(command)]
    print("\n".join(lines) + AFTER, end="")


if __name__ == "__main__":
    main()
