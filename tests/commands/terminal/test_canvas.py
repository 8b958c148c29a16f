"""Lines of braille and of ASCII."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nbstream.commands.terminal.canvas import ASCII, Canvas

NAN = float("nan")


def drawn(canvas: Canvas) -> list[str]:
    """Return the signs of each row."""
    return ["".join(cell.sign for cell in row) for row in canvas.rows()]


def line(canvas: Canvas, *points: tuple[float, float]) -> list[str]:
    """Draw a line through points, and return the signs."""
    x, y = np.array(points).T
    canvas.line(x, y, "red")
    return drawn(canvas)


def test_a_sign_has_eight_dots() -> None:
    """Two across and four down, from the left upper corner."""
    assert line(Canvas(2, 1), (0, 0), (3, 0)) == ["⠉⠉"]
    assert line(Canvas(2, 1), (0, 3), (3, 0)) == ["⡠⠊"]
    assert line(Canvas(1, 2), (0, 0), (0, 7)) == ["⡇", "⡇"]


def test_ascii_has_three_heights() -> None:
    """Upper, middle and lower third of a sign."""
    assert line(Canvas(3, 1, has_unicode=False), (0, 0), (1, 1), (2, 2)) == ["'-."]
    assert line(Canvas(1, 1, has_unicode=False), (0, 0), (0, 2)) == ["|"]


def test_a_missing_point_breaks_the_line() -> None:
    """What stands alone between two breaks is a dot."""
    assert line(Canvas(5, 1), (0, 0), (2, 0), (NAN, 0), (6, 0), (NAN, 0), (9, 0)) == ["⠉⠁ ⠁⠈"]


def test_what_was_drawn_last_has_its_style() -> None:
    """A sign has one style; where nothing was drawn it has none."""
    canvas = Canvas(3, 1)
    canvas.line(np.array([0.0, 3.0]), np.array([0.0, 0.0]), "red")
    canvas.across(3, "blue", every=4)
    canvas.line(np.array([0.0]), np.array([1.0]), "green")
    assert [cell.style for cell in canvas.rows()[0]] == ["green", "red", "blue"]


@given(
    st.lists(
        st.tuples(st.floats(allow_nan=True), st.floats(allow_nan=True)), min_size=1, max_size=20
    ),
    st.booleans(),
)
def test_nothing_is_drawn_outside(points: list[tuple[float, float]], has_unicode: bool) -> None:
    """Whatever the points are, the field keeps its size and its signs."""
    rows = line(Canvas(7, 3, has_unicode=has_unicode), *points)
    assert [len(row) for row in rows] == [7, 7, 7]
    signs = set("".join(rows))
    assert all("⠀" <= sign <= "⣿" for sign in signs - {" "}) if has_unicode else signs <= {*ASCII}
