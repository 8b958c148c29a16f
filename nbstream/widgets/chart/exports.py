"""What a chart shows, as files and as what the notebook keeps; no browser is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbstream.runtime.main_thread import MAIN
from nbstream.widgets.chart.look import PALETTE, look
from nbstream.widgets.chart.modebar import StaticFigure
from nbstream.widgets.chart.selection import Selection
from nbstream.widgets.keep.canvas import INK, on_plate
from nbstream.widgets.keep.export import csv_text, svg_text, write_csv, write_png, write_svg
from nbstream.widgets.keep.record import Axis, Shape, Subject, Trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from os import PathLike

    from nbstream.analysis.analyzer import Analyzer
    from nbstream.readings.window import WindowLike
    from nbstream.widgets.chart.chart_feed import ChartFeed
    from nbstream.widgets.chart.view_files import Maker, Span
    from nbstream.widgets.keep.output import Keeper

__all__ = ["Exports"]

MAX_CSV = 500_000
"""Readings that a page saves as CSV; while they are written the kernel does nothing else."""


class Exports:
    """The part of a chart that writes it to files, and renews what the notebook keeps of it."""

    _analyzer: Analyzer
    _feed: ChartFeed
    _keeper: Keeper
    _described: dict[str, Any]
    _static: Callable[..., dict[str, Any]]
    _sync: Callable[[], None]

    def to_csv(self, path: str | PathLike[str], window: WindowLike | None = None) -> None:
        """Write the readings of the channels that are shown as CSV, a column each.

        Parameters
        ----------
        path
            Of the file; one that is there is replaced.
        window
            Another window; None is the chart's.

        Raises
        ------
        ValueError
            If `window` cannot be read, or is not > 0.
        OSError
            If the file cannot be written.
        ConnectError
            If a file that is shown (`nbstream.open`) is another than it was when it was opened.
        """
        write_csv(self._analyzer, [trace.channel for trace in self._kept().traces], path, window)

    def to_png(self, path: str | PathLike[str], window: WindowLike | None = None) -> None:
        """Write a picture of what is shown, drawn without a browser: 880 px wide, two pixels for each.

        Parameters
        ----------
        path
            Of the file; one that is there is replaced.
        window
            Another window; None is the chart's.

        Raises
        ------
        ValueError
            If `window` cannot be read, or is not > 0.
        OSError
            If the file cannot be written.
        """
        write_png(self._analyzer, self._kept(), path, window)

    def to_svg(self, path: str | PathLike[str], window: WindowLike | None = None) -> None:
        """Write what is shown as SVG, for papers and the web, drawn without a browser.

        Parameters
        ----------
        path
            Of the file; one that is there is replaced.
        window
            Another window; None is the chart's.

        Raises
        ------
        ValueError
            If `window` cannot be read, or is not > 0.
        OSError
            If the file cannot be written.
        """
        write_svg(self._analyzer, self._kept(), path, window)

    def keep(self) -> None:
        """Renew the picture and the table that the notebook keeps of the chart, in each cell that shows it.

        They are what a saved notebook shows where no kernel makes the chart live: reopened, as HTML, on
        GitHub. Renewed by themselves when the source ends, at `close()`, and at most every 5 min.

        Notes
        -----
        Thread safety: any thread. Cost: about 0.2 s, a second for 16 channels of a million readings.
        """
        self._keeper.keep()

    def _kept(self) -> Subject:
        """Return how the chart looks, for a picture of it."""
        if MAIN.is_current:
            self._sync()
        described = self._described
        lines, shapes = described["lines"], described["shapes"]
        traces: list[Trace] = []
        places: dict[int, int] = {}
        for number, name in enumerate(self._feed.names):
            line = (
                lines[number] if number < len(lines) else {}
            )  # others came while a cell was running
            if not line.get("visible", True):
                continue
            own = look(number)
            trace = Trace(
                name,
                line.get("color") or PALETTE[own.palette],
                line.get("dash", own.dash),
                is_stepped=line.get("shape") == "hv",
                has_fill=line.get("fill", False),
                mode=line.get("mode"),
            )
            places[number] = len(traces)
            traces.append(trace)
        rows = tuple(
            tuple(
                _axis(axis, places, [s for s in shapes if (s["row"], s["axis"]) == (i, j)])
                for j, axis in enumerate(row["axes"])
            )
            for i, row in enumerate(described["rows"])
        )
        return Subject(traces, described["title"] or "", rows)

    def _file_makers(self) -> dict[str, Maker]:
        """Return what makes files for pages: of a span, or of the window."""
        return {"svg": self._svg_of, "html": self._html_of, "csv": self._csv_of}

    def _svg_of(self, span: Span | None) -> str:
        return svg_text(self._analyzer, self._kept(), span=span)

    def _html_of(self, span: Span | None) -> str:
        return str(StaticFigure(self._static(None, span), skip_invalid=True).to_html())

    def _csv_of(self, span: Span | None) -> str:
        buffer, window = self._analyzer.buffer, self._analyzer.parsed_window
        channels = [trace.channel for trace in self._kept().traces]
        n = 0
        for held in map(buffer.channel, channels):
            start, stop = held.seen_rows(window, span)
            n += held.count(start, stop)
        if n > MAX_CSV:
            msg = f"{n:,} readings are too many for a page to save. chart.to_csv(path) writes them."
            raise ValueError(msg)
        if span is None:
            return csv_text(self._analyzer.to_pandas(), channels)
        return csv_text(Selection(buffer, tuple(channels), *span).to_pandas(), channels)


def _axis(
    described: dict[str, Any], places: Mapping[int, int], shapes: Iterable[dict[str, Any]]
) -> Axis:
    """Return an axis as pictures have it, by where its channels are among those that are shown."""
    low, high = described["range"] or (None, None)
    return Axis(
        described["title"],
        tuple(places[number] for number in described["channels"] if number in places),
        ends=(low, high),
        least=tuple(described["soft"]),
        is_log=described["log"],
        shapes=tuple(map(_shape, shapes)),
    )


def _shape(described: dict[str, Any]) -> Shape:
    begin, end = (
        None if ms is None else round(ms * 1e6) for ms in (described["x0"], described["x1"])
    )
    color, fill, opacity = described["color"], described["fill"], described["opacity"]
    if color is None and described["type"] == "line":
        color = INK
    return Shape(
        (begin, end),
        (described["y0"], described["y1"]),
        color and on_plate(color, opacity),
        fill and on_plate(fill, opacity),
        described["width"],
        described["dash"],
        described["text"],
    )
