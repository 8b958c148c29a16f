"""Run the tests: without a browser, with one, and what wants the machine for itself; sum them up.

`python tools/run_tests.py [whatever pytest takes]`. A selection by `-m` holds for each part. The first two
run in two processes; what measures by the clock or counts what a page holds has nothing run beside it.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

IN_TWO_PROCESSES = ["-n", "2", "--dist", "worksteal"]
ORDER = "--randomly-seed=20260101"
"""The order is shuffled, and the same in every run: what fails once fails always."""
NO_TESTS = 5
"""pytest's exit status where nothing was selected."""
DEBUGGERS = {"--pdb", "--trace"}
STOPS = re.compile(r"-[lqsv]*x[lqsvx]*|--exitfirst|--maxfail.*")
"""Arguments by which the first part that fails is the last."""
PLAIN, PAGES, ALONE = "not ui", "ui and not alone", "ui and alone"
PARTS = {"not ui": [PLAIN], "ui": [PAGES, ALONE], "smoke": [PAGES, ALONE]}
"""Selections of which a part is known to hold nothing, so that it need not be looked for."""


def run_part(arguments: list[str], selection: str, part: str) -> tuple[int, Counter[str]]:
    """Run one part; return pytest's exit status and how many tests came out how."""
    marks = f"({selection}) and ({part})" if selection else part
    is_alone = part == ALONE or DEBUGGERS & set(arguments)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", *([] if is_alone else IN_TWO_PROCESSES)]
        if importlib.util.find_spec("pytest_randomly") and "no:randomly" not in arguments:
            command.append(ORDER)  # before the arguments, which may name another
        command += [f"--junitxml={report}", *arguments, "-m", marks]
        status = subprocess.run(command, check=False).returncode
        found: Counter[str] = Counter()
        if report.exists():
            for suite in ET.parse(report).getroot().iter("testsuite"):
                for kind in ("tests", "failures", "errors", "skipped"):
                    found[kind] += int(suite.get(kind, 0))
    return status, found


def summary(found: Counter[str], seconds: float) -> str:
    """Return a line such as pytest's last one."""
    counts = {
        "failed": found["failures"],
        "passed": found["tests"] - found["failures"] - found["errors"] - found["skipped"],
        "skipped": found["skipped"],
        "errors": found["errors"],
    }
    said = ", ".join(f"{n} {what}" for what, n in counts.items() if n or what == "passed")
    return f" {said} in {seconds:.0f} s, all parts ".center(80, "=")


def main() -> int:
    """Run the parts one after the other; the next runs also if tests of the last failed, unless -x."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-m", dest="selection", default="")
    known, arguments = parser.parse_known_args()
    stops_at_first = any(STOPS.fullmatch(argument) for argument in arguments)
    start, statuses, found = time.monotonic(), list[int](), Counter[str]()
    for part in PARTS.get(known.selection, [PLAIN, PAGES, ALONE]):
        status, counts = run_part(arguments, known.selection, part)
        found += counts
        statuses.append(status)
        if status not in (0, NO_TESTS) and (status != 1 or stops_at_first):
            break
    if len(statuses) > 1:
        print(summary(found, time.monotonic() - start))
    wrong = [status for status in statuses if status not in (0, NO_TESTS)]
    return wrong[0] if wrong else min(statuses)


if __name__ == "__main__":
    sys.exit(main())
