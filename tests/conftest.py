"""What holds for every test: nothing is left behind, browser tests run last, hypothesis draws the same."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from nbstream.text import redaction
from tests.wait import wait_until

# Without it jupyter_core warns about its old directories.
os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")
# Threads of a BLAS wait for each other actively: where tests share the cores, small matrices take minutes.
for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

# The same examples in every run, and nothing kept between runs: a test that fails once fails always.
settings.register_profile(
    "nbstream",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("nbstream")

LEFT_BEHIND_TIMEOUT = 5.0


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the browser tests last, after the order was shuffled.

    playwright keeps an event loop running in the main thread, where no other test could start one.
    """
    items.sort(key=lambda item: item.get_closest_marker("ui") is not None)


def our_threads() -> set[threading.Thread]:
    """Return the living threads that nbstream started: their names begin with 'nbstream'."""
    return {thread for thread in threading.enumerate() if thread.name.startswith("nbstream")}


def open_widgets() -> dict[str, Any]:
    """Return the widgets that are open in this process, by model id."""
    widget = sys.modules.get("ipywidgets.widgets.widget")
    if widget is None:
        return {}
    return dict(widget._instances)


@pytest.fixture(autouse=True)
def no_secret_of_another_test() -> Iterator[None]:
    """Let no text of the next test be hidden because this one, not collected yet, had it as a password."""
    before = set(redaction._known)
    yield
    for redactor in set(redaction._known) - before:
        redaction._known.discard(redactor)


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fail a test that leaves a thread of nbstream alive or a widget open."""
    threads_before, widgets_before = our_threads(), open_widgets()
    yield
    # What is left is ended here, so that one careless test does not fail the next ones too.
    try:
        wait_until(
            lambda: not our_threads() - threads_before,
            LEFT_BEHIND_TIMEOUT,
            lambda: f"threads to end: {sorted(t.name for t in our_threads() - threads_before)}",
        )
        if open_widgets().keys() - widgets_before.keys():
            gc.collect()  # a widget in a reference cycle closes when it is collected
        wait_until(
            lambda: not open_widgets().keys() - widgets_before.keys(),
            LEFT_BEHIND_TIMEOUT,
            lambda: f"widgets to close: {sorted(names_of_new(widgets_before))}",
        )
    finally:
        for model_id, widget in open_widgets().items():
            if model_id not in widgets_before:
                widget.close()


def names_of_new(before: dict[str, Any]) -> list[str]:
    """Return the class names of the widgets that are open now and were not `before`."""
    return [
        type(widget).__name__
        for model_id, widget in open_widgets().items()
        if model_id not in before
    ]
