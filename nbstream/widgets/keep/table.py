"""The small table of a record: a row for each channel, as HTML and as plain text."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from nbstream.readings.window import rough_duration
from nbstream.widgets.keep.ticks import shown

if TYPE_CHECKING:
    from nbstream.widgets.keep.record import Channel, Record

__all__ = ["CELL", "COLUMNS", "HEAD", "LEFT", "TABLE", "html_table", "text_table"]

COLUMNS = ("name", "span", "count", "last", "mean", "min", "max", "incidents")
MAX_ROWS = 40

TABLE = "border-collapse:collapse;font-size:12px;color:#1f2933;margin:4px 0 0;border:none"
HEAD = "text-align:right;padding:2px 10px;font-weight:600;color:#52606d;background:#ffffff"
CELL = "text-align:right;padding:2px 10px;white-space:nowrap;background:#ffffff"
LEFT = ";text-align:left"


def html_table(record: Record) -> str:
    """Return the table as HTML that needs no styles of the page; names are text in it."""
    heads = "".join(
        f'<th style="{HEAD}{LEFT if i == 0 else ""}">{name}</th>' for i, name in enumerate(COLUMNS)
    )
    rows = "".join(_html_row(channel) for channel in record.channels[:MAX_ROWS])
    return (
        f'<table style="{TABLE}"><thead><tr>{heads}</tr></thead><tbody>{rows}{_more(record)}</tbody>'
        "</table>"
    )


def text_table(record: Record) -> str:
    """Return the table as plain text, a line for each channel."""
    lines = [list(COLUMNS), *(_cells(channel) for channel in record.channels[:MAX_ROWS])]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    text = [
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip()
        for line in lines
    ]
    if n := _n_left_out(record):
        text.append(f"and {n:,} more")
    return "\n".join(text)


def _html_row(channel: Channel) -> str:
    name, *others = _cells(channel)
    swatch = f'<span style="color:{escape(channel.color)}">&#9644;</span>'
    cells = "".join(f'<td style="{CELL}">{escape(cell)}</td>' for cell in others)
    return f'<tr><td style="{CELL}{LEFT}">{swatch} {escape(name)}</td>{cells}</tr>'


def _cells(channel: Channel) -> list[str]:
    half = channel.max / 2 - channel.min / 2  # the whole may be no number any more
    numbers = [
        shown(number, 2 * half) for number in (channel.last, channel.mean, channel.min, channel.max)
    ]
    if channel.label:
        numbers[0] = channel.label
    span = "–"
    if channel.from_ns is not None and channel.to_ns is not None:
        span = rough_duration(channel.to_ns - channel.from_ns)
    if channel.unit:
        numbers = [n if n == "–" else f"{n} {channel.unit}" for n in numbers]
    return [channel.name, span, f"{channel.count:,}", *numbers, f"{channel.n_incidents:,}"]


def _n_left_out(record: Record) -> int:
    return max(0, len(record.channels) - MAX_ROWS) + record.n_left_out


def _more(record: Record) -> str:
    n = _n_left_out(record)
    if not n:
        return ""
    return f'<tr><td style="{CELL}{LEFT}" colspan="{len(COLUMNS)}">and {n:,} more</td></tr>'
