"""How an object looks in a cell: what it is, facts about it, a table; as HTML, and as text beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from nbstream.text.naming import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MOST_ROWS", "NOTHING", "InCell", "Sheet", "and_more", "counted", "number_text"]

MOST_ROWS = 20
"""Rows of a table in a cell; how many more there are is said below it."""
NOTHING = "–"
"""Stands where there is no number."""

SHORT = 26
"""A cell of so many characters is not broken into lines."""

_FAINT = "opacity:.7"
_UNBROKEN = ";white-space:nowrap"
_WORDS = "text-align:left;vertical-align:top;padding:.15em .8em .15em 0"
_NUMBER = "text-align:right;vertical-align:top;padding:.15em .8em .15em 0"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a cell shows of an object. All texts are plain: names come from data, and are escaped here.

    Notes
    -----
    Thread safety: immutable, any thread.
    """

    title: str
    """What it is."""
    state: str = ""
    """What it is doing."""
    facts: Sequence[str] = ()
    header: Sequence[str] = ()
    """Of the table; without one there is no table."""
    rows: Sequence[Sequence[str]] = ()
    n_words: int | None = None
    """Columns of words at the left; those behind them are numbers. None: all are words."""
    more: str = ""
    """What is said below the table."""

    def as_html(self) -> str:
        """Return it as HTML that is readable without a style sheet, in the colours of its surroundings."""
        parts = [f"<div><strong>{_html(self.title)}</strong>"]
        if self.state:
            parts.append(f" <span>{_html(self.state)}</span>")
        parts.append("</div>")
        if self.facts:
            facts = " · ".join(_html(fact) for fact in self.facts)
            parts.append(f'<div style="{_FAINT}">{facts}</div>')
        if self.header:
            parts.append(self._html_table())
        if self.more:
            parts.append(f'<div style="{_FAINT}">{_html(self.more)}</div>')
        return f'<div style="line-height:1.5;overflow-x:auto">{"".join(parts)}</div>'

    def as_text(self) -> str:
        """Return the same as lines of text."""
        title = one_line(f"{self.title}: {self.state}" if self.state else self.title)
        lines = [title, *([one_line(" · ".join(self.facts))] if self.facts else [])]
        table = [[one_line(cell) for cell in row] for row in (self.header, *self.rows)]
        if self.header:
            widths = [max(map(len, column)) for column in zip(*table, strict=True)]
            for row in table:
                cells = (
                    f"{cell:<{width}}" if self._is_words(i) else f"{cell:>{width}}"
                    for i, (cell, width) in enumerate(zip(row, widths, strict=True))
                )
                lines.append("  ".join(cells).rstrip())
        return "\n".join([*lines, *([self.more] if self.more else [])])

    def _is_words(self, column: int) -> bool:
        return self.n_words is None or column < self.n_words

    def _html_table(self) -> str:
        styles = [_WORDS if self._is_words(i) else _NUMBER for i in range(len(self.header))]
        head = "".join(
            f'<th scope="col" style="{style}">{_html(cell)}</th>'
            for cell, style in zip(self.header, styles, strict=True)
        )
        lines = []
        for row in self.rows:
            cells = [
                f'<td style="{style}{_UNBROKEN if len(cell) <= SHORT else ""}">{_html(cell)}</td>'
                for cell, style in zip(row, styles, strict=True)
            ]
            lines.append(f"<tr>{''.join(cells)}</tr>")
        body = f"<tbody>{''.join(lines)}</tbody>"
        return f'<table style="margin:.3em 0"><thead><tr>{head}</tr></thead>{body}</table>'


class InCell:
    """Mixed into a class: the last line of a cell shows its sheet, as HTML or, in a terminal, as text."""

    __slots__ = ()

    def __init_subclass__(cls, **options: Any) -> None:
        """Give each class the method as its own: IPython prefers a `__repr__` to an inherited one."""
        super().__init_subclass__(**options)
        cls._repr_pretty_ = InCell._repr_pretty_  # type: ignore[method-assign]

    def _sheet(self) -> Sheet:
        """Return what a cell shows of it."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        """Return what a cell shows of it, as IPython asks for it."""
        return self._sheet().as_html()

    def _repr_pretty_(self, printer: Any, is_cycle: bool) -> None:
        """Show the text beside the HTML; within a list or a dict one line has to do."""
        is_alone = not is_cycle and len(printer.stack) <= 1
        printer.text(self._sheet().as_text() if is_alone else repr(self))


def number_text(number: float) -> str:
    """Return a number as a table shows it.

    Examples
    --------
    >>> number_text(12345.0), number_text(0.1 + 0.2), number_text(-1.5), number_text(float("nan"))
    ('12,345', '0.3', '−1.5', '–')
    """
    if math.isnan(number):
        return NOTHING
    is_whole = math.isfinite(number) and number == round(number) and abs(number) < 1e15
    text = f"{round(number):,}" if is_whole else f"{number:.6g}"
    return text.replace("-", "−").replace("inf", "∞")


def counted(n: int, what: str) -> str:
    """Return how many there are of something.

    Examples
    --------
    >>> counted(1, "rule"), counted(1234, "rule"), counted(0, "anomaly")
    ('1 rule', '1,234 rules', '0 anomalies')
    """
    if n != 1:
        what = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"{n:,} {what}"


def and_more(n: int, n_shown: int, what: str) -> str:
    """Return what is said below a table of which `n_shown` rows of `n` are shown; "" if that is all."""
    number, _, words = counted(n - n_shown, what).partition(" ")
    return f"and {number} more {words}" if n > n_shown else ""


def _html(text: str) -> str:
    return escape(one_line(text))
