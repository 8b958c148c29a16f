"""What a statistic is, and the catalogue of all of them by name."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, TypeVar, dataclass_transform

from nbstream.text.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.statistics.sample import Sample

__all__ = ["Statistic", "StatisticLike", "Unit", "find", "names", "register", "statistic"]

Unit: TypeAlias = Literal["same", "squared", "per second", "same per second", "seconds", "none"]
"""How the unit of a statistic follows from that of the readings."""

_UNITS: dict[str, Callable[[str], str]] = {
    "same": lambda unit: unit,
    "squared": lambda unit: f"{unit}²" if unit else "",
    "per second": lambda _: "1/s",
    "same per second": lambda unit: f"{unit or '1'}/s",
    "seconds": lambda _: "s",
    "none": lambda _: "",
}


class Statistic(ABC):
    """A number that says something about the readings in a window.

    A subclass is a frozen dataclass whose fields are its parameters; statistics with equal parameters
    are equal. Called with a `Sample` it returns the value, NaN where there are too few readings; NaN
    readings are left out.

    Notes
    -----
    Thread safety: immutable, any thread.
    """

    name: ClassVar[str]
    """The name in the catalogue."""
    unit: ClassVar[Unit] = "same"
    """How its unit follows from that of the readings."""
    is_number: ClassVar[bool] = True
    """Whether the value is one number."""

    @abstractmethod
    def __call__(self, sample: Sample) -> Any:
        """Return the statistic of a sample."""

    def __str__(self) -> str:
        """Return the text that `find` reads back: "mean", "p99", "time_above(90)"."""
        given = [getattr(self, field.name) for field in _parameters(type(self))]
        if not given:
            return self.name
        return f"{self.name}({', '.join(f'{x:.17g}' if isinstance(x, float) else str(x) for x in given)})"

    def unit_of(self, unit: str) -> str:
        """Return its unit for readings in `unit`: "°C" → "°C²" for a variance."""
        return _UNITS[self.unit](unit)


StatisticName: TypeAlias = Literal[
    "autocorrelation", "correlation", "count", "cv", "dominant_frequency", "first", "histogram",
    "interval", "iqr", "jitter", "kurtosis", "last", "mad", "max", "mean", "median", "min",
    "missing", "ptp", "quantile", "rate", "rms", "skewness", "slope", "std", "sum",
    "time_above", "time_below", "time_since_last", "time_weighted_mean", "var", "zero_crossings",
]  # fmt: skip
"""What editors offer; some take parameters, as "time_above(90)", and there are all percentiles."""
StatisticLike: TypeAlias = "Statistic | StatisticName | str"
"""A statistic, or the name of one such as "p99" or "time_above(90)"."""

S = TypeVar("S", bound=Statistic)

_catalogue: dict[str, type[Statistic]] = {}
_users: dict[str, _FunctionStatistic] = {}

_CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:\((.*)\))?\s*", re.DOTALL)
_PERCENTILE = re.compile(r"p(\d{1,3}(?:\.\d+)?)")


@dataclass_transform(frozen_default=True)
def register(name: str, *, unit: Unit = "same") -> Callable[[type[S]], type[S]]:
    """Put a class of this package into the catalogue, as a frozen dataclass."""

    def made(cls: type[S]) -> type[S]:
        found = dataclass(frozen=True, slots=True)(cls)
        found.name, found.unit = name, unit
        _catalogue[name] = found
        return found

    return made


def names() -> list[str]:
    """Return the names in the catalogue, the users' own too, sorted."""
    return sorted({*_catalogue, *_users})


@dataclass(frozen=True)
class _FunctionStatistic(Statistic):
    """A user's function; each has a subclass with its name and unit."""

    function: Callable[[Sample], Any]

    def __call__(self, sample: Sample) -> Any:
        """Return what the user's function says of a sample."""
        return self.function(sample)

    def __str__(self) -> str:
        """Return its name."""
        return self.name


