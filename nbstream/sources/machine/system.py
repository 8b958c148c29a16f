"""The load of this machine: CPU, memory, disks, network, temperatures, GPUs, and this kernel's part of it."""

from __future__ import annotations

import importlib
import importlib.util
import math
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from nbstream.errors import DependencyError
from nbstream.readings.batch import Batch
from nbstream.sources.addresses import options_of_url
from nbstream.sources.base import Source
from nbstream.sources.item_parts import as_names
from nbstream.sources.machine.cgroup import find_cgroup
from nbstream.sources.machine.gpus import Gpus
from nbstream.sources.machine.rates import Rates
from nbstream.sources.state import SourceState
from nbstream.sources.supervision import Pace
from nbstream.sources.wording import explain, positive_seconds, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nbstream.runtime.turns import Life

__all__ = ["SystemSource"]

MB = 1e6
FIRST_AFTER = 0.1  # seconds between the first two looks at what counts
SLOW = 0.01
SELDOM = 10.0
DEVICES = ("temperature", "GPU")
MANY_SLOW = 3
"""A device that took longer than `SLOW` so many times in a row is asked each `SELDOM` seconds at most. One
look says little: it takes long wherever the machine is busy."""
NETS = Path("/sys/class/net")
Found = dict[str, tuple[float, str]]


