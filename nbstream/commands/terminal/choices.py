"""What a person chooses by keys while a terminal shows a source: the window, a channel, a pause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbstream.readings.window import Window

if TYPE_CHECKING:
    from nbstream.analysis.analyzer import Analyzer

__all__ = ["HELP", "Choices"]

HELP = {
    "q": "quit, as Ctrl-C does",
    "space": "let the picture stand still; readings go on coming, and rules are judged",
    "+ -": "a longer or a shorter window",
    "↑ ↓ Tab": "another channel alone, Esc all of them",
    "?": "which keys there are",
}
"""What keys do, for the picture and docs/command_line.md."""
WINDOWS = [
    Window.parse(text) for text in "1s 5s 10s 30s 60s 5min 15min 1h 6h 24h 7d 30d 365d all".split()
]
COUNTS = [
    Window.parse(text) for text in "10 20 50 100 200 500 1000 2000 5000 10000 100000 all".split()
]
ALL = 10**30
"""Longer than any window."""
NEXT, PREVIOUS = ("down", "right", "tab"), ("up", "left", "back")


class Choices:
    """What was chosen by keys so far.

    Parameters
    ----------
    analyzer
        Whose window is chosen.

    Notes
    -----
    Thread safety: one thread.
    """

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self.is_over = False
        """Whether it was to end."""
        self.is_paused = False
        self.shows_help = False
        self.channel: str | None = None
        """The channel that is shown alone; None is all of them."""

    def press(self, key: str) -> None:
        """Do what a key stands for; one that has no meaning does nothing."""
        was_help, self.shows_help = self.shows_help, False
        if key in ("q", "Q"):
            self.is_over = True
        elif key == " ":
            self.is_paused = not self.is_paused
        elif key in ("+", "=", "-", "_"):
            self._resize(1 if key in ("+", "=") else -1)
        elif key in NEXT:
            self._pick(1)
        elif key in PREVIOUS:
            self._pick(-1)
        elif key == "escape":
            self.channel = None
        elif key in ("?", "h"):
            self.shows_help = not was_help

    def _resize(self, step: int) -> None:
        """Choose the next window of the ladder that is longer, or shorter."""
        window = self._analyzer.parsed_window
        ladder = WINDOWS if window.readings is None else COUNTS
        now = _length(window)
        others = [one for one in ladder if (_length(one) - now) * step > 0]
        if others:
            self._analyzer.choose_window(others[0 if step > 0 else -1])

    def _pick(self, step: int) -> None:
        """Choose the next channel; after the last one come all."""
        places = [None, *self._analyzer.channels]
        at = places.index(self.channel) if self.channel in places else 0
        self.channel = places[(at + step) % len(places)]


def _length(window: Window) -> float:
    if window.readings is not None:
        return window.readings
    return ALL if window.duration_ns is None else window.duration_ns
