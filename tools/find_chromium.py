"""Find a Chromium for the browser tests and print its path.

`python -m tools.find_chromium` looks, in this order, at

1. the environment variable NBSTREAM_CHROMIUM,
2. an installed Chrome, Chromium or Edge,
3. the Chromium that playwright downloaded.

With `--install` a missing one is installed: Debian's own package when run as root on Debian, else
playwright's download (on Ubuntu as root with the libraries that it needs). Exit code 1 and a
sentence say what to do when there is still none.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from tools import apt

VARIABLE = "NBSTREAM_CHROMIUM"
ADVICE = (
    "No Chromium found. Install Google Chrome or Chromium, or run "
    f"'python -m playwright install chromium', or set {VARIABLE} to a browser's path."
)
COMMANDS = (
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "chrome",
    "microsoft-edge",
)
MAC_APPLICATIONS = (
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Chromium.app/Contents/MacOS/Chromium",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
WINDOWS_PROGRAMS = (
    r"Google\Chrome\Application\chrome.exe",
    r"Chromium\Application\chrome.exe",
    r"Microsoft\Edge\Application\msedge.exe",
)


class NotFoundError(RuntimeError):
    """There is no usable Chromium; the message says what to install."""


def from_environment() -> str | None:
    """Return the browser named by NBSTREAM_CHROMIUM, None if the variable is not set.

    Raises
    ------
    NotFoundError
        If the variable names no file: a wrong setting shall not be passed over in silence.
    """
    path = os.environ.get(VARIABLE)
    if not path:
        return None
    if not Path(path).is_file():
        raise NotFoundError(f"{VARIABLE} names no file (got {path!r}).")
    return path


def installed() -> str | None:
    """Return an installed browser of the Chromium family, None if there is none."""
    system = platform.system()
    if system == "Darwin":
        folders = [Path("/Applications"), Path.home() / "Applications"]
        candidates = [folder / name for name in MAC_APPLICATIONS for folder in folders]
    elif system == "Windows":
        variables = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
        folders = [Path(os.environ[name]) for name in variables if name in os.environ]
        candidates = [folder / name for name in WINDOWS_PROGRAMS for folder in folders]
    else:
        candidates = []
    for candidate in candidates:
        if candidate.is_file():
            return str(candidate)
    for command in COMMANDS:
        path = shutil.which(command)
        # Ubuntu's chromium-browser can be a placeholder that only says "install the snap".
        if path is not None and runs(path):
            return path
    return None


def runs(path: str) -> bool:
    """Return whether the browser at `path` starts far enough to tell its version."""
    if platform.system() == "Windows":
        return True  # chrome.exe --version opens a window there
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def downloaded() -> str | None:
    """Return the Chromium that playwright downloaded, None if there is none."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def find() -> str | None:
    """Return the path of the first Chromium found, None if there is none.

    Raises
    ------
    NotFoundError
        If NBSTREAM_CHROMIUM is set and names no file.
    """
    return from_environment() or installed() or downloaded()


def install() -> None:
    """Install a Chromium by the means of this machine.

    Everything shows on standard error, for standard output carries the path alone.
    """
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if apt.is_usable():
        if has_debian_package() and apt.install("chromium"):
            return
        command.append("--with-deps")
    apt.run(command)


def has_debian_package() -> bool:
    """Return whether apt-get's Chromium is a real one: Ubuntu's only points to a snap."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return False
    return release.get("ID") == "debian"


def main(arguments: list[str] | None = None) -> int:
    """Print the path and return 0, or say what to install and return 1."""
    parser = argparse.ArgumentParser(description="Find a Chromium for the browser tests.")
    parser.add_argument("--install", action="store_true", help="install one if there is none")
    options = parser.parse_args(arguments)
    try:
        path = find()
        if path is None and options.install:
            install()
            path = find()
    except NotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    if path is None:
        print(ADVICE, file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
