"""Install Debian's packages, where this is root on a machine with apt-get."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

INSTALL_TIMEOUT = 900.0
POLICY = Path("/usr/sbin/policy-rc.d")
"""A program that Debian's packages ask whether they may start their service."""
MAY_NOT_START = "#!/bin/sh\nexit 101\n"


def is_usable() -> bool:
    """Return whether this is root on a machine with apt-get."""
    is_root = getattr(os, "geteuid", lambda: -1)() == 0
    return is_root and shutil.which("apt-get") is not None


def install(*packages: str) -> bool:
    """Install packages without starting their services; return whether that worked.

    The lists of packages may be fresh: new ones are worth a download only when the install fails.
    """
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    with _services_stay_off():
        return run(command) or (run(["apt-get", "update"]) and run(command))


@contextlib.contextmanager
def _services_stay_off() -> Iterator[None]:
    """Let no package that is installed start a server of its own."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text(MAY_NOT_START)
    try:
        POLICY.chmod(0o755)
        yield
    finally:
        POLICY.unlink(missing_ok=True)


def run(command: list[str]) -> bool:
    """Run `command` with its output on standard error; return whether it succeeded."""
    print("+", " ".join(command), file=sys.stderr)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            env=environment,
            timeout=INSTALL_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return False
    return done.returncode == 0
