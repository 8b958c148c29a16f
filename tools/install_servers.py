"""Install the servers that the tests of sources talk to, or name those that are missing.

`python -m tools.install_servers` installs Debian's packages when run as root on Debian or Ubuntu. Elsewhere
it names what is missing and ends well: the tests of a server that is not there are skipped, with the reason.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tools import apt

PACKAGES = {
    "mosquitto": "mosquitto",
    "redis-server": "redis-server",
    "initdb": "postgresql",
    "prometheus-node-exporter": "prometheus-node-exporter",
}
"""The Debian package of each program."""
FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin")
"""Where servers lie that are in no user's PATH."""


POSTGRES = Path("/usr/lib/postgresql")
"""Where Debian puts PostgreSQL: a folder per version."""


def find(program: str) -> str | None:
    """Return the path of a server's program, None if it is not installed."""
    postgres = sorted(POSTGRES.glob("*/bin"), reverse=True)
    for folder in (None, *FOLDERS, *map(str, postgres)):
        path = shutil.which(program, path=folder)
        if path is not None:
            return path
    return None


def missing() -> list[str]:
    """Return the programs that are not installed."""
    return [program for program in PACKAGES if find(program) is None]


def main() -> int:
    """Install what is missing, or name it; never fail."""
    if missing() and apt.is_usable():
        apt.install(*(PACKAGES[program] for program in missing()))
    for program in missing():
        package = PACKAGES[program]
        print(
            f"Not installed: {program} (Debian's {package}); its tests are skipped.",
            file=sys.stderr,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
