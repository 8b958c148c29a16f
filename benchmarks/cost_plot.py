"""Draw docs/cost.svg: the cost of statistics grows with the readings, and not with the window.

`python -m benchmarks.cost_plot` measures and writes the file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.core import BATCH, timed
from benchmarks.statistics import window_query
from nbstream.summaries.summary import BlockPyramid

PATH = Path(__file__).resolve().parent.parent / "docs" / "cost.svg"
WIDTH, HEIGHT, MARGIN = 720, 250, 54
READINGS = [10**k for k in range(5, 9)]
WINDOWS = [10**k for k in range(3, 9)]


def upkeep(n: int) -> float:
    """Return ms to take in `n` readings, in batches: count, mean, std, min, max."""
    values = np.random.default_rng(1).normal(size=BATCH)
    pyramid = BlockPyramid()
    return timed(lambda: [pyramid.extend(values) for _ in range(-(-n // BATCH))]) * 1e3


def panel(
    x0: float, title: str, label: str, x: list[int], y: list[float], decades: tuple[int, int]
) -> str:
    """Return a plot with logarithmic axes as SVG."""
    width = WIDTH / 2 - MARGIN - 20
    low, high = decades
    first, last = np.log10(x[0]), np.log10(x[-1])

    def at(n: float, cost: float) -> tuple[float, float]:
        share = (np.log10(n) - first) / (last - first)
        tall = (np.log10(cost) - low) / (high - low)
        return x0 + share * width, HEIGHT - 46 - tall * (HEIGHT - 86)

    parts = [f'<text x="{x0}" y="18" font-weight="600">{title}</text>']
    for decade in range(low, high + 1):
        _, top = at(x[0], 10.0**decade)
        parts.append(f'<path d="M{x0} {top:.1f}h{width}" stroke="#ddd"/>')
        parts.append(
            f'<text x="{x0 - 6}" y="{top + 4:.1f}" text-anchor="end">{10.0**decade:g}</text>'
        )
    for n in x:
        left, _ = at(n, 1)
        parts.append(
            f'<text x="{left:.1f}" y="{HEIGHT - 28}" text-anchor="middle">{n:.0e}</text>'.replace(
                "e+0", "e"
            )
        )
    points = [at(n, cost) for n, cost in zip(x, y, strict=True)]
    line = "L".join(f"{left:.1f} {top:.1f}" for left, top in points)
    parts.append(f'<path d="M{line}" fill="none" stroke="#3266d6" stroke-width="2"/>')
    parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="#3266d6"/>' for a, b in points]
    parts.append(
        f'<text x="{x0 + width / 2}" y="{HEIGHT - 10}" text-anchor="middle">{label}</text>'
    )
    return "\n".join(parts)


def main() -> None:
    """Measure, print and draw."""
    upkeep(READINGS[0])  # warm up
    taken = [upkeep(n) for n in READINGS]
    asked = [window_query(n)() for n in WINDOWS]
    for n, ms in zip(READINGS, taken, strict=True):
        print(f"{n:>12,} readings taken in: {ms:9.3f} ms")
    for n, ms in zip(WINDOWS, asked, strict=True):
        print(f"window of {n:>12,}: {ms:9.4f} ms")
    drawing = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="system-ui, sans-serif" font-size="11" fill="#444">',
        "<title>Taking in readings costs in proportion to their number; a window costs the same "
        "however long it is</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        panel(MARGIN, "ms to take in", "readings", READINGS, taken, (-1, 3)),
        panel(WIDTH / 2 + MARGIN, "ms to ask", "readings in the window", WINDOWS, asked, (-3, 1)),
        "</svg>",
    ]
    PATH.write_text("\n".join(drawing) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
