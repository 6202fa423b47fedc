#!/usr/bin/env python3
"""Breaks the deciders in one place at a time and sees whether a test of WeirCoreTests notices.

Every mutant is built into one binary and chosen when it runs: `a <= b` becomes `a OP17 b`, where OP17 is an operator of
its own that is `<` while the environment says WEIR_MUTANT=17, and `<=` otherwise. So there is one build for all.
Survivors that change nothing one could see are listed, each with its reason, in scripts/mutants-accepted.txt.

Each mutant meets the tests of its own folder first, then all tests, both with a tenth of the work of those at random,
and only what survives these meets all tests as they are. The first failure ends a run, and so does more than a few times
the processor time that the run takes with nothing broken. All three folders take two cores a quarter of an hour.

usage: mutants.py [--minimum PERCENT] [--jobs N] [PLACE...]
The files that share limits among a fleet are left out: WeirSharingTests shows them at work.

A PLACE is a folder or a file of Sources/WeirCore; without one, the three folders with the limits and the circuit in them.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRATCH = ROOT / ".build" / "mutants"
CORE = SCRATCH / "Sources" / "WeirCore"
ACCEPTED = pathlib.Path(__file__).with_name("mutants-accepted.txt")
# What a run may use at most, in bytes: a loop that never ends would fill the machine.
MEMORY = 8 << 30
FOLDERS = ["RateLimiting", "Queueing", "CircuitBreaking"]

COMPARISONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
EQUALITIES = {"==": "!=", "!=": "=="}
SUMS = {"+": "-", "-": "+"}
CHANGES = {"+=": "-=", "-=": "+="}
LOGIC = {"&&": "||", "||": "&&"}
SWAPS = {**COMPARISONS, **EQUALITIES, **SUMS, **CHANGES, **LOGIC}

OPERATOR = re.compile(r"(?<=\s)(<=|>=|==|!=|\+=|-=|&&|\|\||<|>|\+|-)(?=\s|$)")
CHOICE = re.compile(r"(?<![.\w])(min|max)\(")
LITERAL = re.compile(r"(?<![.\w])(?<!while )(true|false)\b")
BRANCH = re.compile(r"^\s*(?:\} else )?(if) (?!#)|(?<== )(if) ")
GUARD = re.compile(r"^\s*(guard) ")
PLAIN_GUARD = re.compile(r"^(\s*guard )(.+?)( else\b.*)$")
SKIPPED = re.compile(r"^\s*(//|@|import\b|(?:\w+ )*import\b|case .*:|#|(?:\w+ )*(?:infix|prefix) operator\b)|"
                     r"\bstatic func\b|^\s*(?:\w+ )*extension\b")

SUPPORT = """internal import Glibc

