"""The source of a text given to `watch`, on the command line too: a path, a pattern, an address, a port."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbstream.recording.replay import Replay
from nbstream.sources import LogSource, ParquetSource, SerialSource
from nbstream.sources.addresses import scheme_of, source_for
from nbstream.sources.options import options_of
from nbstream.widgets.door import (
    existing_file,
    is_alone,
    is_elsewhere,
    is_parquet,
    is_recording,
    is_serial_port,
    kind_of_file,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nbstream.sources import Source

__all__ = ["source_of_text"]


def source_of_text(
    text: str,
    options: Mapping[str, Any],
    *,
    wait: bool = False,
    interval: float = 1.0,
    check: Callable[[Any], None] | None = None,
) -> Source:
    """Return the source of what a text names; it is not started.

    Parameters
    ----------
    text
        The path of a file or a pattern of several, an address, a serial port, or "system".
    options
        Of the source. Parquet, recordings too, is played as fast as possible if they don't say ``speed``.
    wait
        Whether to wait for a file that does not exist yet.
    interval
        Seconds between two looks, for what is asked again and again.
    check
        Is called with the class before it is made, to refuse options.

    Raises
    ------
    FileNotFoundError
        If there is no such file and `wait` is False.
    IsADirectoryError
        If it is a directory.
    ValueError
        If it is an address, a device or a file of another kind; the message shows what reads it.
    """
    kind, what, options = _kind_of(text, dict(options), wait=wait, interval=interval)
    if check is not None:
        check(kind)
    named = scheme_of(text) or is_alone(text)
    make = kind.from_url if named and hasattr(kind, "from_url") else kind
    made: Source = make(what, **options)
    return made


def _kind_of(
    text: str, options: dict[str, Any], *, wait: bool, interval: float
) -> tuple[Any, str | Path, dict[str, Any]]:
    """Return the class of the source, what it is made of, and its options."""
    if is_parquet(text):
        options = {"speed": None, **options}
        if is_recording(text):
            return Replay, text, options
        if scheme_of(text) in ("", "file") and not os.path.isdir(text):
            text = str(existing_file(text, wait=wait))
        return ParquetSource, text, options
    named = source_for(scheme_of(text) or (text if is_alone(text) else ""))
    if named is not None:
        if "interval" in options_of(named):
            options = {"interval": interval, **options}
        return named, text, options
    if is_serial_port(text):
        return SerialSource, text, options
    path = text if is_elsewhere(text) else existing_file(text, wait=wait)
    return (LogSource if "pattern" in options else kind_of_file(Path(path))), path, options
