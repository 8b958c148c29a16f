"""The pages of docs/ and what is in them, as the tests ask for it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FENCE = re.compile(r"^(?P<marks>`{3,})(?P<about>[^\n]*)\n(?P<text>.*?)^(?P=marks)\s*$", re.M | re.S)


def papers() -> list[Path]:
    """Return what people read: the papers of the repository and the pages of docs/."""
    loose = [path for path in ROOT.glob("*.md") if path.name != "CHANGELOG.md"]
    return [*sorted(loose), *sorted(DOCS.rglob("*.md"))]


def anchors(text: str) -> set[str]:
    """Return the names that a page's headings have, by the rule that the repository and the site share."""
    found: set[str] = set()
    for heading in re.findall(r"^#{1,6} +(.+?)\s*$", FENCE.sub("", text), re.M):
        words = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        n = 0
        while (name := f"{slug}-{n}" if n else slug) in found:
            n += 1
        found.add(name)
    return found


def links(text: str) -> list[str]:
    """Return where the links and pictures of a page lead."""
    prose = re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))
    return re.findall(r"\]\(\s*([^)\s]+)\s*\)", prose)