let activeMutant = unsafe getenv("WEIR_MUTANT").flatMap { unsafe Int(String(cString: $0)) } ?? 0
func mutant(_ number: Int) -> Bool { activeMutant == number }
func mutantFlag(_ number: Int, _ value: Bool) -> Bool { activeMutant == number ? !value : value }
func mutantChoice<T: Comparable>(_ number: Int, _ isMin: Bool, _ values: T...) -> T {
    let sorted = values.sorted()
    return isMin != (activeMutant == number) ? sorted[0] : sorted[sorted.count - 1]
}
func opposite(_ span: TimeSpan) -> TimeSpan { span * -1 }
"""


class Mutant:
    def __init__(self, number, path, line, what, code):
        self.number, self.path, self.line, self.what, self.code = number, path, line, what, code

    @property
    def key(self):
        return "%s :: %s :: %s" % (self.path, self.what, self.code)

    def __str__(self):
        return "%s:%d: %s: %s" % (self.path, self.line, self.what, self.code)


def operator_name(number):
    """An operator of Swift that nobody else uses: the number in digits that are arrows."""
    return "".join(chr(0x2190 + (number >> shift & 15)) for shift in (8, 4, 0))


def declaration(number, operator):
    name, swap, test = operator_name(number), SWAPS[operator], "activeMutant == %d" % number
    choice = "%s ? l %s r : l %s r" % (test, swap, operator)
    if operator in COMPARISONS or operator in EQUALITIES:
        kind = "Comparable" if operator in COMPARISONS else "Equatable"
        return ["infix operator %s: ComparisonPrecedence" % name,
                "func %s <T: %s>(l: T, r: T) -> Bool { %s }" % (name, kind, choice)]
    if operator in LOGIC:
        precedence = "LogicalConjunctionPrecedence" if operator == "&&" else "LogicalDisjunctionPrecedence"
        return ["infix operator %s: %s" % (name, precedence),
                "func %s(l: Bool, r: @autoclosure () throws -> Bool) rethrows -> Bool {" % name,
                "    if %s { return try l %s r() } else { return try l %s r() }" % (test, swap, operator), "}"]
    if operator in CHANGES:
        return ["infix operator %s: AssignmentPrecedence" % name,
                "func %s <T: AdditiveArithmetic>(l: inout T, r: T) { if %s { l %s r } else { l %s r } }"
                % (name, test, swap, operator)]
    lines = ["infix operator %s: AdditionPrecedence" % name,
             "func %s <T: AdditiveArithmetic>(l: T, r: T) -> T { %s }" % (name, choice),
             "func %s(l: Instant, r: TimeSpan) -> Instant { %s }" % (name, choice)]
    if operator == "+":
        lines.append("func %s(l: TimeSpan, r: TimeSpan) -> TimeSpan { l + (%s ? opposite(r) : r) }" % (name, test))
    else:
        lines.append("func %s(l: Instant, r: Instant) -> TimeSpan { %s ? opposite(l - r) : l - r }" % (name, test))
    return lines


def mask(line):
    """The line with comments and what stands in strings blanked out, at its length."""
    line = re.sub(r'"(?:\\.|[^"\\])*"', lambda found: '"' + "_" * (len(found[0]) - 2) + '"', line)
    return re.sub(r"//.*", lambda found: " " * len(found[0]), line)


def conditions(text):
    """The conditions of a guard that commas divide at the top level."""
    parts, depth, start = [], 0, 0
    for index, character in enumerate(text):
        depth += character in "([{"
        depth -= character in ")]}"
        if character == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    return parts + [text[start:]]


class Rewriter:
    def __init__(self, banned):
        self.banned = banned
        self.mutants, self.declarations = [], []

    def mutant(self, path, number_of_line, what, code):
        """The number of a new mutant, or nil where the compiler has refused it."""
        same = sum(1 for other in self.mutants
                   if other.path == path and other.line == number_of_line and other.what.split(" #")[0] == what)
        candidate = Mutant(len(self.mutants) + 1, path, number_of_line, what + (" #%d" % (same + 1) if same else ""), code)
        self.mutants.append(candidate)
        return None if (path, number_of_line) in self.banned else candidate.number

    def rewrite(self, path, text):
        lines = text.splitlines()
        return "\n".join(self.line(path, number, line) for number, line in enumerate(lines, 1)) + "\n"

    def line(self, path, number, line):
        line = re.sub(r"@inlinable |@inlinable$|@inline\(__always\) ?|@usableFromInline ?", "", line)
        masked = mask(line)
        if SKIPPED.search(masked):
            return line
        code, edits = line.strip(), []
        for found in OPERATOR.finditer(masked):
            operator = found[1]
            which = self.mutant(path, number, "%s -> %s" % (operator, SWAPS[operator]), code)
            if which:
                self.declarations += declaration(which, operator)
                edits.append((found.start(1), found.end(1), operator_name(which)))
        for found in CHOICE.finditer(masked):
            which = self.mutant(path, number, "%s -> %s" % (found[1], "max" if found[1] == "min" else "min"), code)
            if which:
                edits.append((found.start(), found.end(), "mutantChoice(%d, %s, " % (which, str(found[1] == "min").lower())))
        for found in LITERAL.finditer(masked):
            which = self.mutant(path, number, "%s -> %s" % (found[1], "false" if found[1] == "true" else "true"), code)
            if which:
                edits.append((found.start(), found.end(), "mutantFlag(%d, %s)" % (which, found[1])))
        branch = BRANCH.search(masked)
        if branch:
            which = self.mutant(path, number, "if never", code)
            if which:
                edits.append((branch.end(), branch.end(), "!mutant(%d), " % which))
        if GUARD.search(masked):
            self.guard(path, number, masked, code, edits)
        for start, end, new in sorted(edits, reverse=True):
            line = line[:start] + new + line[end:]
        return line

    def guard(self, path, number, masked, code, edits):
        which = self.mutant(path, number, "guard always exits", code)
        start = GUARD.search(masked).end()
        if which:
            edits.append((start, start, "!mutant(%d), " % which))
        plain = PLAIN_GUARD.match(masked)
        if not plain or re.search(r"\b(let|var|case)\b", plain[2]):
            return
        which = self.mutant(path, number, "guard never exits", code)
        if which:
            at = start
            for part in conditions(plain[2]):
                edits.append((at, at, "mutant(%d) || (" % which))
                at += len(part)
                edits.append((at, at, ")"))
                at += 1


def package_text():
    """A package of WeirCore and its tests alone, with the repository's versions."""
    manifest = (ROOT / "Package.swift").read_text()
    collections = re.search(r'\.package\(url: "[^"]*/swift-collections".*?\)', manifest)[0]
    products = ", ".join('.product(name: "%s", package: "swift-collections")' % name
                         for name in ("DequeModule", "HeapModule"))
    features = "".join('.enableUpcomingFeature("%s"), ' % name
                       for name in ("ExistentialAny", "InternalImportsByDefault", "MemberImportVisibility"))
    return """// swift-tools-version: 6.2
import PackageDescription
let package = Package(
    name: "weir", platforms: [.macOS(.v15)], dependencies: [%s],
    targets: [
        .target(name: "WeirCore", dependencies: [%s], swiftSettings: [%s]),
        .testTarget(name: "WeirCoreTests", dependencies: ["WeirCore"], swiftSettings: [%s]),
    ], swiftLanguageModes: [.v6])
""" % (collections, products, features, features)


