"""Check the pages that `make docs` built: each link leads somewhere, and nothing is fetched from elsewhere.

    python -m tools.check_site build/docs

Links to other sites are not followed: this runs without a network.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

FETCHED = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "link": "href",
}
UNFETCHED = {"canonical", "next", "prev", "search", "index", "help", "author"}


class Page(HTMLParser):
    """What a page has: names to jump to, where it leads, and what a browser fetches with it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.names: set[str] = {"", "top"}
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what counts of a tag."""
        given = {name: value or "" for name, value in attrs}
        self.names.update(given[name] for name in ("id", "name") if name in given)
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in FETCHED and FETCHED[tag] in given and given.get("rel") not in UNFETCHED:
            self.fetched.append(given[FETCHED[tag]])


def problems(site: Path) -> list[str]:
    """Return a sentence for each link that leads nowhere and each file that is fetched elsewhere."""
    written = [path for path in sorted(site.rglob("*.html")) if "_static" not in path.parts]
    pages = {path.resolve(): Page(path) for path in written}
    found = []
    for path, page in pages.items():
        name = path.relative_to(site.resolve())
        for target in page.fetched:
            parts = urlsplit(target)
            if parts.netloc:
                found.append(f"{name} fetches {target}.")
            elif parts.scheme != "data" and not (path.parent / unquote(parts.path)).is_file():
                found.append(f"{name} shows {target}, which is not there.")
        for target in page.links:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if there in pages:
                if unquote(parts.fragment) not in pages[there].names:
                    found.append(f"{name} leads to {target}, and there is no such place.")
            elif not there.is_file():
                found.append(f"{name} leads to {target}, which is not there.")
    return found


def main() -> None:
    """Print the problems of a site; exit with 1 if there are any, or no pages."""
    site = Path(sys.argv[1])
    found = problems(site)
    n_pages = len(list(site.rglob("*.html")))
    print("\n".join(found) or f"{n_pages} pages in {site}: every link leads somewhere.")
    sys.exit(bool(found) or not n_pages)


if __name__ == "__main__":
    main()
