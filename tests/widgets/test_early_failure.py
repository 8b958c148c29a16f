"""A source that fails within its first second says so in the output of the cell."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

from nbstream.sources import IterableSource, SourceState
from nbstream.widgets import early_failure
from nbstream.widgets.watch import watch
from tests.wait import wait_until


def broken() -> float:
    """Raise."""
    return 1 / 0


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (["no-such-program-here"], "'no-such-program-here' has failed: not found"),
        ([sys.executable, "-c", "import sys; sys.exit('no sensor')"], "exited with 1: no sensor"),
        (broken, "'broken' tries again: broken raised ZeroDivisionError"),
        ([(45.0, 23.1)], "has failed: Nothing could be read"),
    ],
)
def test_what_fails_at_once_is_told(
    capsys: Any, monkeypatch: pytest.MonkeyPatch, what: Any, said: str
) -> None:
    """In a script it goes to the standard error; once, and with the reason."""
    # On a busy machine a Python may need more than a second to begin.
    monkeypatch.setattr(early_failure, "FIRST_SECOND", 40.0)
    dashboard = watch(what, interval=60)
    told: list[str] = []

    def is_told() -> bool:
        told.append(capsys.readouterr().err)
        return said in "".join(told)

    wait_until(is_told, 10, lambda: f"{said!r} in {''.join(told)!r}")
    dashboard.close()
    assert "".join(told).count("\n") == 1


def test_what_is_well_is_not_waited_for(
    capsys: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A source that runs, and a file that is to come, cost nothing and say nothing."""
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        if threading.current_thread() is threading.main_thread():
            waits.append(seconds)
        time.sleep(seconds)

    told_time = SimpleNamespace(monotonic=time.monotonic, sleep=sleep)
    monkeypatch.setattr(early_failure, "time", told_time)
    (tmp_path / "x.csv").write_text("time,x\n")
    dashboards = [
        watch(tmp_path / "x.csv"),
        watch(tmp_path / "later.csv", wait=True),
        watch(lambda: 1.0),
    ]
    assert sum(waits) <= 3 * early_failure.AT_ONCE + 0.1
    for dashboard in dashboards:
        source = dashboard.source
        wait_until(lambda source=source: "waiting" in source.status or source.status == "reading")
        dashboard.close()
    assert capsys.readouterr().err == ""


def test_a_source_that_has_ended_without_readings_is_refused() -> None:
    """Nothing will come of it: the cell raises, with what the source says."""
    from nbstream.errors import SourceError

    source = IterableSource([(45.0, 23.1)]).start()
    wait_until(lambda: source.state is SourceState.FAILED)
    with pytest.raises(SourceError, match=r"has no readings and brings no more: failed: Nothing"):
        watch(source)
    source.close()


CELL = """
import nbstream as ns
from nbstream.widgets import early_failure
early_failure.FIRST_SECOND = 60.0
a = ns.watch(["no-such-program-here"])
b = ns.watch(["sh", "-c", "sleep 0.4; echo too late >&2; exit 1"])
print("the cell has ended")
"""


@pytest.mark.timeout(90)
def test_in_a_kernel_it_goes_to_the_cell_that_called_watch(tmp_path: Path) -> None:
    """Also what happens after the cell has ended, while another one runs."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=40)
        first = client.execute(CELL)
        client.execute("import time\nwhile True: time.sleep(0.01)")
        told: dict[str, str] = {}

        def is_told() -> bool:
            message = client.get_iopub_msg(timeout=30)
            if message["msg_type"] == "stream":
                cell = message["parent_header"]["msg_id"]
                told[cell] = told.get(cell, "") + message["content"]["text"]
            return "too late" in "".join(told.values())

        wait_until(is_told, 40, lambda: f"{told}")
        assert list(told) == [first]
        assert "'no-such-program-here' has failed: not found" in told[first]
        assert "exited with 1: too late" in told[first]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