class SystemSource(Source):
    """The load of this machine, each second.

    ===================================  ======================================================
    CPU, memory                          % of the machine, or of what this container may use
    disk read, disk write, net in, net   MB/s of all disks, and of all network devices that are
    out                                  real ones
    kernel CPU                           % of one core that this Python process uses
    kernel memory                        MB that it holds
    temperature …                        °C, the warmest of each sensor's chip
    GPU, GPU memory, GPU temperature,    %, %, °C, W of each GPU, if nvidia-ml-py is installed
    GPU power
    ===================================  ======================================================

    Parameters
    ----------
    interval
        Seconds between two readings. The schedule does not drift; what could not be kept is skipped.
    channels
        Names of the channels to read, or how they begin; None reads all that there are.
    gpu
        Whether to read GPUs; None reads them if nvidia-ml-py and a driver are there.
    **options
        As for every `Source`: buffer, name, units, timezone, na_values, clock.

    Raises
    ------
    DependencyError
        If psutil is missing, or nvidia-ml-py with ``gpu=True``.
    TypeError, ValueError
        If an option cannot be what it is.

    Notes
    -----
    In a container, or a service with limits, CPU and memory are of what it may use, as Linux' control
    groups say it; a note says so. A counter that wraps around or starts anew makes no spike: its
    channel has no reading then. What a machine does not tell has no channel; `notes` say why.
    Sensors that are slow to answer are asked each ten seconds.

    Cost: about a millisecond of CPU time a reading.

    Thread safety: any thread.
    """

    kind = "system"

    def __init__(
        self,
        interval: float = 1.0,
        channels: Sequence[str] | str | None = None,
        *,
        gpu: bool | None = None,
        **options: Any,
    ) -> None:
        self.interval = positive_seconds(interval, "interval")
        self._only = None if channels is None else tuple(as_names(channels, "channels"))
        _require("psutil", "psutil", "system")
        if gpu:
            _require("pynvml", "nvidia-ml-py", "gpu")
        super().__init__(**options)
        self._wants_gpu = gpu
        self._gpus: Gpus | None = None
        self._rates = Rates()
        self._parts: dict[str, Callable[[float], Found]] = {}
        self._has_worked: set[str] = set()
        self._not_before: dict[str, float] = {}
        self._n_slow: dict[str, int] = {}

    @classmethod
    def from_url(cls, url: str, **options: Any) -> Self:
        """Return the source of an address: ``system://?interval=2``, or ``system`` alone."""
        found = options_of_url(url, {"interval": float})[1] if "://" in url else {}
        return cls(**{**found, **options})

    @property
    def own_interval(self) -> float | None:
        """Seconds between two readings."""
        return self.interval

    def _run(self) -> Life:
        self._begin()
        try:
            self._look()
            if (yield min(FIRST_AFTER, self.interval)):
                return
            self._set_state(SourceState.RUNNING)
            pace = Pace(self._clock, self.interval)
            while True:
                values = self._look()
                if values:
                    self._emit(Batch.from_rows([(self._clock.wall_ns(), values)]))
                if (yield pace.left()):
                    return
        finally:
            if self._gpus is not None:
                self._gpus.close()
                self._gpus = None

    def _begin(self) -> None:
        """Find out what there is to look at."""
        self._psutil: Any = importlib.import_module("psutil")
        self._process = self._psutil.Process()
        self._rates = Rates()
        self._not_before.clear()
        self._n_slow.clear()
        self._cgroup = find_cgroup()
        group = self._cgroup
        if group is not None:
            limits = [] if group.n_cpus is None else [f"{group.n_cpus:g} CPUs"]
            limits += [] if group.max_bytes is None else [f"{group.max_bytes / MB:,.0f} MB"]
            self._note(
                "limits", f"CPU and memory are of what may be used here: {', '.join(limits)}"
            )
        self._parts = {
            "CPU": self._cpu,
            "memory": self._memory,
            "disk": self._disks,
            "net": self._nets,
            "kernel": self._kernel,
            "temperature": self._temperatures,
        }
        if self._wants_gpu is not False:
            self._begin_gpus()

    def _begin_gpus(self) -> None:
        try:
            self._gpus = Gpus()
        except ImportError:
            return
        except Exception as error:
            self._note("no GPU", f"no GPU: {explain(error)}")
            return
        if len(self._gpus):
            self._parts["GPU"] = self._read_gpus

    def _look(self) -> dict[str, float]:
        """Return a value by channel, and remember the units."""
        now = self._clock.monotonic()
        values: dict[str, float] = {}
        for part, read in list(self._parts.items()):
            if not self._wants(part) or now < self._not_before.get(part, -math.inf):
                continue
            began = time.perf_counter()
            try:
                found = read(now)
            except Exception as error:
                self._cannot(part, error)
                continue
            if part in DEVICES:
                self._spare(part, time.perf_counter() - began, now)
            self._has_worked.add(part)
            for name, (value, unit) in found.items():
                if self._only is None or name.startswith(self._only):
                    values[name] = value
                    self.buffer.units.setdefault(name, unit)
        return values

    def _spare(self, part: str, took: float, now: float) -> None:
        """Ask a device less often that is slow to answer."""
        is_slow = took > max(SLOW, self.interval / 100)
        self._n_slow[part] = self._n_slow.get(part, 0) + 1 if is_slow else 0
        if self._n_slow[part] >= MANY_SLOW:
            self._not_before[part] = now + SELDOM

    def _wants(self, part: str) -> bool:
        """Return whether a channel that is read may be of a part."""
        return self._only is None or any(
            name.startswith(part) or part.startswith(name) for name in self._only
        )

    def _cannot(self, part: str, error: Exception) -> None:
        """Leave a part alone that never worked here, and look again later at one that did."""
        if part not in self._has_worked:
            del self._parts[part]
        self._note_once(f"no {part}", f"{part} cannot be read: {shorten(explain(error))}")

    # What there is.

    def _cpu(self, now: float) -> Found:
        group = self._cgroup
        if group is not None and group.n_cpus:
            rate = self._rates.of("CPU", {"": group.cpu_seconds()}, now)
            return {} if rate is None else {"CPU": (100 * rate / group.n_cpus, "%")}
        times = self._psutil.cpu_times()._asdict()
        for counted_twice in ("guest", "guest_nice"):  # in user and nice too
            times.pop(counted_twice, None)
        idle = times["idle"] + times.get("iowait", 0.0)
        total = self._rates.of("CPU", {"": sum(times.values())}, now)
        free = self._rates.of("idle", {"": idle}, now)
        if not total or free is None:
            return {}
        return {"CPU": (min(100.0, max(0.0, 100 * (1 - free / total))), "%")}

    def _memory(self, now: float) -> Found:
        group = self._cgroup
        if group is not None and group.max_bytes:
            return {"memory": (100 * group.memory_bytes() / group.max_bytes, "%")}
        return {"memory": (float(self._psutil.virtual_memory().percent), "%")}

    def _disks(self, now: float) -> Found:
        counters = self._psutil.disk_io_counters(nowrap=False)
        if counters is None:
            return {}
        return self._per_second(now, {
            "disk read": {"": counters.read_bytes}, "disk write": {"": counters.write_bytes},
        })  # fmt: skip

    def _nets(self, now: float) -> Found:
        counters = self._psutil.net_io_counters(pernic=True, nowrap=False)
        names = _real_nets(counters)
        return self._per_second(now, {
            "net in": {name: counters[name].bytes_recv for name in names},
            "net out": {name: counters[name].bytes_sent for name in names},
        })  # fmt: skip

    def _per_second(self, now: float, counters: dict[str, dict[str, float]]) -> Found:
        rates = {name: self._rates.of(name, counted, now) for name, counted in counters.items()}
        return {name: (rate / MB, "MB/s") for name, rate in rates.items() if rate is not None}

    def _kernel(self, now: float) -> Found:
        with self._process.oneshot():
            times, held = self._process.cpu_times(), self._process.memory_info().rss
        found = {"kernel memory": (held / MB, "MB")}
        rate = self._rates.of("kernel CPU", {"": times.user + times.system}, now)
        if rate is not None:
            found["kernel CPU"] = 100 * rate, "%"
        return found

    def _temperatures(self, now: float) -> Found:
        read = getattr(self._psutil, "sensors_temperatures", None)
        found: Found = {}
        for chip, sensors in ({} if read is None else read()).items():
            degrees = [
                s.current for s in sensors if s.current is not None and -50 < s.current < 200
            ]
            if degrees:
                found[f"temperature {chip}"] = max(degrees), "°C"
        if not found:
            del self._parts["temperature"]
        return found

    def _read_gpus(self, now: float) -> Found:
        return {} if self._gpus is None else self._gpus.read()


def _real_nets(names: Iterable[str]) -> list[str]:
    """Return the network devices that are no loops, bridges or ends of containers, where Linux tells."""
    others = [name for name in names if name != "lo" and not name.startswith("Loopback")]
    real = [name for name in others if os.path.exists(NETS / name / "device")]
    return real or others


def _require(module: str, package: str, extra: str) -> None:
    try:
        is_there = importlib.util.find_spec(module) is not None
    except ValueError:  # a stand-in without a spec
        is_there = True
    if not is_there:
        message = f'SystemSource needs the {package!r} package: pip install "nbstream[{extra}]"'
        raise DependencyError(message)
