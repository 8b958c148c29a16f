"""What the papers say of the house is what one finds in it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Other names of modules in rooms, told of below the table.
OTHER_NAMES = {"analyzer.py", "buffer.py", "window.py"}


def test_the_table_of_rooms_is_what_ls_shows() -> None:
    """docs/architecture.md lists each room and each loose file of the package, and no other."""
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    table = text[text.index("## The house") : text.index("Imports point one way")]
    listed = re.findall(r"^\| `([\w./]+)` \|", table, re.MULTILINE)
    found = {
        path.name + ("/" if path.is_dir() else "")
        for path in (ROOT / "nbstream").iterdir()
        if not path.name.startswith((".", "__")) and path.suffix in ("", ".py")
    }
    assert sorted(listed) == sorted(found - OTHER_NAMES)
    named = re.findall(r"`([a-z_]+\.py)`", table)
    files = {path.name for path in (ROOT / "nbstream").rglob("*.py")}
    assert set(named) <= files


def test_every_room_says_what_it_is_for() -> None:
    """Each package begins with a sentence, and so does each module."""
    for path in (ROOT / "nbstream").rglob("*.py"):
        first = path.read_text("utf-8").partition("\n")[0]
        assert re.match(r'"""\S.{8,}', first), f"{path.relative_to(ROOT)} says nothing of itself"


def test_paths_in_the_papers_are_there() -> None:
    """Each path of a file that CONTRIBUTING.md or a page of docs/ names exists."""
    for paper in (ROOT / "CONTRIBUTING.md", ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        text = paper.read_text("utf-8")
        for path in re.findall(r"`((?:nbstream|tests|docs|tools|notebooks)/[\w./]+)`", text):
            assert (ROOT / path).exists(), f"{paper.name} names {path}"


def test_the_index_is_long_enough_to_be_of_use() -> None:
    """The index of CONTRIBUTING.md leads to at least 25 places, each a file."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    index = text[text.index("## To change … look in …") : text.index("## Tests")]
    rows = re.findall(r"^\| (?!-|\|)(.+?) \| (.+?) \|$", index, re.MULTILINE)
    assert len(rows) >= 25
    for about, where in rows:
        paths = re.findall(r"`([\w./]+)`", where)
        assert paths, about
        assert all((ROOT / path).is_file() for path in paths), about


def test_the_page_on_installing_has_every_extra() -> None:
    """Its table lists what pip can install beside the package, sorted, but for `lab`."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
        "optional-dependencies"
    ]
    text = (ROOT / "docs" / "install.md").read_text("utf-8")
    table = text[text.index("| extra | for |") : text.index("What needs an extra")]
    listed = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert listed == sorted(set(extras) - {"lab"})
