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
_unheld: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()


def adopt(thing: Any, *, is_held: bool = True) -> None:
    """Note that the running cell made `thing`; end what earlier runs of the cell made.

    Called by constructors on the main thread. Outside a notebook cell nothing is replaced, and what the
    new thing uses stays.

    Parameters
    ----------
    thing
        It has a method `_replaced` or `close`.
    is_held
        Whether it lives on without a reference to it, until `forget`.
    """
    if is_held:
        _living[id(thing)] = thing
    else:
        _unheld[id(thing)] = thing
    request = _running_request()
    if request is None:
        return
    cell, execution = request
    made = _cells.get(cell)
    if made is None or made.execution != execution:
        _cells[cell] = _Made(execution)
        if made is not None:
            _replace(made, by=thing)
    _cells[cell].things.append(weakref.ref(thing))


def forget(thing: Any) -> None:
    """Undo `adopt`: `thing` was closed."""
    _living.pop(id(thing), None)
    _unheld.pop(id(thing), None)


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


def _replace(made: _Made, by: Any) -> None:
    used = _used_by(by)
    ended = []
    for reference in reversed(made.things):
        thing = reference()
        if thing is not None and _lives(thing):
            if any(thing is other for other in used):  # such as a source that is made once
                adopt(thing, is_held=id(thing) in _living)
            else:
                ended.append(thing)
    ending.close_all(ended, _end)


def _used_by(thing: Any) -> list[Any]:
    """Return what a thing cannot do without: the analyzer of a chart, and its source."""
    used = [getattr(thing, name, None) for name in ("analyzer", "source")]
    return [other for other in used if other is not None]


def _lives(thing: Any) -> bool:
    return id(thing) in _living or id(thing) in _unheld


def _end(thing: Any) -> None:
    if _lives(thing):  # what ended before may have taken it along
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
