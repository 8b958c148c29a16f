"""PostgreSQL."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import ClassVar

from tests.counterparts.ports import HOST
from tests.counterparts.server import NOBODY, Server


class Postgres(Server):
    """A database whose user "postgres" needs no password; its tables outlive a restart.

    It loses what a power cut would lose, for nothing waits for the disk.
    """

    program = "initdb"
    refuses_root = True

    _template: ClassVar[Path | None] = None
    """The files of a new database: making them takes longer than copying them."""

    def prepare(self) -> None:
        """Give the database its files, once."""
        if not (self.folder / "data").exists():
            template = Postgres._template or self._make_template()
            self.run(["cp", "-a", str(template), str(self.folder / "data")])

    def _make_template(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        if self._as_nobody():
            os.chown(folder, NOBODY, NOBODY)
        data = folder / "data"
        self.run(
            [
                *(str(self.path), "-D", str(data), "-U", "postgres"),
                *("-A", "trust", "-E", "UTF8", "--locale=C", "-N"),
            ]
        )
        Postgres._template = data
        return data

    def command(self) -> list[str]:
        """Return the server, listening on this machine only."""
        return [
            *(str(self.path.resolve().with_name("postgres")), "-D", str(self.folder / "data")),
            *("-p", str(self.port), "-h", HOST, "-k", str(self.folder), "-F"),
        ]

    def answers(self) -> bool:
        """Return whether it lets people in."""
        ready = self.path.resolve().with_name("pg_isready")
        if not ready.exists():
            return super().answers()
        try:
            self.run([str(ready), "-q", "-h", HOST, "-p", str(self.port)])
        except AssertionError:
            return False
        return True

    def url(self, driver: str = "psycopg") -> str:
        """Return the address of its first database, as SQLAlchemy takes it."""
        return f"postgresql+{driver}://postgres@{HOST}:{self.port}/postgres"
