"""The moving pictures of the docs are small, move, and are shown; `tests/ui/test_films.py` makes them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from tests.docs.pages import DOCS, links, papers

FILMS = sorted((DOCS / "pictures").glob("*.webp"))
MOST_BYTES = 1_500_000
LEAST_FRAMES = 20
LONGEST_S = 30


def test_there_are_some() -> None:
    """Four of them at least."""
    assert len(FILMS) >= 4


@pytest.mark.parametrize("path", FILMS, ids=lambda path: path.stem)
def test_a_film_is_small_and_moves(path: Path) -> None:
    """It loads fast, has many frames that differ, lasts some seconds, and begins anew by itself."""
    assert path.stat().st_size <= MOST_BYTES
    with Image.open(path) as film:
        assert film.n_frames >= LEAST_FRAMES
        assert film.info["loop"] == 0
        frames, durations = [], []
        for number in range(film.n_frames):
            film.seek(number)
            frames.append(film.convert("L"))
            durations.append(film.info["duration"])
    changes = [ImageChops.difference(before, after).getbbox() for before, after in pairwise(frames)]
    assert sum(change is not None for change in changes) >= len(changes) / 2
    assert 5 <= sum(durations) / 1e3 <= LONGEST_S


@pytest.mark.parametrize("path", FILMS, ids=lambda path: path.stem)
def test_a_film_is_shown(path: Path) -> None:
    """The gallery shows it, and the README the first."""
    shown = {
        (paper.parent / target).resolve()
        for paper in papers()
        for target in links(paper.read_text("utf-8"))
        if target.endswith(".webp")
    }
    assert path in shown
