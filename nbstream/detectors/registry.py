"""Detectors by name: `create("cusum", k=0.5)`."""

from __future__ import annotations

import inspect
import math
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from nbstream.detectors.base import Detector, parameters
from nbstream.detectors.block_means import BlockMeans
from nbstream.detectors.high_rates import HighRates
from nbstream.detectors.joint import JointDetector
from nbstream.text.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DetectorName", "create", "kinds", "names", "on_means"]

DetectorName: TypeAlias = Literal[
    "change_point", "correlation", "cusum", "default", "dspot", "ewma", "gap", "hampel",
    "multivariate", "nelson", "page_hinkley", "rate_of_change", "river", "robust_zscore",
    "seasonal", "spot", "stuck", "threshold", "western_electric", "zscore",
]  # fmt: skip
"""What editors offer; your own kinds have other names."""


def names() -> list[str]:
    """Return the names that `create` knows, sorted; your own subclasses of `Detector` are among them."""
    return sorted(_by_name())


def create(
    name: DetectorName | str, *, means_of: str | float | None = None, **given: Any
) -> Detector:
    """Return a new detector of a kind.

    Parameters
    ----------
    name
        One of `names()`: "cusum", "zscore", …
    means_of
        Such as "16ms": it judges the means of blocks of that length (see `BlockMeans`). "auto": it does so
        while readings come faster than it can keep up with (see `HighRates`). None is every reading.
    **given
        Its parameters.

    Raises
    ------
    ValueError
        If there is no such kind, or a parameter's value is not possible.
    TypeError
        If there is no such parameter, or its value is of the wrong type.

    Examples
    --------
    >>> create("cusum", h=4.0)
    CusumDetector(h=4.0)
    """
    by_name = _by_name()
    kind = by_name.get(name)
    if kind is None:
        message = f"There is no detector {name!r}. {did_you_mean(name, sorted(by_name))}"
        raise ValueError(message)
    known = parameters(kind)
    for parameter in given:
        if parameter not in known:
            hint = did_you_mean(parameter, sorted(known))
            message = f"Detector {name!r} has no parameter {parameter!r}. {hint}"
            raise TypeError(message)
    return on_means(kind(**given), means_of)


def on_means(detector: Detector, means_of: str | float | None) -> Detector:
    """Return a detector that judges means as `means_of` says (see `create`), or the same one."""
    if isinstance(detector, JointDetector):
        if means_of not in (None, "auto"):
            message = f"Detector {detector.name!r} judges the steps of several channels, not means of blocks."
            raise ValueError(message)
        return detector
    if means_of is None:
        return detector
    if means_of == "auto":
        return HighRates(detector=detector) if math.isfinite(detector.max_rate) else detector
    return BlockMeans(detector=detector, block=means_of)


def _by_name() -> dict[str, type[Detector]]:
    """Return the kinds of detectors; of equal names the class that was defined last."""
    return {kind.name: kind for kind in kinds()}


def kinds(parent: type[Detector] = Detector) -> Iterator[type[Detector]]:
    """Yield the classes that can be made and have a name, of those that are derived from one."""
    for kind in parent.__subclasses__():
        if not inspect.isabstract(kind) and isinstance(vars(kind).get("name"), str):
            yield kind
        yield from kinds(kind)
