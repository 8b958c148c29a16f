"""What servers tell Prometheus: a page of text with a number a line; counters become rates."""

from __future__ import annotations

import math
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Counting", "Rates", "Sample", "read_exposition", "read_query"]

Counting = Literal["rate", "value"]

_SAMPLE = re.compile(
    r'([a-zA-Z_:][\w:]*)(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?'
    r"[ \t]+([^\s#]+)(?:[ \t]+(-?[0-9.]+))?[ \t]*(?:#.*)?"
)
_COUNTED = ("_total", "_count", "_sum", "_bucket", "_created")
NEVER_SHOWN = "_created"
"""When a counter began, in OpenMetrics."""


class Sample(NamedTuple):
    """One number of a page."""

    series: str
    """The metric with its labels, as it stands there."""
    metric: str
    value: float
    is_counter: bool
    """Whether it only grows, until whoever counts begins anew."""
    time_ns: int | None


def read_exposition(
    text: str, wanted: Sequence[str] | None = None
) -> tuple[list[Sample], list[str]]:
    """Return the samples of a page in Prometheus' text format or OpenMetrics, and lines that are none.

    Parameters
    ----------
    text
        The page: version 0.0.4 of the text format, or OpenMetrics 1.0.
    wanted
        Metrics or series to return, where "*" stands for anything; None is all.
    """
    samples: list[Sample] = []
    odd: list[str] = []
    kinds: dict[str, str] = {}
    is_open = text.rstrip().endswith("# EOF")
    for line in text.splitlines():
        if not line or line[0] == "#":
            words = line.split(None, 3)
            if len(words) == 4 and words[1] == "TYPE":
                kinds[words[2]] = words[3].strip()
            continue
        match = _SAMPLE.fullmatch(line.strip())
        value = None if match is None else _number(match[3])
        if match is None or value is None:
            odd.append(line)
            continue
        metric, series = match[1], match[1] + (match[2] or "")
        if metric.endswith(NEVER_SHOWN) or (
            wanted is not None and not any(_is_wanted(metric, series, name) for name in wanted)
        ):
            continue
        is_counter = _is_counter(metric, kinds)
        samples.append(Sample(series, metric, value, is_counter, _time_ns(match[4], is_open)))
    return samples, odd


def read_query(answer: Any) -> dict[str, list[tuple[float, float]]] | None:
    """Return the series of an answer of Prometheus' HTTP API, with times in s; None if it is none.

    Of ``/api/v1/query`` (a vector or a scalar) and ``/api/v1/query_range`` (a matrix).
    """
    data = answer.get("data") if isinstance(answer, dict) else None
    kind = data.get("resultType") if isinstance(data, dict) else None
    if data is None or kind not in ("vector", "matrix", "scalar"):
        return None
    if kind == "scalar":
        return {"value": [_point(data["result"])]}
    found: dict[str, list[tuple[float, float]]] = {}
    for series in data["result"]:
        points = series["values"] if kind == "matrix" else [series["value"]]
        found[_series(series["metric"])] = [_point(point) for point in points]
    return found


def _point(pair: list[Any]) -> tuple[float, float]:
    return float(pair[0]), float(pair[1])


def _series(labels: dict[str, str]) -> str:
    rest = ",".join(f'{name}="{text}"' for name, text in labels.items() if name != "__name__")
    return labels.get("__name__", "") + (f"{{{rest}}}" if rest else "") or "value"


def _is_wanted(metric: str, series: str, name: str) -> bool:
    return name in (metric, series) or ("*" in name and fnmatchcase(series, name))


def _is_counter(metric: str, kinds: dict[str, str]) -> bool:
    kind = kinds.get(metric)
    if kind is not None:
        return kind == "counter"
    families = (metric.removesuffix(end) for end in _COUNTED if metric.endswith(end))
    return any(kinds.get(family) in {"counter", "histogram", "summary"} for family in families)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _time_ns(text: str | None, is_open: bool) -> int | None:
    """Return the time of a sample: milliseconds, or seconds in OpenMetrics."""
    if text is None:
        return None
    return round(float(text) * (1e9 if is_open else 1e6))


class Rates:
    """Turns counters into their change per second.

    Parameters
    ----------
    counting
        "rate", or "value" to leave counters as they are.

    Notes
    -----
    Thread safety: none.
    """

    def __init__(self, counting: Counting) -> None:
        self.counting = counting
        self.n_counters = 0
        """Counters on the newest page."""
        self._before: dict[str, tuple[float, int]] = {}

    def read(self, samples: list[Sample], now_ns: int) -> dict[str, float]:
        """Return the values of a page by series; a counter that is new has none yet.

        A counter that is smaller than before began anew, so that it has grown by what it is now, as
        Prometheus' ``rate`` counts it.
        """
        values: dict[str, float] = {}
        before, self._before = self._before, {}
        self.n_counters = 0
        for sample in samples:
            if not sample.is_counter or self.counting == "value":
                values[sample.series] = sample.value
                continue
            self.n_counters += 1
            at = now_ns if sample.time_ns is None else sample.time_ns
            self._before[sample.series] = (sample.value, at)
            earlier = before.get(sample.series)
            if earlier is None:
                continue
            value, then = earlier
            seconds = (at - then) / 1e9
            if seconds <= 0:  # the same sample again
                self._before[sample.series] = earlier
                continue
            grown = sample.value - value if sample.value >= value else sample.value
            values[sample.series] = grown / seconds if math.isfinite(grown) else math.nan
        return values