def prepare():
    SCRATCH.mkdir(parents=True, exist_ok=True)
    for part in ("Sources/WeirCore", "Tests/WeirCoreTests"):
        shutil.rmtree(SCRATCH / part, ignore_errors=True)
        shutil.copytree(ROOT / part, SCRATCH / part)
    manifest = SCRATCH / "Package.swift"
    if not manifest.exists() or manifest.read_text() != package_text():
        manifest.write_text(package_text())


def mutate(folders, banned):
    rewriter = Rewriter(banned)
    for folder in folders:
        for source in sorted((ROOT / "Sources" / "WeirCore" / folder).rglob("*.swift")):
            if source.name.endswith("+Fleet.swift"):
                continue
            path = str(source.relative_to(ROOT / "Sources" / "WeirCore"))
            (CORE / path).write_text(rewriter.rewrite(path, source.read_text()))
    (CORE / "Mutants.swift").write_text(SUPPORT + "\n".join(rewriter.declarations) + "\n")
    return rewriter.mutants


def build(folders):
    """Builds until what the compiler does not accept is left out; returns the mutants that are in the binary."""
    banned = set()
    for _ in range(12):
        mutants = mutate(folders, banned)
        # With optimisation, since the tests run a thousand times; overflow and bounds are checked all the same.
        done = subprocess.run(["swift", "build", "-c", "release", "-Xswiftc", "-enable-testing", "--build-tests",
                               "--package-path", str(SCRATCH)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode == 0:
            return [each for each in mutants if (each.path, each.line) not in banned], len(mutants)
        mutated = {(each.path, each.line) for each in mutants}
        refused = set()
        for found in re.finditer(r"Sources/WeirCore/(\S+?):(\d+):\d+: error", done.stdout):
            path, line = found[1], int(found[2])
            # An expression over several lines is blamed on its first.
            refused |= {(path, line)} & (mutated - banned) or {(path, line + near) for near in range(1, 4)} & mutated
        if not refused - banned:
            print(done.stdout[-4000:])
            sys.exit("mutants: the mutated sources do not build")
        banned |= refused
    sys.exit("mutants: the mutated sources do not build")


def suites(folder):
    """The suites whose files lie in the folder of the same name."""
    names = []
    for source in (ROOT / "Tests" / "WeirCoreTests" / folder).rglob("*.swift"):
        names += re.findall(r"\b(?:struct|class|actor) (\w+Tests)\b", source.read_text())
    return r"\.(%s)/" % "|".join(names) if names else "."


class Stage:
    """A run of some tests, with a share of the work of those at random."""

    def __init__(self, pattern, share):
        self.pattern, self.share, self.seconds = pattern, share, 600

    def measure(self):
        """Learns what processor time it takes with nothing broken; false where it fails."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        passed = self.passes(0)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.seconds = 3 + 4 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        return passed

    def passes(self, number):
        def limit():
            resource.setrlimit(resource.RLIMIT_CPU, (int(self.seconds), int(self.seconds) + 1))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        binary = next((SCRATCH / ".build" / "release").glob("*PackageTests.xctest"))
        run = subprocess.Popen(
            [str(binary), "--testing-library", "swift-testing", "--no-parallel", "--filter", self.pattern],
            env={**os.environ, "WEIR_MUTANT": str(number), "WEIR_TEST_SHARE": str(self.share),
                 "SWIFT_BACKTRACE": "enable=no"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", preexec_fn=limit)
        with run:
            for line in run.stdout:
                if "recorded an issue" in line:
                    run.kill()
        return run.returncode == 0


def stages(folder):
    return [Stage(suites(folder), 0.1), Stage(".", 0.1), Stage(".", 1)]


def survives(mutant, stages, is_accepted):
    # Of what is accepted the long last stage has nothing to tell.
    lives = all(stage.passes(mutant.number) for stage in (stages[:-1] if is_accepted else stages))
    if lives:
        print("alive: %s" % mutant, flush=True)
    return lives


def accepted():
    """Each accepted survivor with the reason that the comment above it gives."""
    reasons, reason = {}, ""
    for line in ACCEPTED.read_text().splitlines() if ACCEPTED.exists() else []:
        if line.startswith("#"):
            reason = line
        elif not line.strip():
            reason = ""
        elif not reason:
            sys.exit("mutants: %s has no reason above it in %s" % (line, ACCEPTED.name))
        else:
            reasons[line.strip()] = reason
    return reasons


def main():
    parser = argparse.ArgumentParser(description="Mutation test of the deciders.")
    parser.add_argument("--minimum", type=float, default=95, help="least share killed, in percent")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="mutants at once; one for each core")
    parser.add_argument("places", nargs="*", default=[])
    options = parser.parse_args()
    places = options.places or FOLDERS
    folders = sorted({place.split("/")[0] for place in places})
    prepare()
    mutants, found = build(folders)
    tests = {folder: stages(folder) for folder in folders}
    if not all(stage.measure() for each in tests.values() for stage in each):
        sys.exit("mutants: the tests fail, or take ten minutes, with nothing broken")
    print("%d mutants, %d more that do not compile" % (len(mutants), found - len(mutants)), flush=True)
    mutants = [each for each in mutants if any(each.path == place or each.path.startswith(place.rstrip("/") + "/")
                                               for place in places)]
    reasons = accepted()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        alive = []
        for lives in pool.map(
                lambda each: survives(each, tests[each.path.split("/")[0]], each.key in reasons), mutants):
            alive.append(lives)
            if len(alive) % 100 == 0:
                print("%d judged" % len(alive), flush=True)
    survivors = [each for each, lives in zip(mutants, alive) if lives]
    open_ones = [each for each in survivors if each.key not in reasons]
    for each in open_ones:
        print("survived: %s" % each)
    keys = {each.key for each in survivors}
    examined = {each.path for each in mutants}
    stale = [key for key in reasons if key.split(" ")[0] in examined and key not in keys]
    for key in stale:
        print("accepted, but killed or gone: %s" % key)
    judged = len(mutants) - (len(survivors) - len(open_ones))
    share = 100 * (judged - len(open_ones)) / max(1, judged)
    print("killed %d of %d (%.1f %%), %d survivors accepted" % (
        judged - len(open_ones), judged, share, len(survivors) - len(open_ones)))
    return 0 if share >= options.minimum and not stale else 1


if __name__ == "__main__":
    sys.exit(main())
