"""Runs a page as its reader would: block by block, with stand-ins for what is elsewhere.

- a ``python`` block is run with the names of those before it, as a cell of a notebook (`await` included);
- a ``text`` block with a name is a file of that name, which is written before one goes on;
- a ``text`` block without one is what the code above it shows: what was printed, and the value of its last
  expression. That comes from threads, so the last statement is run again until it shows it. "…" is anything;
- a ``sh`` block is commands. Each is run by what the test of the page has for it, and fails without it.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import inspect
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.docs.pages import DOCS, FENCE
from tests.wait import wait_until

SOON = 10.0
Handler = Callable[[str], object]


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the rest of its first line, and its text."""

    language: str
    about: str
    text: str


def blocks_of(page: str) -> list[Block]:
    """Return the fenced blocks of a page of docs/."""
    found = []
    for match in FENCE.finditer((DOCS / f"{page}.md").read_text("utf-8")):
        language, _, about = match["about"].partition(" ")
        found.append(Block(language, about.strip(), match["text"]))
    return found


def is_shown(wanted: str, shown: str) -> bool:
    """Return whether a text is what a page says, where "…" is anything."""
    pattern = r".*".join(re.escape(part) for part in wanted.strip().split("…"))
    lines = "\n".join(line.rstrip() for line in shown.strip().splitlines())
    return re.fullmatch(pattern, lines, re.DOTALL) is not None


class Session:
    """A reader at work.

    Parameters
    ----------
    folder
        Where files are written; it is the working folder.
    swaps
        What stands on the page by what stands for it here: an address by one on 127.0.0.1.
    commands
        What runs a command that begins so.
    """

    def __init__(
        self,
        folder: Path,
        swaps: Mapping[str, str] | None = None,
        commands: Mapping[str, Handler] | None = None,
    ) -> None:
        self.folder = folder
        self.names: dict[str, Any] = {}
        self._swaps = dict(swaps or {})
        self._commands = dict(commands or {})
        self._unused = {*self._swaps, *self._commands}

    def follow(self, page: str) -> None:
        """Do all that a page says."""
        blocks = blocks_of(page)
        for block, following in zip(blocks, [*blocks[1:], None], strict=True):
            if block.language == "text" and block.about:
                (self.folder / block.about).write_text(block.text, "utf-8")
            elif block.language == "sh":
                self._command(block.text)
            elif block.language == "python":
                is_output = following is not None and following.language == "text"
                shows = following.text if is_output and not following.about else None  # type: ignore[union-attr]
                self._python(block.text, shows)
            else:
                assert block.language == "text", f"A block of {block.language!r} on {page}."
        assert self._unused == set(), f"Not on the page: {self._unused}"

    def _command(self, text: str) -> None:
        for line in text.splitlines():
            command = re.sub(r"\s+#.*", "", line).strip()
            begins = [begin for begin in self._commands if command.startswith(begin)]
            assert begins, f"Nothing runs {command!r}."
            self._unused -= set(begins)
            self._commands[begins[0]](command)

    def _python(self, text: str, shows: str | None) -> None:
        for written, ours in self._swaps.items():
            if written in text:
                self._unused.discard(written)
                text = text.replace(written, ours)
        *statements, last = ast.parse(text).body
        self._run(statements)
        if shows is None:
            self._run([last])
            return
        wanted, shown = shows, ""

        def shows_it() -> bool:
            nonlocal shown
            try:
                shown = self._run([last])
            except Exception as error:  # the first reading has not come yet, perhaps
                shown = repr(error)
            return is_shown(wanted, shown)

        wait_until(shows_it, SOON, lambda: f"{wanted!r}; shown is {shown!r}")

    def _run(self, statements: list[ast.stmt]) -> str:
        """Run statements; return what they print, and the value of the last if it is an expression."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            value = None
            for statement in statements:
                value = self._run_one(statement)
            if value is not None:
                said.write(f"{value!r}\n")
        return said.getvalue()

    def _run_one(self, statement: ast.stmt) -> Any:
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        if isinstance(statement, ast.Expr):
            code = compile(ast.Expression(statement.value), "<page>", "eval", flags)
        else:
            code = compile(ast.Module([statement], []), "<page>", "exec", flags)
        value = eval(code, self.names)
        if code.co_flags & inspect.CO_COROUTINE:
            value = asyncio.run(value)
        return value
