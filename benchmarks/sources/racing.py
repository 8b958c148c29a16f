"""A source, its library's own loop, and streamz' source if it has one for the same job, by turns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.sources.measuring import Cost
from benchmarks.sources.streamz_reading import has_streamz

ROUNDS = 3
HEADER = (
    f"  {'readings per second, and µs of CPU for each':<50}{'bare':>11}{'nbstream':>11}"
    f"{'goal':>11}{'×':>7}{'bare':>9}{'nbstr.':>8}{'×':>7}{'streamz':>10}"
)


@dataclass
class Race:
    """A source, its library's own loop, and streamz' source if it has one for the same job."""

    label: str
    goal: float | None
    """Readings per second; None has no goal but 1.5 times the bare loop."""
    bare: Callable[[], Cost]
    ours: Callable[[], Cost]
    streamz: Callable[[], Cost] | None = None


def show(race: Race) -> None:
    """Measure a race by turns, and print it."""
    ways = [race.bare, race.ours]
    if race.streamz is not None and has_streamz():
        ways.append(race.streamz)
    costs = [[way() for way in ways] for _ in range(ROUNDS)]
    bare, ours, *streamz = (
        (max(cost.rate for cost in round_), min(cost.cpu / cost.n for cost in round_) * 1e6)
        for round_ in zip(*costs, strict=True)
    )
    goal = f"{race.goal:,.0f}" if race.goal else ""
    theirs = f"{streamz[0][0]:,.0f}" if streamz else ""
    print(
        f"  {race.label:<50}{bare[0]:>11,.0f}{ours[0]:>11,.0f}{goal:>11}{bare[0] / ours[0]:>7.2f}"
        f"{bare[1]:>9.2f}{ours[1]:>8.2f}{ours[1] / bare[1]:>7.2f}{theirs:>10}",
        flush=True,
    )
