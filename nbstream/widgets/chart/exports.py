"""What a chart shows, as files and as what the notebook keeps; no browser is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbstream.widgets.chart.look import PALETTE, look
from nbstream.widgets.chart.modebar import StaticFigure
from nbstream.widgets.chart.selection import Selection
from nbstream.widgets.keep.export import csv_text, write_csv, write_png, write_svg
from nbstream.widgets.keep.output import Keeper, Subject
from nbstream.widgets.keep.record import Trace, take
from nbstream.widgets.keep.svg import draw_svg

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from nbstream.analysis.analyzer import Analyzer
    from nbstream.readings.window import WindowLike
    from nbstream.widgets.chart.chart_feed import ChartFeed
    from nbstream.widgets.chart.view_files import Maker, Span

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
        kept = self._kept()
        write_png(self._analyzer, kept.traces, kept.title, path, window)

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
        kept = self._kept()
        write_svg(self._analyzer, kept.traces, kept.title, path, window)

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
        lines = self._described["lines"]
        traces = []
        for number, name in enumerate(self._feed.names):
            own = look(number)
            color, dash = PALETTE[own.palette], own.dash
            if number < len(lines):  # others came while a cell was running
                if not lines[number]["visible"]:
                    continue
                color, dash = lines[number]["color"] or color, lines[number]["dash"]
            traces.append(Trace(name, color, dash))
        return Subject(traces, self._described["title"] or "")

    def _file_makers(self) -> dict[str, Maker]:
        """Return what makes files for pages: of a span, or of the window."""
        return {"svg": self._svg_of, "html": self._html_of, "csv": self._csv_of}

    def _svg_of(self, span: Span | None) -> str:
        kept = self._kept()
        return draw_svg(take(self._analyzer, kept.traces, title=kept.title, span=span))

    def _html_of(self, span: Span | None) -> str:
        return str(StaticFigure(self._static(None, span), skip_invalid=True).to_html())

    def _csv_of(self, span: Span | None) -> str:
        buffer, window = self._analyzer.buffer, self._analyzer.parsed_window
        channels = [trace.channel for trace in self._kept().traces]
        n = 0
        for held in map(buffer.channel, channels):
            start, stop = held.window_rows(window) if span is None else held.span_rows(*span)
            n += stop - start
        if n > MAX_CSV:
            msg = f"{n:,} readings are too many for a page to save. chart.to_csv(path) writes them."
            raise ValueError(msg)
        if span is None:
            return csv_text(self._analyzer.to_pandas(), channels)
        return csv_text(Selection(buffer, tuple(channels), *span).to_pandas(), channels)
