"""What `cut`, `merge` and `export` share: recordings written as another one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbstream.commands.exits import say
from nbstream.recording.copying import copy_recordings
from nbstream.recording.opening import told_of

if TYPE_CHECKING:
    from nbstream.recording.opening import Recorded

__all__ = ["copied"]


def copied(found: list[Recorded], target: str, **options: Any) -> int:
    """Write recordings as one, close them, say what came of it, and return how many rows that has.

    Raises
    ------
    FileNotFoundError
        If the folder is not there.
    Exception
        As `copy_recordings`.
    """
    path = Path(target)
    try:
        if not path.absolute().parent.is_dir():
            message = f"There is no folder {str(path.parent)!r}."
            raise FileNotFoundError(message)
        n = copy_recordings(found, path, **options)
        say(f"{path}: {n:,} rows")
        gaps = [gap for recording in found for gap in recording.description.gaps]
        missing = told_of([*gaps, *(gap for recording in found for gap in recording.lost)])
        if missing:
            say(missing)
        return n
    finally:
        for recording in found:
            recording.close()
