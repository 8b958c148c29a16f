"""Links of the papers lead somewhere, in the repository; `make docs` checks them once more on the site."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.pages import DOCS, ROOT, anchors, links, papers


@pytest.mark.parametrize("paper", papers(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(paper: Path) -> None:
    """Each file that a link or a picture names is there, and has the heading that the link names."""
    for target in links(paper.read_text("utf-8")):
        parts = urlsplit(target)
        if parts.scheme:
            assert parts.scheme == "https", target
            assert parts.netloc, target
            continue
        there = (paper.parent / unquote(parts.path)).resolve() if parts.path else paper
        assert there.exists(), f"{paper.name} leads to {target}"
        assert there.is_relative_to(ROOT), target
        if parts.fragment:
            assert unquote(parts.fragment) in anchors(there.read_text("utf-8")), target


def test_what_leads_out_of_the_pages_is_a_file_that_a_site_can_offer() -> None:
    """A page of docs/ leads to other pages, or to notebooks, never to a Markdown paper elsewhere."""
    for page in DOCS.rglob("*.md"):
        for target in links(page.read_text("utf-8")):
            parts = urlsplit(target)
            there = (page.parent / unquote(parts.path)).resolve()
            if not parts.scheme and parts.path and not there.is_relative_to(DOCS):
                assert there.suffix == ".ipynb", f"{page.name} leads to {target}"


def test_the_names_of_headings() -> None:
    """They are those that the repository's host makes."""
    text = (
        "# How it's done: `x`, 5 %\n\n## A\n\n```sh\n# no heading\n```\n\n## A\n\n### [b](c.md) d\n"
    )
    assert anchors(text) == {"how-its-done-x-5-", "a", "a-1", "b-d"}
