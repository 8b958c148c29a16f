"""Sketches beside a file, so that it is summarised once: never needed, and left alone if anything is odd."""

from __future__ import annotations

import json
import os
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.recording.archive.sketches import Sketch

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["cache_beside", "read_sketches", "write_sketches"]

VERSION = 2
Sketches = dict[tuple[str, int], Sketch]
Spans = dict[int, tuple[int, int]]
Found = tuple[Sketches, Spans, list[str], dict[str, list[str]]]
_NONE = Sketch(np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64), 0, 0)


def cache_beside(path: Path) -> Path:
    """Return where the sketches of a file are kept."""
    return path.with_name(f".{path.name}.sketch")


def write_sketches(
    path: Path,
    key: dict[str, Any],
    sketches: Sketches,
    spans: Spans,
    names: list[str],
    labels: dict[str, list[str]],
) -> None:
    """Write sketches in one step.

    Parameters
    ----------
    path
        Where.
    key
        What `read_sketches` compares: plain JSON.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    order = sorted(sketches)
    numbers = {name: number for number, name in enumerate(names)}
    parts = [sketches[of] for of in order] or [_NONE]
    head = {"version": VERSION, "key": key, "names": names, "labels": labels}
    arrays = {
        "head": np.frombuffer(json.dumps(head).encode(), np.uint8),
        "of": np.array(
            [
                [numbers[n], g, len(s.times), s.step_ns, s.block_ns]
                for (n, g), s in zip(order, parts, strict=False)
            ],
            np.int64,
        ).reshape(-1, 5),
        "spans": np.array([[i, *span] for i, span in spans.items()], np.int64).reshape(-1, 3),
        "times": np.concatenate([s.times for s in parts]),
        "values": np.concatenate([s.values for s in parts]),
        "counts": np.concatenate([s.counts for s in parts]).astype(np.int32),
    }
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with beside.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)  # type: ignore[arg-type]
        os.replace(beside, path)
    finally:
        with suppress(OSError):
            beside.unlink()


def read_sketches(path: Path, key: dict[str, Any]) -> Found | None:
    """Return sketches, spans, channels and their labels; None if there are none of this table."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            head = json.loads(found["head"].tobytes())
            if head.get("version") != VERSION or head.get("key") != json.loads(json.dumps(key)):
                return None
            names = [str(name) for name in head["names"]]
            labels = {str(name): [*map(str, texts)] for name, texts in head["labels"].items()}
            rows, spans = found["of"], found["spans"]
            times, values, counts = (
                found["times"],
                found["values"],
                found["counts"].astype(np.int64),
            )
    except (OSError, ValueError, KeyError, EOFError, AttributeError, zipfile.BadZipFile):
        return None
    is_whole = (
        len(times) == len(values) == len(counts) == int(rows[:, 2].sum())
        and times.dtype == np.int64
    )
    if not is_whole or (len(rows) and not 0 <= int(rows[:, 0].max()) < len(names)):
        return None
    sketches, start = {}, 0
    for number, group, n, step_ns, block_ns in rows.tolist():
        part = slice(start, start + n)
        sketches[names[number], group] = Sketch(
            times[part], values[part], counts[part], step_ns, block_ns
        )
        start += n
    return sketches, {i: (first, last) for i, first, last in spans.tolist()}, names, labels
