"""Print the lower bounds of the project's dependencies as pip constraints.

`python tools/lower_bounds.py > constraints.txt` reads pyproject.toml and prints `name==bound` for
every dependency that people get (the extras' too), so that tests run on what they promise.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
BOUND = re.compile(r"(?P<name>[\w.-]+)\s*>=\s*(?P<version>[\w.]+)(?P<marker>\s*;.*)?$")


def lower_bounds(requirements: list[str]) -> list[str]:
    """Return each `name>=bound` of `requirements` as `name==bound`, markers kept.

    Raises
    ------
    ValueError
        If a requirement is no plain lower bound.
    """
    pins = []
    for requirement in requirements:
        match = BOUND.match(requirement)
        if match is None:
            raise ValueError(f"{requirement!r} is not of the form 'name>=bound'.")
        pins.append(f"{match['name']}=={match['version']}{match['marker'] or ''}")
    return pins


def main() -> None:
    """Print one constraint per line."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    requirements = project["dependencies"] + [
        bound for extra in project["optional-dependencies"].values() for bound in extra
    ]
    print("\n".join(lower_bounds(requirements)))


if __name__ == "__main__":
    main()
