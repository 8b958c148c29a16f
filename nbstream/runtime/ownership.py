"""Who made what: a cell that runs again, or a visitor who leaves, ends it; `stop_all()` ends everything."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from nbstream.runtime import ending
from nbstream.runtime.hosts import Host, outside_visits, present
from nbstream.runtime.main_thread import MAIN, shell

__all__ = ["OfCell", "adopt", "forget", "knows_maker", "living", "nobodys"]


class _Made(NamedTuple):
    """What one execution of a cell made."""

    execution: str
    things: list[weakref.ref[Any]]


_cells: dict[str, _Made] = {}
_living: dict[int, Any] = {}
_unheld: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
_visits: dict[Hashable, list[weakref.ref[Any]]] = {}
_visit_of: dict[int, Hashable] = {}
_made_for_all: ContextVar[list[Any] | None] = ContextVar("nbstream_made_for_all", default=None)


@contextmanager
def nobodys() -> Iterator[list[Any]]:
    """Make what is made inside no cell's and no visitor's; yield a list of it, in the order of making."""
    made: list[Any] = []
    with outside_visits():
        token = _made_for_all.set(made)
        try:
            yield made
        finally:
            _made_for_all.reset(token)


def knows_maker() -> bool:
    """Return whether there is telling for which cell or visitor the caller works, or that it is for all."""
    is_for_all = _made_for_all.get() is not None
    return is_for_all or MAIN.is_current or present().visit is not None


def adopt(thing: Any, *, is_held: bool = True) -> None:
    """Note that the running cell made `thing`; end what earlier runs of the cell made.

    Called by constructors on the main thread. Outside a notebook cell nothing is replaced, and what the
    new thing uses stays. Where a server has many visitors, it ends with the visitor's session.

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
    for_all = _made_for_all.get()
    if for_all is not None:
        for_all.append(thing)
        return
    request = _running_request()
    if request is None:
        _adopt_for_visit(thing, present())
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
    _visit_of.pop(id(thing), None)
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


def _adopt_for_visit(thing: Any, host: Host) -> None:
    visit = host.visit
    if visit is None:
        return
    _visit_of[id(thing)] = visit
    if visit not in _visits:
        _visits[visit] = []
        host.when_over(lambda: _end_visit(visit))
    _visits[visit].append(weakref.ref(thing))


def _end_visit(visit: Hashable) -> None:
    """Close what was made in a visit and still lives, the newest first."""
    things = [reference() for reference in reversed(_visits.pop(visit, []))]
    ending.close_all(
        [thing for thing in things if thing is not None], lambda thing: _end(thing, "close")
    )


def _visitor(visit: Any) -> Any:
    """Return what the visits of one visitor have in common."""
    return None if visit is None else visit[:2]


def replace_named(thing: Any, name: str | None) -> None:
    """End older things of the same kind with an equal explicit name; those of other visitors stay."""
    if name is None:
        return
    visitor = _visitor(present().visit)
    same = [
        other
        for other in living()
        if other is not thing
        and _kind(other) == _kind(thing)
        and _visitor(_visit_of.get(id(other))) == visitor
    ]
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


def _end(thing: Any, how: str = "_replaced") -> None:
    if _lives(thing):  # what ended before may have taken it along
        end = getattr(thing, how, None) or thing.close
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
