"""Who made what: a cell that runs again ends what it made before; `stop_all()` ends everything."""

from __future__ import annotations

import sys
import weakref
from typing import Any, Protocol

from nbstream import ending

__all__ = ["adopt", "forget", "living"]


class Owned(Protocol):
    """What can be ended: it stops its threads and says why."""

    @property
    def explicit_name(self) -> str | None:
        """The name that a user gave, if any."""
        ...

    def close(self) -> None:
        """End it for good."""
        ...


class _Made:
    """What one execution of a cell made."""

    def __init__(self, execution: str) -> None:
        self.execution = execution
        self.things: list[weakref.ref[Any]] = []


_cells: dict[str, _Made] = {}
_living: dict[int, Any] = {}


def adopt(thing: Owned) -> None:
    """Note that the running cell made `thing`; end what earlier runs of the cell made.

    Called by constructors on the main thread. Outside a notebook cell nothing is replaced.
    """
    _living[id(thing)] = thing
    request = _running_request()
    if request is None:
        return
    cell, execution = request
    made = _cells.get(cell)
    if made is None or made.execution != execution:
        _cells[cell] = _Made(execution)
        if made is not None:
            _replace(made)
    _cells[cell].things.append(weakref.ref(thing))


def forget(thing: Owned) -> None:
    """Undo `adopt`: `thing` was closed."""
    _living.pop(id(thing), None)


def living() -> list[Any]:
    """Return what was made and not closed, oldest first."""
    return list(_living.values())


def replace_named(thing: Owned, name: str | None) -> None:
    """End older things of the same kind with an equal explicit name."""
    if name is None:
        return
    same = [o for o in living() if o is not thing and _kind(o) == _kind(thing)]
    ending.close_all([other for other in same if other.explicit_name == name], _end)


def _kind(thing: Any) -> tuple[str, str]:
    # Not the class itself: traitlets gives a widget with added traits a class of its own.
    return type(thing).__module__, type(thing).__name__


def _replace(made: _Made) -> None:
    things = [thing for reference in reversed(made.things) if (thing := reference()) is not None]
    ending.close_all([thing for thing in things if id(thing) in _living], _end)


def _end(thing: Any) -> None:
    if id(thing) in _living:  # what ended before may have taken it along
        end = getattr(thing, "_replaced", None) or thing.close
        end()


def _running_request() -> tuple[str, str] | None:
    """Return the id of the cell that is running, and of this execution of it."""
    if "ipykernel" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:
        return None
    parent = kernel.get_parent("shell")
    if parent.get("header", {}).get("msg_type") != "execute_request":
        return None
    cell = parent.get("metadata", {}).get("cellId")
    return (cell, parent["header"]["msg_id"]) if cell else None
