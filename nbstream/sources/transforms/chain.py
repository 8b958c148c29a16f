"""What can be asked of every source: another source that is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import timedelta

    from nbstream.sources.base import Source
    from nbstream.sources.transforms.steps import Step
    from nbstream.sources.transforms.transform import Transform

__all__ = ["Chain"]


class Chain:
    """The methods by which a source becomes another one; each returns a source that starts and stops it."""

    def map(self, function: Callable[[dict[str, float | str]], Any]) -> Transform:
        """Return a source of what a function makes of each reading.

        Parameters
        ----------
        function
            Takes the values by channel, words as str, and returns a reading in any form of
            `nbstream.sources.items` (a number, a dict, (time, dict)), or None for none. One without a time
            has that of the reading.

        Notes
        -----
        About 10 µs a reading; `derive` is a hundred times faster. A reading for which the function raises is
        rejected and told.
        """
        from nbstream.sources.transforms.map import Map

        return self._with(Map(function))

    def rename(self, names: Mapping[str, str] | None = None, /, **more: str) -> Transform:
        """Return a source whose channels have other names: ``source.rename(t="temperature")``.

        Parameters
        ----------
        names
            New names by old ones, where they are no Python identifiers.
        **more
            Further ones.
        """
        from nbstream.sources.transforms.steps import Rename

        return self._with(Rename({**(names or {}), **more}))

    def select(self, *channels: str) -> Transform:
        """Return a source of some of the channels."""
        from nbstream.sources.transforms.steps import Select

        return self._with(Select(channels))

    def where(self, condition: str) -> Transform:
        """Return a source of the readings for which a condition holds, such as "temp > 20 and mode == 'RUN'".

        Notes
        -----
        Of channels that a reading does not name, the last value counts. What does not hold is left out, and
        counted in a note.
        """
        from nbstream.sources.transforms.steps import Where

        return self._with(Where(condition))

    def derive(self, formulas: Mapping[str, str] | None = None, /, **more: str) -> Transform:
        """Return a source with further channels that are computed: ``source.derive(total="a + b")``.

        Parameters
        ----------
        formulas
            Formulas by names that are no Python identifiers: channels, numbers, + - * /, abs, min, max.
        **more
            Further ones.

        Notes
        -----
        Nothing is evaluated as code. Of channels that a reading does not name, the last value counts; what
        is divided by zero is missing.
        """
        from nbstream.sources.transforms.steps import Derive

        return self._with(Derive({**(formulas or {}), **more}))

    def resample(self, step: str | float | timedelta, statistic: str = "mean") -> Transform:
        """Return a source with one reading per channel for each step of time, such as "1s".

        Parameters
        ----------
        step
            Seconds, or "250ms", "1min"; steps begin at whole multiples since 1970.
        statistic
            "mean", "min", "max", "sum", "count", "first", "last", "median" or "std".

        Notes
        -----
        A reading has the time at which its step begins, and comes when the first reading after the step is
        there, or the source has ended. Steps without a reading have none. A reading of a step that is over
        is dropped and counted. Of words, the last one counts.
        """
        from nbstream.sources.transforms.resample import Resample

        return self._with(Resample(step, statistic))

    def _with(self, step: Step) -> Transform:
        from nbstream.sources.transforms.transform import Transform

        return Transform([cast("Source", self)], step)


def as_names(given: Iterable[str]) -> tuple[str, ...]:
    """Return names of channels.

    Raises
    ------
    ValueError
        If there is none.
    TypeError
        If one is not a str.
    """
    names = tuple(given)
    if not names:
        message = "Name at least one channel."
        raise ValueError(message)
    for name in names:
        if not isinstance(name, str):
            message = f"A channel's name must be a str (got {name!r})."
            raise TypeError(message)
    return names
