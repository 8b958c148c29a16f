"""What a terminal can show."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

__all__ = ["Abilities", "abilities_of"]

NO_UNICODE = frozenset({"C", "POSIX"})


class Abilities(NamedTuple):
    """What can be shown."""

    is_terminal: bool
    """Whether lines can be drawn over again."""
    has_unicode: bool
    """Whether there are signs beyond ASCII: the dots of a chart."""


def abilities_of(
    output: TextIO | None = None, environment: Mapping[str, str] = os.environ
) -> Abilities:
    """Return what the terminal of an output can show; None is the standard output.

    Python takes any terminal for one of UTF-8 where the locale is C (PEP 538, 540), so the environment is
    asked too: one that says C is believed.
    """
    output = sys.stdout if output is None else output
    is_terminal = output.isatty() and environment.get("TERM", "dumb") not in ("", "dumb")
    try:
        "⣿…".encode(output.encoding or "ascii")
    except (UnicodeError, LookupError):
        return Abilities(is_terminal, False)
    said = environment.get("LC_ALL") or environment.get("LANG") or environment.get("LC_CTYPE") or ""
    return Abilities(is_terminal, said not in NO_UNICODE)