def statistic(
    function: Callable[[Sample], Any] | None = None,
    /,
    *,
    unit: Unit = "same",
    name: str | None = None,
    replace: bool = False,
) -> Any:
    """Put a function of a sample into the catalogue, under its own name.

    Parameters
    ----------
    function
        Takes a `Sample` and returns a number.
    unit
        How the unit follows from that of the readings: "same", "squared", "per second",
        "same per second", "seconds" or "none".
    name
        Another name than the function's.
    replace
        Whether a statistic of a user that has the name already is replaced. A function that was defined
        at the same place is always replaced, so that its cell can be run again.

    Returns
    -------
    Statistic
        It can be called with a sample, as the function could.

    Raises
    ------
    ValueError
        If the name is taken, or no identifier, or the unit is none of these.

    Notes
    -----
    Thread safety: the function is called on any thread; it must not change the sample's arrays.

    Examples
    --------
    >>> @statistic(unit="same")
    ... def spread(sample):
    ...     return sample.summary.max - sample.summary.min
    >>> from nbstream.statistics import Sample
    >>> spread(Sample.of([0.0, 1.0], [3.0, 7.0]))
    4.0
    """
    if function is None:
        return lambda given: statistic(given, unit=unit, name=name, replace=replace)
    label = function.__name__ if name is None else name
    if unit not in _UNITS:
        msg = f"'unit' must be one of {', '.join(map(repr, _UNITS))} (got {unit!r})."
        raise ValueError(msg)
    if not label.isidentifier():
        msg = f"A statistic's name must be an identifier (got {label!r}). Pass name='…'."
        raise ValueError(msg)
    old = _users.get(label)
    is_taken = label in _catalogue or _PERCENTILE.fullmatch(label) is not None
    if is_taken or (old is not None and not replace and _place(old.function) != _place(function)):
        hint = "" if is_taken else ", or replace=True"
        msg = f"There is a statistic {label!r} already. Pass another name='…'{hint}."
        raise ValueError(msg)
    members = {"name": label, "unit": unit, "__doc__": function.__doc__}
    made = type(label, (_FunctionStatistic,), members)(function)
    _users[label] = made
    return made


def _place(function: Callable[..., Any]) -> tuple[str | None, str]:
    return function.__module__, function.__qualname__


def find(wanted: StatisticLike) -> Statistic:
    """Return a statistic by name.

    Parameters
    ----------
    wanted
        A statistic (returned as it is), a name such as "mean", a percentile such as "p99.9", or a name
        with parameters such as "time_above(90)" or "correlation(pressure)".

    Raises
    ------
    ValueError
        If there is none of that name, or its parameters are wrong.
    TypeError
        If it is neither a statistic nor text.

    Examples
    --------
    >>> find("p99")
    Quantile(q=0.99)
    >>> find("meen")
    Traceback (most recent call last):
    ValueError: There is no statistic 'meen'. Did you mean 'mean'?
    """
    if isinstance(wanted, Statistic):
        return wanted
    if isinstance(wanted, type) and issubclass(wanted, Statistic):
        return _make(wanted, [])
    if not isinstance(wanted, str):
        msg = f"A statistic must be a name such as 'p99', or a Statistic (got {wanted!r})."
        raise TypeError(msg)
    percentile = _PERCENTILE.fullmatch(wanted.strip())
    if percentile is not None:
        return _make(_catalogue["quantile"], [_percent(percentile[1])])
    match = _CALL.fullmatch(wanted)
    name = wanted if match is None else match[1]
    if match is not None and match[2] is None and name in _users:
        return _users[name]
    cls = _catalogue.get(name)
    if match is None or cls is None:
        hint = did_you_mean(name, [*names(), "p50", "p90", "p99"])
        msg = f"There is no statistic {name!r}. {hint}"
        raise ValueError(msg)
    given = [text.strip() for text in match[2].split(",")] if (match[2] or "").strip() else []
    return _make(cls, [_read(text) for text in given])


def _percent(text: str) -> float:
    """Return a percentage as a fraction, rounded once: "99.9" is 0.999."""
    whole, _, fraction = text.partition(".")
    return int(whole + fraction) / 10.0 ** (2 + len(fraction))


def _make(cls: type[Statistic], given: list[Any]) -> Statistic:
    parameters = _parameters(cls)
    n_needed = sum(1 for field in parameters if field.default is MISSING)
    if not n_needed <= len(given) <= len(parameters):
        wanted = ", ".join(field.name for field in parameters) or "no parameters"
        example = f"{cls.name}({wanted})" if parameters else cls.name
        msg = f"{cls.name!r} takes {wanted} (got {len(given)} of them). Write {example!r}."
        raise ValueError(msg)
    try:
        return cls(*given)
    except TypeError as error:
        raise ValueError(str(error)) from None


def _read(text: str) -> float | str:
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text.strip("'\"")


def _parameters(cls: type[Statistic]) -> tuple[Any, ...]:
    return fields(cls)  # type: ignore[arg-type]
