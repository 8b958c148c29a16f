"""A growing file of JSON, a reading a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from nbstream.sources.files.json.decode import UNDECODED, decode_at_once, decode_lines
from nbstream.sources.files.named_lines import NamedLinesSource
from nbstream.sources.item_parts import as_path, value_at
from nbstream.sources.lines.format import read_json
from nbstream.sources.wording import shorten

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo

__all__ = ["JsonLinesSource"]

ENDS = b" \t\r\n\x1e"
"""What may stand around an object; RFC 7464 has a record separator in front of each."""


class JsonLinesSource(NamedLinesSource):
    """Reads a file with one JSON object a line, those that are there and those that are added.

    Parameters
    ----------
    path
        The file. While it is missing the state is CONNECTING.
    time
        Name of the time in each object, "meta.ts" of one that is nested; None finds it by the usual
        names (time, timestamp, ts, @timestamp, date …) and by what looks like a date; False asks for
        the time at which each line was read, which lines without a time get too.
    channels
        Names of the values to read; None reads every one that is a number.
    timezone
        Zone of times that name none: an IANA name, a tzinfo, or None for the local zone.
    from_start
        False reads only what is added to a file that exists.
    at
        Where in each object the readings are, such as "data.points" or "result[0]": an object, or a
        list of them. None is the object itself.
    states
        Names of words to read ("RUN", "IDLE"), each a channel of words.
    pivot
        Name of the text that names the channels, where ``{"sensor": "t1", "value": 21.5}`` is a reading
        of channel "t1"; values of other names are channels such as "t1.humidity".
    poll_interval
        Seconds between two looks at the file.
    max_line_bytes
        Longer lines are dropped and counted.
    **options
        As for every `Source`: buffer, name, units, na_values, clock.

    Raises
    ------
    TypeError, ValueError
        If an option cannot be what it is.

    Notes
    -----
    What is nested is named "outer.inner", elements of lists "xs[0]". Numbers in quotes are numbers, with
    units too ("45 %"), true and false are 1 and 0; null, NaN and what is no number beside numbers of
    the same name are missing readings. Other texts are left out; a note counts them and shows the first.
    Fields may come and go: a channel has the readings that name it.

    A line that is no JSON, or that holds no number or not the time that was named, is rejected: it costs
    itself. A file that is one JSON document over many lines, a list of readings say, is read
    whole, and again when it is written anew. See `nbstream.sources.files.tail.FileTail` for what may
    happen to the file; lines that a file written anew repeats are passed over.

    With orjson installed (``pip install "nbstream[json]"``) lines are read about four times as fast.

    Thread safety: any thread.
    """

    kind = "json"
    advice = "Pass time='…', channels=[…] or at='…' to say where the readings are."

    def __init__(
        self,
        path: str | os.PathLike[str],
        time: str | Literal[False] | None = None,
        channels: Sequence[str] | str | None = None,
        timezone: str | tzinfo | None = None,
        from_start: bool = True,
        *,
        at: str | Sequence[str | int] | None = None,
        states: Sequence[str] | str = (),
        pivot: str | None = None,
        poll_interval: float = 0.25,
        max_line_bytes: int = 2**20,
        **options: Any,
    ) -> None:
        self._at = as_path(at, "at")
        super().__init__(
            path,
            time=time,
            channels=channels,
            states=states,
            pivot=pivot,
            from_start=from_start,
            poll_interval=poll_interval,
            max_line_bytes=max_line_bytes,
            timezone=timezone,
            **options,
        )

    def _read_lines(self, lines: Iterable[bytes]) -> None:
        whole = list(lines)
        items = decode_at_once(whole)
        is_plain = items is not None and not (self._at or self._reader.lines.is_collecting)
        if items is not None and is_plain and not any("stream" in item for item in items):
            self._read_items(items)
            return
        whole = [line for line in (line.strip(ENDS) for line in whole) if line]
        if self._reader.lines.is_collecting or 1 in map(len, whole):
            super()._read_lines(whole)  # an object over several lines
            return
        items = []
        for line, item in zip(whole, decode_lines(whole), strict=True):
            if item is UNDECODED or isinstance(item, str):
                text = line.decode("utf-8", "replace")
                item = read_json(text)
                if item is None:
                    self._reject(1, f"no object of JSON: {text}")
                    continue
            items += self._readings_in(item)
        self._read_items(items)

    def _read_document(self, found: Any) -> None:
        super()._read_document(self._readings_in(found) if self._at else found)

    def _readings_in(self, item: Any) -> list[Any]:
        """Return the readings in what a line holds."""
        if isinstance(item, dict) and "stream" in item and isinstance(item.get("log"), str):
            return self._readings_of_program(item)
        if self._at:
            found = value_at(item, self._at)
            if found is None:
                where = ".".join(map(str, self._at))
                self._reject(1, f"There is nothing at {where!r}: {shorten(item)}")
                return []
            time = self._time or ""
            when = value_at(item, time.split(".")) if time else None
            if when is not None and isinstance(found, dict):
                found = {time: when, **found}
            item = found
        if isinstance(item, list) and all(isinstance(inner, dict) for inner in item):
            return item
        return [item]

    def _readings_of_program(self, item: dict[str, Any]) -> list[Any]:
        """Return what a program said, of which Docker wrote a line: when, and the text of the program."""
        said = read_json(item["log"].strip()) if item["log"].strip() else {}
        if isinstance(said, dict):
            return [{"time": item.get("time"), **said}] if said else []
        try:
            found = self._reader.read_line(item["log"])
        except ValueError as error:
            self._reject(1, str(error))
            return []
        rows = (piece for piece in found if isinstance(piece, tuple))
        return [{"time": item.get("time"), **values} for _, values in rows]
