"""What cells show of objects: readable without a style sheet, escaped, with the same in text."""

from __future__ import annotations

from html.parser import HTMLParser

from IPython.lib.pretty import pretty

from nbstream.text.sheet import InCell, Sheet, and_more


class Tags(HTMLParser):
    """Collects the tags and the text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember a tag."""
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        """Remember text."""
        self.text += data + "\n"


EVIL = "<img src=x onerror=alert(1)>\u202e&amp;\n"
SHEET = Sheet(
    EVIL,
    EVIL,
    [EVIL],
    ["channel", "last"],
    [[EVIL, "1"], ["b", "−12.5"]],
    n_words=1,
    more="and 3 more",
)


class Shown(InCell):
    """Something that is shown in a cell."""

    def __repr__(self) -> str:
        return "<Shown>"

    def _sheet(self) -> Sheet:
        return SHEET


def test_names_from_data_are_text() -> None:
    """No tag comes from a name, no name breaks a line or turns the text around it."""
    found = Tags(SHEET.as_html())
    assert set(found.tags) <= {"div", "strong", "span", "table", "thead", "tbody", "tr", "th", "td"}
    assert found.text.count("<img src=x onerror=alert(1)>&amp;") == 4
    assert "\u202e" not in SHEET.as_html() + SHEET.as_text()


def test_words_stand_left_and_numbers_right() -> None:
    """In text as in HTML; what is said below the table comes last."""
    lines = Sheet(
        "x", header=["channel", "last"], rows=[["b", "−12.5"], ["c", "1"]], n_words=1, more="m"
    )
    assert lines.as_text().splitlines() == [
        "x",
        "channel   last",
        "b        −12.5",
        "c            1",
        "m",
    ]
    assert "text-align:right" in lines.as_html()


def test_a_terminal_gets_text_and_a_list_one_line() -> None:
    """IPython asks for HTML and for text; within a list an object takes one line."""
    assert pretty(Shown()) == SHEET.as_text()
    assert pretty([Shown()]) == "[<Shown>]"
    assert Shown()._repr_html_() == SHEET.as_html()


def test_what_is_not_shown_is_counted() -> None:
    """Nothing is said where all is shown."""
    assert (and_more(25, 20, "channel"), and_more(20, 20, "channel")) == (
        "and 5 more channels",
        "",
    )
