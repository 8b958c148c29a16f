"""Run the tests: those without a browser in two processes, then those with one, and sum both up.

`python tools/run_tests.py [whatever pytest takes]`. A selection by `-m` holds for both parts. A browser wants
the machine for itself, and drawing is measured by the clock, so that nothing else runs beside it.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

IN_TWO_PROCESSES = ["-n", "2", "--dist", "worksteal"]
NO_TESTS = 5
"""pytest's exit status where nothing was selected."""
DEBUGGERS = {"--pdb", "--trace"}
STOPS = re.compile(r"-[lqsv]*x[lqsvx]*|--exitfirst|--maxfail.*")
"""Arguments by which the first part that fails is the last."""
ONE_PART = {"not ui": [False], "ui": [True], "smoke": [True]}
"""Selections of which one part is known to hold nothing, so that it need not be looked for."""


def run_part(
    arguments: list[str], selection: str, *, has_browser: bool
) -> tuple[int, Counter[str]]:
    """Run one part; return pytest's exit status and how many tests came out how."""
    part = "ui" if has_browser else "not ui"
    marks = f"({selection}) and {part}" if selection else part
    is_alone = has_browser or DEBUGGERS & set(arguments)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", *([] if is_alone else IN_TWO_PROCESSES)]
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
    return f" {said} in {seconds:.0f} s, both parts ".center(80, "=")


def main() -> int:
    """Run the parts one after the other; the second runs also if tests of the first failed, unless -x."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-m", dest="selection", default="")
    known, arguments = parser.parse_known_args()
    stops_at_first = any(STOPS.fullmatch(argument) for argument in arguments)
    start, statuses, found = time.monotonic(), list[int](), Counter[str]()
    for has_browser in ONE_PART.get(known.selection, [False, True]):
        status, counts = run_part(arguments, known.selection, has_browser=has_browser)
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
