"""What the Western Electric and Nelson detectors share: rules about the last few readings of a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np

from nbstream.detectors.parts.charts import ChartDetector, Explain
from nbstream.detectors.parts.wording import short, side_of
from nbstream.detectors.parts.wording import sigmas as spreads

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbstream.readings.batch import BoolArray, FloatArray, TimeArray

__all__ = ["ChartRule", "RulesDetector"]

HISTORY = 16


class ChartRule(NamedTuple):
    """A rule about the newest readings; its `words` may name the `{side}` of the last, and its `{way}`.

    `kind` is "beyond" (`n` of the last `of` readings more than `sigmas` from the mean on one side),
    "within" or "outside" (all `n` less, or more, than `sigmas` from it on whichever side), "trend" (`n`
    that all rise, or fall) or "alternating" (`n` of which each second one is higher).
    """

    words: str
    kind: str
    n: int
    of: int = 0
    sigmas: float = 0.0


class RulesDetector(ChartDetector):
    """Base of detectors that say which rules about runs of readings are broken.

    The score is the number of rules that the reading, with those before it, breaks.
    """

    catalogue: ClassVar[dict[int, ChartRule]]

    def __init__(
        self,
        *,
        rules: Iterable[int] | None = None,
        mean: float | None = None,
        sigma: float | None = None,
        warm_up: int = 100,
        min_sigma: float = 0.0,
    ) -> None:
        chosen = tuple(self.catalogue) if rules is None else tuple(rules)
        for rule in chosen:
            if rule not in self.catalogue:
                known = f"1 … {max(self.catalogue)}"
                message = f"'rules' must be numbers of rules, {known} (got {rule!r})."
                raise ValueError(message)
        if not chosen:
            message = "'rules' must name at least one rule (got none)."
            raise ValueError(message)
        self.rules = tuple(sorted(set(chosen)))
        super().__init__(mean=mean, sigma=sigma, warm_up=warm_up, min_sigma=min_sigma)

    def _start(self) -> None:
        self._tail = np.empty(0)

    def _chart(
        self, times: TimeArray, z: FloatArray, score: FloatArray, is_anomaly: BoolArray
    ) -> Explain:
        n_known = len(self._tail)
        known = np.concatenate((self._tail, z))
        self._tail = known[-HISTORY:].copy()
        broken = {number: self._broken(known, number)[n_known:] for number in self.rules}
        score[:] = 0.0
        for breaks in broken.values():
            score += breaks
        np.greater_equal(score, 1, out=is_anomaly)

        def explain(i: int) -> str:
            numbers = [number for number, breaks in broken.items() if breaks[i]]
            side = side_of(z[i], 0.0)
            way = "rise" if z[i] > known[n_known + i - 1] else "fall"
            told = {n: self.catalogue[n].words.format(side=side, way=way) for n in numbers}
            words = [f"{text} (rule {number})" for number, text in told.items()]
            far = short(abs(z[i]), 2) if abs(z[i]) < 100 else spreads(abs(z[i]))
            where = f"{far} σ {side}" if z[i] else "at"
            return ", ".join(words) or f"{where} the mean, no rule broken"

        return explain

    def _broken(self, z: FloatArray, number: int) -> BoolArray:
        _, kind, n, of, sigmas = self.catalogue[number]
        if kind == "beyond":
            up, down = z > sigmas, z < -sigmas
            return (up & _hold(up, n, of)) | (down & _hold(down, n, of))
        if kind == "within":
            return _hold(np.abs(z) < sigmas, n, n)
        if kind == "outside":
            return _hold(np.abs(z) > sigmas, n, n)
        steps = np.diff(z, prepend=z[:1])
        rises, falls = steps > 0, steps < 0
        if kind == "trend":
            return _hold(rises, n - 1, n - 1) | _hold(falls, n - 1, n - 1)
        turns = np.zeros(len(z), np.bool_)
        turns[1:] = (rises[1:] & falls[:-1]) | (falls[1:] & rises[:-1])
        return _hold(turns, n - 2, n - 2)


def _hold(mask: BoolArray, n: int, of: int) -> BoolArray:
    """Return, per reading, whether the mask holds for at least `n` of the last `of`."""
    if of == 1:
        return mask
    total = np.cumsum(mask, dtype=np.int32)
    total[of:] -= total[:-of].copy()
    enough: BoolArray = total >= n
    return enough
