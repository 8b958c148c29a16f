"""What a chart shows, as files for other programs; no browser is needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbstream.alerts.log.export import safe_cell, write_atomically
from nbstream.widgets.keep.picture import draw
from nbstream.widgets.keep.record import take
from nbstream.widgets.keep.svg import draw_svg

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    import pandas as pd

    from nbstream.analysis.analyzer import Analyzer
    from nbstream.readings.window import WindowLike
    from nbstream.widgets.keep.record import Subject

__all__ = ["csv_text", "svg_text", "write_csv", "write_png", "write_svg"]


def write_csv(
    analyzer: Analyzer,
    channels: Sequence[str],
    path: str | PathLike[str],
    window: WindowLike | None,
) -> None:
    """Write the readings of channels in a window as CSV, with a header; times tell their offset from UTC."""
    write_atomically(path, csv_text(analyzer.to_pandas(window), channels))


def csv_text(frame: pd.DataFrame, channels: Sequence[str]) -> str:
    """Return the columns of a table of readings that are channels, as CSV with a header."""
    frame = frame[[name for name in channels if name in frame.columns]].dropna(how="all")
    for name in frame.select_dtypes("category"):
        frame[name] = frame[name].astype(object).map(safe_cell, na_action="ignore")
    return str(frame.rename(columns=safe_cell).to_csv(lineterminator="\r\n"))


def write_png(
    analyzer: Analyzer, subject: Subject, path: str | PathLike[str], window: WindowLike | None
) -> None:
    """Write the picture of a window as PNG."""
    Path(path).write_bytes(draw(take(analyzer, subject, window=window)))


def write_svg(
    analyzer: Analyzer, subject: Subject, path: str | PathLike[str], window: WindowLike | None
) -> None:
    """Write the picture of a window as SVG."""
    write_atomically(path, svg_text(analyzer, subject, window=window))


def svg_text(
    analyzer: Analyzer,
    subject: Subject,
    window: WindowLike | None = None,
    span: tuple[int, int] | None = None,
) -> str:
    """Return the picture of a window, or of a span (ns), as SVG."""
    return draw_svg(take(analyzer, subject, window=window, span=span))
