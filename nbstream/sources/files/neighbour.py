"""The file that somebody may have meant, where there is none of the name that was given."""

from __future__ import annotations

import os
from pathlib import Path

from nbstream.text.nearest import nearest

__all__ = ["nearest_neighbour"]


def nearest_neighbour(path: str | os.PathLike[str]) -> Path | None:
    """Return the file beside a missing one whose name is most like it, or None.

    Parameters
    ----------
    path
        The path that does not exist.
    """
    missing = Path(path)
    try:
        names = [entry.name for entry in os.scandir(missing.parent) if entry.is_file()]
    except OSError:
        return None
    near = nearest(missing.name, names, cutoff=0.7)
    return None if near is None else missing.parent / near
