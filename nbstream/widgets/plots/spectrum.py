"""Spectrum: which frequencies are in the window, live."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nbstream.readings.window import parse_duration
from nbstream.summaries.welch import LONGEST, SHORTEST, Peak, WindowSpectrum, peak_of
from nbstream.summaries.welch import Spectrum as Found
from nbstream.widgets.chart.settings import read_switch
from nbstream.widgets.keep.plot_picture import PlotLine, PlotRow
from nbstream.widgets.plots.window_plot import WindowPlot, exact

if TYPE_CHECKING:
    from datetime import timedelta

    import pandas as pd

    from nbstream.analysis.analyzer import Analyzer
    from nbstream.readings.batch import FloatArray
    from nbstream.readings.channel_rows import Rows

__all__ = ["Spectrum"]

SCALES = ("density", "amplitude")
Y_AXES = ("db", "log", "linear")
MAX_POINTS = 2049
"""Points of all lines together; more frequencies are shown in groups, by their highest."""
BUDGET = 0.05
"""Seconds of computing in one go: the thread feeds the other widgets too."""
DEEPEST_DB = 160
"""What lies so far below the highest is rounding, not signal; static/plots/spectrum.js has it too."""
NO_LINE = np.empty(0)


class Spectrum(WindowPlot):
    """A live spectrum of the readings in the analyzer's window, by Welch's method.

    Segments of the window overlap by half, have their mean taken off and Hann's window put on; their spectra
    are averaged. Only segments that are new are computed.

    Parameters
    ----------
    analyzer
        Whose window is shown; it is not closed with the spectrum.
    channel
        Name of a channel, or several; None is all, at most 8.
    segment
        Length of a segment: a number of readings as an int, or a duration, as a float in seconds, "2s" or a
        timedelta. None is a power of two that lets seven fit into the window, 4,096 at most. Frequencies are
        1/segment apart.
    scale
        "density" (unit²/Hz, which tells how strong noise is) or "amplitude" (of a sine at the frequency).
    y
        "db", "log" or "linear". Decibels are relative to 1 unit²/Hz, or to an amplitude of 1 unit.
    log_x
        Whether the axis of frequencies is logarithmic.
    title
        Stands above it.
    height
        CSS px of the plot with its axes.

    Raises
    ------
    TypeError
        If `analyzer` is none, or an option is of another type.
    ValueError
        If an option is out of range, or no word that it knows.

    Notes
    -----
    The sampling interval is the mean of the intervals between distinct times that are near their median.
    Where times are uneven by more than a tenth of it the readings are resampled to even times, and the page
    says so. A segment with a gap, which is where the chart's line breaks, is left out, and counted. The
    newest 1,024 segments are averaged; the page says so where the window holds more.

    Thread safety: make and close it on the main thread; what it computed can be read from any. Cost: about
    0.1 µs for each new reading.

    Examples
    --------
    >>> from nbstream import Analyzer, Buffer
    >>> t = np.arange(1000) / 100
    >>> buffer = Buffer()
    >>> buffer.extend(t, x=3 * np.sin(2 * np.pi * 12.5 * t))
    >>> with Analyzer(buffer, "all") as analyzer:
    ...     spectrum = Spectrum(analyzer, segment="2s", scale="amplitude")
    ...     peak = spectrum.peak
    ...     print(f"{peak.frequency:.2f} Hz, amplitude {peak.value:.2f}")
    ...     spectrum.close()
    12.50 Hz, amplitude 3.00
    """

    _view = "spectrum"

    def __init__(
        self,
        analyzer: Analyzer,
        channel: str | Iterable[str] | None = None,
        *,
        segment: int | float | str | timedelta | None = None,
        scale: Literal["density", "amplitude"] = "density",
        y: Literal["db", "log", "linear"] = "db",
        log_x: bool = False,
        title: str | None = None,
        height: int = 280,
    ) -> None:
        self._segment = _read_segment(segment)
        self._scale = _read_word(scale, "scale", SCALES)
        self._y = _read_word(y, "y", Y_AXES)
        self._log_x = read_switch(log_x, "log_x")
        self._spectra: dict[str, WindowSpectrum] = {}
        self._points: dict[str, tuple[FloatArray, int, list[float | None]]] = {}
        super().__init__(analyzer, channel, title=title, height=height)

    @property
    def frequencies(self) -> FloatArray:
        """Frequencies of the first channel's spectrum, Hz, from 0; none before a segment is full."""
        return self._first().frequencies

    @property
    def power(self) -> FloatArray:
        """The first channel's spectrum now, at `frequencies`: density or amplitude, as `scale` says."""
        return self._scaled(self._first())

    @property
    def peak(self) -> Peak | None:
        """Frequency (Hz) and value of the first channel's highest peak; None where none stands out."""
        found = self._first()
        return self._peak(found)

    def to_frame(self) -> pd.DataFrame:
        """Return the spectra of all channels that are shown, a row for each frequency.

        Returns
        -------
        DataFrame
            Columns "channel", "frequency" (Hz) and "power": density or amplitude, as `scale` says.
        """
        import pandas as pd

        with self._lock:
            found = {name: self._find(name)[0] for name in self.channels}
        names = np.concatenate(
            [np.empty(0, object), *(np.full(len(f.power), n, object) for n, f in found.items())]
        )
        frequencies = [NO_LINE, *(one.frequencies for one in found.values())]
        power = [NO_LINE, *(self._scaled(one) for one in found.values())]
        return pd.DataFrame(
            {
                "channel": names,
                "frequency": np.concatenate(frequencies),
                "power": np.concatenate(power),
            }
        )

    def _first(self) -> Found:
        with self._lock:
            channels = self.channels
            if channels:
                return self._find(channels[0])[0]
        return Found(NO_LINE, np.nan, np.nan, 0, 0, 0, 0, 0)

    def _find(self, name: str, budget: float = np.inf) -> tuple[Found, bool]:
        """Return the spectrum of a channel as of now; called under the lock."""
        rows = self.analyzer.buffer.channel(name)

        def read(start: int, stop: int) -> Rows:
            return rows.rows(start, stop)

        known = self._spectra.get(name)
        if known is None:
            known = self._spectra[name] = WindowSpectrum(self._segment)
        start, stop = rows.window_rows(self.analyzer.parsed_window)
        return known.slide(start, stop, rows.revision, read, budget)

    def _scaled(self, found: Found) -> FloatArray:
        if self._scale == "density":
            with np.errstate(over="ignore"):
                return found.power * found.density
        amplitude: FloatArray = np.sqrt(2 * found.power)
        amplitude[:1] /= np.sqrt(2)
        return amplitude

    def _peak(self, found: Found) -> Peak | None:
        peak = peak_of(found.power, found.step, found.n_segments)
        if peak is None:
            return None
        is_density = self._scale == "density"
        value = peak.value * found.density if is_density else np.sqrt(2 * peak.value)
        return Peak(peak.frequency, float(value))

    # The page.

    def _state(self) -> dict[str, Any]:
        state = super()._state()
        return {**state, "scale": self._scale, "y": self._y, "logX": self._log_x}

    def _described_rows(self) -> list[dict[str, Any]]:
        rows = self._rows()
        names = [name for _, names in rows for name in names]
        self._spectra = {name: one for name, one in self._spectra.items() if name in names}
        most = MAX_POINTS // max(1, len(names))
        return [
            {
                "unit": unit[:20],
                "series": [
                    self._described(name, shown, most)
                    for name, shown in self._shown_names(names).items()
                ],
            }
            for unit, names in rows
        ]

    def _described(self, name: str, shown: str, most: int) -> dict[str, Any]:
        found, is_done = self._find(name, BUDGET)
        group, points = self._drawn(name, found, most)
        peak = self._peak(found)
        return {
            "name": shown,
            "palette": self._palette(name),
            "step": exact(found.step),
            "group": group,
            "power": points,
            "length": found.length,
            "segments": found.n_segments,
            "resampled": found.n_resampled,
            "leftOut": found.n_left_out,
            "isCut": found.is_cut,
            "readings": found.n_readings,
            "isDone": is_done,
            "peak": None if peak is None else [exact(peak.frequency), exact(peak.value)],
        }

    def _drawn(self, name: str, found: Found, most: int) -> tuple[int, list[float | None]]:
        """Return how many frequencies make a point, and the points from the first frequency above 0."""
        known = self._points.get(name)
        if known is not None and known[0] is found.power:
            return known[1], known[2]
        line = self._scaled(found)[1:]
        group = -(-len(line) // max(1, most)) or 1
        if group > 1:
            line = np.maximum.reduceat(line, np.arange(0, len(line), group))
        points = [exact(float(f"{value:.4g}")) for value in line.tolist()]
        self._points[name] = found.power, group, points
        return group, points

    # What the notebook keeps.

    def _recorded(self) -> tuple[list[PlotRow], list[str], list[tuple[str, list[str]]]]:
        columns = ["name", "peak", "resolution", "segments"]
        rows, cells = [], []
        for unit, names in self._rows():
            shown = self._shown_names(names)
            lines = []
            for name in names:
                color = self._color(name)
                found, _ = self._find(name)
                peak = self._peak(found)
                told = "–" if peak is None else f"{peak.frequency:.4g} Hz"
                step = "–" if not found.n_segments else f"{found.step:.3g} Hz"
                n = f"the newest {found.n_segments:,}" if found.is_cut else f"{found.n_segments:,}"
                cells.append((color, [shown[name], told, step, n]))
                if not found.n_segments:
                    continue
                heights = self._heights(self._scaled(found)[1:])
                mark = None
                if peak is not None:
                    at = float(self._heights(np.array([peak.value]))[0])
                    mark = peak.frequency, at, told
                lines.append(PlotLine(shown[name], color, found.frequencies[1:], heights, mark))
            if lines:
                title = f"{shown[names[0]]}, Hz" if len(names) == 1 else "Hz"
                rows.append(
                    PlotRow(
                        lines,
                        title,
                        self._y_title(unit),
                        y_foot=0.0 if self._y == "linear" else None,
                        is_log_x=self._log_x,
                        is_log_y=self._y == "log",
                    )
                )
        return rows, columns, cells

    def _heights(self, power: FloatArray) -> FloatArray:
        """Return power on the y axis, or decibels."""
        power = np.where(np.isfinite(power), power, np.nan)
        if self._y != "db":
            return power
        with np.errstate(divide="ignore"):
            decibels = (10 if self._scale == "density" else 20) * np.log10(power)
        decibels[~np.isfinite(decibels)] = np.nan
        found: FloatArray = np.maximum(decibels, np.nanmax(decibels, initial=-np.inf) - DEEPEST_DB)
        return found

    def _y_title(self, unit: str) -> str:
        squared = f"({unit})²" if set(unit) & set(" /·*^²") else f"{unit}²" if unit else "1"
        plain = f"{squared}/Hz" if self._scale == "density" else unit or "1"
        return f"dB re 1 {plain}".replace("re 1 1", "re 1") if self._y == "db" else plain


def _read_segment(segment: Any) -> float | None:
    """Return a segment's readings as an int, or its seconds as a float."""
    if segment is None:
        return None
    if not isinstance(segment, (bool, float)) and hasattr(segment, "__index__"):
        if not SHORTEST <= int(segment) <= LONGEST:
            message = f"'segment' must be {SHORTEST} to {LONGEST} readings (got {segment!r:.100})."
            raise ValueError(message)
        return int(segment)
    seconds = parse_duration(segment, name="segment") / 1e9
    if not seconds > 0:
        message = f"'segment' must be > 0 (got {segment!r:.100})."
        raise ValueError(message)
    return seconds


def _read_word(given: Any, name: str, words: tuple[str, ...]) -> str:
    if given not in words:
        known = ", ".join(map(repr, words[:-1])) + f" or {words[-1]!r}"
        message = f"{name!r} must be {known} (got {given!r:.100})."
        raise ValueError(message) if isinstance(given, str) else TypeError(message)
    return str(given)
