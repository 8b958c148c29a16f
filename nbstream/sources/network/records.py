"""Where the readings are in a JSON document: a list of records, or a table, in a wrapping of other things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nbstream.sources.item_parts import flatten, may_be_date
from nbstream.sources.times.names import key_rank

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nbstream.sources.item_parts import Step
    from nbstream.sources.item_times import ItemTimes

__all__ = ["Records", "find_records", "time_name_of"]

MAX_DEPTH = 5
SAMPLE = 3
"""Records that are looked into."""
MADE = ("created", "updated", "modified", "generated", "last_")
"""How names begin that say when a document, not a reading, was made."""
NAMES_OF_COLUMNS = ("columns", "fields", "header", "headers")
NAMES_OF_ROWS = ("values", "rows", "data", "result")


class Records(NamedTuple):
    """The readings in a document."""

    rows: list[dict[str, Any]] | None
    """None if there is no list of them, or it isn't clear that they are meant."""
    paths: tuple[str, ...]
    """Where lists of them stand, as "data.rows"; "" is the document itself."""


def find_records(item: Any, times: ItemTimes, named: str | None = None) -> Records:
    """Return the list of readings in a document: its only one, where nothing else has a time.

    A reading has a time of its own, under the name `named` if that is given. A list of them may be one of
    objects, a dict of lists of which one holds times (as Open-Meteo's), a list of rows below one of names (as
    NOAA's), or an object of names and rows (as InfluxDB's).
    """
    found: list[tuple[tuple[Step, ...], list[dict[str, Any]]]] = []
    is_timed = False
    for path, inner in _walk(item, (), 0):
        rows = _rows(inner)
        if rows and all(time_name_of(row, times, named) is not None for row in rows[:SAMPLE]):
            found.append((path, rows))
        elif not rows and isinstance(inner, dict):
            is_timed = is_timed or _is_timed(inner, times)
    paths = tuple(_as_text(path) for path, _ in found)
    return Records(found[0][1] if len(found) == 1 and not is_timed else None, paths)


def time_name_of(row: dict[str, Any], times: ItemTimes, named: str | None = None) -> str | None:
    """Return the flat name of the time of a record, None if it has none, or nothing else."""
    leaves: dict[str, Any] = {}
    flatten(row, "", leaves, MAX_DEPTH)
    if len(leaves) < 2:
        return None
    if named is not None:
        return named if times.read_named(leaves.get(named)) is not None else None
    leaves = {name: value for name, value in leaves.items() if not name.endswith("]")}
    ranked = [(key_rank(name.rpartition(".")[2]), name) for name in leaves]
    for _, name in sorted((rank, name) for rank, name in ranked if rank is not None):
        if times.read(leaves[name]) is not None:
            return name
    return next((n for n, x in leaves.items() if may_be_date(x) and times.read(x)), None)


def _is_timed(item: dict[str, Any], times: ItemTimes) -> bool:
    """Return whether values beside lists and objects say when all that was, and not when it was made."""
    return any(
        (key_rank(name) is not None or may_be_date(value))
        and not name.startswith(MADE)
        and times.read(value) is not None
        for name, value in item.items()
        if value.__class__ not in (dict, list)
    )


def _walk(item: Any, path: tuple[Step, ...], depth: int) -> Iterator[tuple[tuple[Step, ...], Any]]:
    """Yield what may be a list of readings, and objects on the way, with their paths.

    A list of one object is looked into first: it may be a reading, or wrap a list.
    """
    is_single = isinstance(item, list) and len(item) == 1 and item[0].__class__ is dict
    if is_single and depth < MAX_DEPTH:
        inner = list(_walk(item[0], (*path, 0), depth + 1))
        if any(_rows(value) for _, value in inner):
            yield from inner
            return
    if _rows(item):
        yield path, item
    elif depth < MAX_DEPTH and isinstance(item, dict):
        yield path, item
        for key, inner in item.items():
            if inner.__class__ in (dict, list):
                yield from _walk(inner, (*path, key), depth + 1)


def _rows(item: Any) -> list[dict[str, Any]]:
    """Return what may be records as dicts, nothing if it can be none."""
    if isinstance(item, list):
        if not item:
            return []
        if all(row.__class__ is dict for row in item):
            return item
        return _under_header(item[0], item[1:])
    if not isinstance(item, dict) or not item:
        return []
    for names in NAMES_OF_COLUMNS:
        for rows in NAMES_OF_ROWS:
            if names in item and rows in item and (found := _under_header(item[names], item[rows])):
                return found
    lists = {key: value for key, value in item.items() if isinstance(value, list)}
    n_rows = {len(column) for column in lists.values()}
    is_table = (
        len(lists) > 1 and len(n_rows) == 1 and any(key_rank(key) is not None for key in lists)
    )
    if not is_table or any(
        value.__class__ in (dict, list) for c in lists.values() for value in c[:1]
    ):
        return []
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def _under_header(names: Any, rows: Any) -> list[dict[str, Any]]:
    """Return rows with the names above them, nothing if they aren't that."""
    if not isinstance(names, list) or not isinstance(rows, list) or len(names) < 2 or not rows:
        return []
    names = [name.get("name") if isinstance(name, dict) else name for name in names]
    is_header = len({name for name in names if isinstance(name, str) and name}) == len(names)
    if not is_header or not all(isinstance(row, list) and len(row) == len(names) for row in rows):
        return []
    return [dict(zip(names, row, strict=True)) for row in rows]


def _as_text(path: Sequence[Step]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.lstrip(".")
