"""Where a recording is written: one file or numbered ones, and what of earlier recordings is in the way."""

from __future__ import annotations

import glob
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nbstream.recording.converting import folder_of, require_suffix

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["Places", "numbered_files"]


def numbered_files(path: Path) -> list[Path]:
    """Return what there is of ``run-0001.parquet`` and so on, files and folders of parts, by number."""
    name = f"{glob.escape(path.stem)}-[0-9][0-9][0-9][0-9]{glob.escape(path.suffix)}"
    pattern = glob.escape(str(path.parent)) + f"/{name}"
    return sorted(map(Path, [*glob.glob(pattern), *glob.glob(f"{pattern}.part")]))


class Places:
    """The files of one recording.

    Parameters
    ----------
    path
        What it was called; "~" is the home folder.
    is_numbered
        Whether there may be several files.
    overwrite
        Whether files of these names may be replaced.

    Raises
    ------
    ValueError
        If it can't be called so.

    Notes
    -----
    Thread safety: one thread at a time.
    """

    def __init__(self, path: str | PathLike[str], *, is_numbered: bool, overwrite: bool) -> None:
        self.path = Path(path).expanduser()
        require_suffix(self.path)
        self._is_numbered, self._overwrite = is_numbered, overwrite
        self._n_files = 0
        self._earlier: list[Path] = []

    def require_folder(self) -> None:
        """Raise FileNotFoundError if there is no folder for the file."""
        folder = self.path.parent
        if not folder.is_dir():
            msg = f"There is no folder {str(folder)!r} for {self.path.name!r}. Make it first."
            raise FileNotFoundError(msg)

    def find_earlier(self) -> None:
        """Find the numbered files of an earlier recording.

        Raises
        ------
        FileExistsError
            If there are some, and they may not be replaced.
        """
        if self._is_numbered:
            self._earlier = numbered_files(self.path)
            for there in self._earlier:
                self._require_overwrite(there)

    def next(self) -> Path:
        """Return where the next file will be; the parts of an earlier one are removed there.

        Raises
        ------
        FileExistsError
            If there is such a file, or the parts of one, and it may not be replaced.
        """
        path = self.path
        if self._is_numbered:
            self._n_files += 1
            path = self.numbered(self._n_files)
        for there in (path, folder_of(path)):
            if there.exists():
                self._require_overwrite(there)
                if there.is_dir():
                    shutil.rmtree(there)
        return path

    def numbered(self, number: int) -> Path:
        """Return the name of a numbered file."""
        return self.path.with_name(f"{self.path.stem}-{number:04d}{self.path.suffix}")

    def remove_earlier(self) -> None:
        """Remove what an earlier recording left beyond the last file: it would be played with these."""
        ours = {self.numbered(number) for number in range(1, self._n_files + 1)}
        for there in self._earlier:
            if there not in ours and there.with_suffix("") not in ours:
                with suppress(OSError):
                    shutil.rmtree(there) if there.is_dir() else there.unlink()

    def _require_overwrite(self, there: Path) -> None:
        if not self._overwrite:
            msg = f"{str(there)!r} exists. Pass overwrite=True, or give the recording another name."
            raise FileExistsError(msg)
