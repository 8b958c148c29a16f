"""Methods of the analyzer that an object which it holds carries out."""

from __future__ import annotations

import asyncio
import inspect

from nbstream import Analyzer
from nbstream.alerts import Alerting
from nbstream.analysis.delegation import delegated


class Worker:
    """Carries out the work."""

    def add(self, x: int, *, y: int = 2) -> int:
        """Return a sum."""
        return x + y

    async def wait(self, x: int) -> int:
        """Return a number at once."""
        return x


class Holder:
    """Holds a worker."""

    add = delegated("_worker", Worker.add)
    wait = delegated("_worker", Worker.wait)

    def __init__(self) -> None:
        self._worker = Worker()


def test_the_work_is_done_by_what_is_held() -> None:
    """Arguments go there, and what is returned comes back; what is awaited is awaited."""
    holder = Holder()
    assert (holder.add(1), holder.add(x=1, y=5)) == (3, 6)
    assert asyncio.run(holder.wait(7)) == 7


def test_help_shows_what_is_held() -> None:
    """Signature and docstring are those of the method that does the work."""
    assert (Holder.add.__name__, Holder.add.__doc__) == ("add", "Return a sum.")
    assert str(inspect.signature(Holder.add)) == "(self, x: 'int', *, y: 'int' = 2) -> 'int'"
    assert str(inspect.signature(Holder().add)) == "(x: 'int', *, y: 'int' = 2) -> 'int'"
    assert inspect.iscoroutinefunction(Analyzer.wait_for)
    assert Analyzer.alert.__doc__ == Alerting.alert.__doc__
    assert "cooldown" in inspect.signature(Analyzer.alert).parameters
