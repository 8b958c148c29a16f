"""Who made what: a cell that runs again ends what it made before; `stop_all()` ends everything."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

from nbstream.runtime import ending
from nbstream.runtime.main_thread import MAIN, shell

__all__ = ["OfCell", "adopt", "forget", "living"]


class _Made(NamedTuple):
    """What one execution of a cell made."""

    execution: str
    things: list[weakref.ref[Any]]


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
        _cells[cell] = _Made(execution, [])
        if made is not None:
            _replace(made, by=thing)
    _cells[cell].things.append(weakref.ref(thing))


def forget(thing: Any) -> None:
    """Undo `adopt`: `thing` was closed."""
    _living.pop(id(thing), None)
    _unheld.pop(id(thing), None)
    if threading.current_thread() is threading.main_thread():
        _let_go_of_output(thing)


def living() -> list[Any]:
    """Return what was made and not closed, oldest first."""
    return list(_living.values())


class OfCell:
    """Something that the running cell made: a rule, or a connection to notifiers.

    Parameters
    ----------
    end
        Called when the cell runs again; what earlier runs made ends at once.

    Notes
    -----
    Outside a notebook cell, and on another thread than the main one, nothing ever calls `end`.

    Thread safety: any thread.
    """

    explicit_name = None

    def __init__(self, end: Callable[[], object]) -> None:
        self._replaced = end
        if MAIN.is_current:  # elsewhere there is no telling for which cell it is
            adopt(self)

    def close(self) -> None:
        """Do nothing: `stop_all` leaves it to the analyzer, which tells of its end."""

    def forget(self) -> None:
        """Leave it alone from now on; it has ended."""
        forget(self)


def replace_named(thing: Any, name: str | None) -> None:
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


def _let_go_of_output(thing: Any) -> None:
    """Leave a word instead of `thing` where IPython keeps the values of cells, else for ever: Out, _, _5."""
    ipython = shell()
    if ipython is None:
        return
    names, hook = ipython.user_ns, ipython.displayhook
    kept = names.get("_oh", {})
    numbers = [number for number, value in list(kept.items()) if value is thing]
    recent = [name for name in ("_", "__", "___") if getattr(hook, name, None) is thing]
    if not numbers and not recent:
        return
    word = f"<{type(thing).__name__}, ended>"
    for number in numbers:
        kept[number] = word
    for name in (*recent, *(f"_{number}" for number in numbers)):
        for kept_by_name in (names, ipython.user_ns_hidden):
            if kept_by_name.get(name) is thing:
                kept_by_name[name] = word
    for name in recent:  # compared with those, to see whether the user has names of his own
        setattr(hook, name, word)


def _running_request() -> tuple[str, str] | None:
    """Return the id of the cell that is running, and of this execution of it."""
    kernel = getattr(shell(), "kernel", None)
    if kernel is None:
        return None
    parent = kernel.get_parent("shell")
    if parent.get("header", {}).get("msg_type") != "execute_request":
        return None
    cell = parent.get("metadata", {}).get("cellId")
    return (cell, parent["header"]["msg_id"]) if cell else None
