"""How fast counters grow: those of a machine wrap around, start anew, and come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Rates"]


class Rates:
    """Growth per second of counters, from each look to the next.

    Notes
    -----
    Thread safety: none.

    Examples
    --------
    >>> rates = Rates()
    >>> rates.of("net", {"eth0": 100.0}, 0.0) is None
    True
    >>> rates.of("net", {"eth0": 300.0}, 2.0)
    100.0
    >>> rates.of("net", {"eth0": 50.0}, 3.0) is None  # it began anew
    True
    """

    def __init__(self) -> None:
        self._before: dict[str, tuple[float, dict[str, float]]] = {}

    def of(self, name: str, counters: Mapping[str, float], now: float) -> float | None:
        """Return the growth per second of counters together; None where it is not known.

        A counter that is smaller than before was reset or has wrapped around: how much it grew by
        cannot be told. One that was not there before counts from now on.

        Parameters
        ----------
        name
            What they are counters of.
        counters
            By device.
        now
            Monotonic seconds.
        """
        before = self._before.get(name)
        self._before[name] = now, dict(counters)
        if before is None or now <= before[0]:
            return None
        then, earlier = before
        both = counters.keys() & earlier.keys()
        if not both or any(counters[key] < earlier[key] for key in both):
            return None
        return sum(counters[key] - earlier[key] for key in both) / (now - then)
