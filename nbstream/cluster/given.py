"""What a DaskSource is given: a client, parts or futures, and a function; what is none of them is refused."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any

from nbstream.cluster.parts import Part
from nbstream.sources.wording import explain, shorten

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["n_arguments", "parts_of_function", "parts_of_futures", "require_client"]

MAX_PARTS = 100_000


def require_client(client: Any) -> None:
    """Raise TypeError unless `client` is one that a source's thread can ask."""
    from distributed import Client

    if not isinstance(client, Client):
        message = f"DaskSource needs a distributed.Client (got {type(client).__name__})."
        raise TypeError(message)
    if client.asynchronous:
        message = "DaskSource needs a client of a plain loop: make it without asynchronous=True."
        raise TypeError(message)


def parts_of_function(
    function: Callable[..., Any], parts: Iterable[Any] | int | None
) -> list[Part]:
    """Return a part for each thing that a function is to be given.

    Raises
    ------
    TypeError
        If `parts` is neither several things nor a number, or the function can't be sent to workers.
    ValueError
        If there are none, or too many.
    """
    _require_sendable("'function'", function)
    if parts is None:
        return [Part(0, None, "0")]
    if isinstance(parts, int) and not isinstance(parts, bool):
        parts = range(parts)
    if isinstance(parts, (str, bytes)) or not isinstance(parts, Iterable):
        message = f"'parts' must be several things or a number (got {parts!r:.80}). Write [{parts!r:.40}]."
        raise TypeError(message)
    given = _few(parts)
    _require_sendable("the first of 'parts'", given[0])
    return [Part(number, part, shorten(repr(part), 40)) for number, part in enumerate(given)]


def parts_of_futures(client: Any, futures: Any, parts: object) -> list[Part]:
    """Return a part for each future; what is delayed becomes one.

    Raises
    ------
    TypeError
        If they are no futures, or parts are given too.
    ValueError
        If there are none, or too many.
    """
    from distributed import Future

    if not isinstance(futures, Iterable) or isinstance(futures, (str, bytes)):
        message = f"DaskSource needs futures or a function (got {type(futures).__name__})."
        raise TypeError(message)
    if parts is not None:
        message = "'parts' go with a function; futures are parts already."
        raise TypeError(message)
    given = _few(futures)
    for one in given:
        if not (isinstance(one, Future) or hasattr(one, "__dask_graph__")):
            message = (
                f"DaskSource needs futures or a function (got {type(one).__name__} among them)."
            )
            raise TypeError(message)
    begun = [one if isinstance(one, Future) else client.compute(one) for one in given]
    return [Part(number, future, str(number)) for number, future in enumerate(begun)]


def _require_sendable(what: str, thing: Any) -> None:
    from distributed.protocol import pickle

    try:
        pickle.dumps(thing)  # type: ignore[no-untyped-call]
    except Exception as error:
        message = (
            f"Workers can't be sent {what}: {explain(error)}. "
            "Let the function open on the worker what it needs: files, connections, locks."
        )
        raise TypeError(message) from error


def _few(things: Iterable[Any]) -> list[Any]:
    """Return things as a list, if there are some and not too many; of endless ones no more is taken."""
    found = list(islice(things, MAX_PARTS + 1))
    if not 1 <= len(found) <= MAX_PARTS:
        n = "0" if not found else f"more than {MAX_PARTS:,}"
        message = f"There must be from 1 to {MAX_PARTS:,} parts (got {n})."
        raise ValueError(message)
    return found


def n_arguments(function: Callable[..., Any], *, has_parts: bool) -> int:
    """Return how many arguments a function is given.

    Raises
    ------
    TypeError
        If it yields, is asynchronous, or takes too many.
    """
    if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function):
        message = "'function' must return readings; it yields, or is asynchronous."
        raise TypeError(message)
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return int(has_parts)
    places = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    n_needed = sum(p.default is p.empty for p in places)
    if n_needed > 2:
        message = (
            f"'function' takes nothing, a part, or a part and a position (it takes {n_needed})."
        )
        raise TypeError(message)
    return n_needed if n_needed or not has_parts else min(1, len(places))
