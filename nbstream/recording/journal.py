"""`events.jsonl` beside the parts: what happened, and a checksum for each batch and for each line."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["JOURNAL", "line_of", "read_journal"]

JOURNAL = "events.jsonl"
MAX_LINE = 16 * 2**20
"""Bytes of a line; a longer one is no line of ours."""
_ENDING = re.compile(rb',"crc":"([0-9a-f]{8})"\}$')


def line_of(kind: str, facts: dict[str, Any]) -> bytes:
    """Return one line: a JSON object whose last member is the checksum of what stands before it."""
    text = json.dumps({"kind": kind, **facts}, separators=(",", ":"), allow_nan=False)
    body = text[:-1].encode("ascii")
    return body + b',"crc":"%08x"}\n' % crc32(body)


def read_journal(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Return the sound lines of a journal in their order, and how many are damaged or cut off.

    A journal that is not there has no lines.
    """
    found: list[dict[str, Any]] = []
    n_damaged = 0
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return found, 0
    for line in content.split(b"\n"):
        if not line:
            continue
        facts = _facts(line) if len(line) <= MAX_LINE else None
        if facts is None:
            n_damaged += 1
        else:
            found.append(facts)
    return found, n_damaged


def _facts(line: bytes) -> dict[str, Any] | None:
    ending = _ENDING.search(line)
    if ending is None or int(ending[1], 16) != crc32(line[: ending.start()]):
        return None
    try:
        facts = json.loads(line)
    except ValueError:
        return None
    return facts if isinstance(facts, dict) and isinstance(facts.get("kind"), str) else None
