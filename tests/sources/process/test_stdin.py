"""Lines that are piped into a script, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nbstream.errors import ConfigurationError
from nbstream.sources import SourceState, StdinSource
from tests.wait import wait_until

SCRIPT = """
import time
import nbstream as ns

with ns.StdinSource(**{options}) as source:
    while source.is_running:
        time.sleep(0.001)
    print(source.state.value, *source.counters()[:5], *source.buffer.channel("x").rows(0).values)
"""


def run(text: str, options: str = "{}") -> str:
    """Return what a script says of what is piped into it."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.replace("{options}", options)],
        input=text, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def test_lines_are_read_until_their_program_ends() -> None:
    """The last one without its end too; what cannot be read is counted."""
    assert run('x=1\n{"x": 2}\nhm\nx=3') == "ended 4 3 1 0 0 1.0 2.0 3.0"


def test_a_line_that_is_too_long_is_dropped() -> None:
    """And the next one is read."""
    assert run(f"x={'1' * 100}\nx=2\n", "{'max_line_bytes': 50}") == "ended 2 1 0 0 1 2.0"


def test_where_nothing_is_piped_in_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a notebook."""
    monkeypatch.setattr(sys, "stdin", None)
    with StdinSource() as source:
        wait_until(lambda: source.state is SourceState.FAILED)
        assert isinstance(source.last_error, ConfigurationError)
        assert "command | python script.py" in source.status
