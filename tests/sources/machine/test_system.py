"""The load of this machine, as psutil tells it, and as stand-ins of it and of a GPU's library do."""

from __future__ import annotations

import math
import sys
import types
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from nbstream.errors import DependencyError
from nbstream.sources import SourceState, SystemSource
from nbstream.sources.machine import system as module
from nbstream.testing import FakeClock
from tests.wait import wait_until

psutil = pytest.importorskip("psutil")
NEVER = 1e9


class Cpu(NamedTuple):
    """What psutil tells of all CPUs."""

    user: float
    idle: float
    guest: float = 0.0


class Disk(NamedTuple):
    """What it tells of all disks."""

    read_bytes: int
    write_bytes: int


class Net(NamedTuple):
    """What it tells of a network device."""

    bytes_recv: int
    bytes_sent: int


class Sensor(NamedTuple):
    """What it tells of a sensor."""

    current: float | None


class Machine(types.ModuleType):
    """A stand-in for psutil, whose counters are set by the test."""

    def __init__(self) -> None:
        super().__init__("psutil")
        self.cpu = Cpu(0, 0)
        self.disk: Disk | None = Disk(0, 0)
        self.nets = {"lo": Net(0, 0), "eth0": Net(0, 0)}
        self.kernel = types.SimpleNamespace(user=0.0, system=0.0)
        self.sensors: Any = {
            "k10temp": [Sensor(45.0), Sensor(51.0), Sensor(None)],
            "odd": [Sensor(-273)],
        }
        self.n_sensors_read = 0

    def cpu_times(self) -> Cpu:
        """Return the counters of all CPUs."""
        return self.cpu

    def virtual_memory(self) -> Any:
        """Return how full the memory is."""
        return types.SimpleNamespace(percent=42.5)

    def disk_io_counters(self, nowrap: bool) -> Disk | None:
        """Return the counters of all disks."""
        assert not nowrap
        return self.disk

    def net_io_counters(self, pernic: bool, nowrap: bool) -> dict[str, Net]:
        """Return the counters of each network device."""
        assert pernic
        assert not nowrap
        return self.nets

    def sensors_temperatures(self) -> Any:
        """Return the sensors."""
        self.n_sensors_read += 1
        if isinstance(self.sensors, Exception):
            raise self.sensors
        return self.sensors

    def Process(self) -> Any:
        """Return this process."""
        times = types.SimpleNamespace(
            oneshot=lambda: open("/dev/null"),
            cpu_times=lambda: self.kernel,
            memory_info=lambda: types.SimpleNamespace(rss=50_000_000),
        )
        return times


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine whose counters the test sets, without limits."""
    machine = Machine()
    monkeypatch.setitem(sys.modules, "psutil", machine)
    monkeypatch.setattr(module, "find_cgroup", lambda: None)
    monkeypatch.setitem(sys.modules, "pynvml", None)
    return machine


@pytest.fixture
def source(machine: Machine) -> Iterator[SystemSource]:
    """A source of that machine that is looked at by the test itself."""
    source = SystemSource(clock=FakeClock())
    source._begin()
    yield source
    source.close()


def look(source: SystemSource, seconds: float = 0.0) -> dict[str, float]:
    """Look at the machine some seconds later."""
    source._clock.advance(seconds)  # type: ignore[attr-defined]
    return {name: round(value, 6) for name, value in source._look().items()}


def test_counters_become_rates_with_units(source: SystemSource, machine: Machine) -> None:
    """The loop inside the machine is no network, and guests are in the users' time already."""
    gauges = {"memory": 42.5, "kernel memory": 50.0, "temperature k10temp": 51.0}
    assert look(source) == gauges
    machine.cpu = Cpu(3.0, 1.0, guest=2.0)
    machine.disk = Disk(4_000_000, 2_000_000)
    machine.nets = {"lo": Net(10**12, 10**12), "eth0": Net(6_000_000, 2_000_000)}
    machine.kernel = types.SimpleNamespace(user=1.0, system=0.5)
    assert look(source, 2.0) == gauges | {
        "CPU": 75.0, "disk read": 2.0, "disk write": 1.0, "net in": 3.0, "net out": 1.0, "kernel CPU": 75.0,
    }  # fmt: skip
    assert source.buffer.units == {
        "CPU": "%", "memory": "%", "kernel CPU": "%", "kernel memory": "MB", "temperature k10temp": "°C",
        "disk read": "MB/s", "disk write": "MB/s", "net in": "MB/s", "net out": "MB/s",
    }  # fmt: skip


def test_a_counter_that_starts_anew_is_no_spike(source: SystemSource, machine: Machine) -> None:
    """Its channel has no reading then, and goes on with the next one."""
    machine.disk = Disk(2**32 - 10, 0)
    look(source)
    machine.disk = Disk(5_000_000, 1_000_000)
    found = look(source, 1.0)
    assert "disk read" not in found
    assert found["disk write"] == 1.0
    machine.disk = Disk(6_000_000, 1_000_000)
    assert look(source, 1.0)["disk read"] == 1.0


def test_what_a_machine_does_not_tell_has_no_channel(
    source: SystemSource, machine: Machine
) -> None:
    """It is not asked again; the others go on."""
    machine.disk = None
    machine.sensors = PermissionError(13, "Permission denied")
    assert "memory" in look(source)
    assert source.notes == ("temperature cannot be read: permission denied",)
    look(source, 1.0)
    assert machine.n_sensors_read == 1


def test_sensors_that_are_slow_are_asked_seldom(
    source: SystemSource, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that looking at the load is no load."""
    monkeypatch.setattr(module, "SLOW", 0.0)
    source.interval = 1e-9
    counts = []
    for _ in range(12):
        look(source, 1.0)
        counts.append(machine.n_sensors_read)
    assert counts == [1, 2] + [3] * 10
    look(source, 1.0)
    assert machine.n_sensors_read == 4


def test_a_busy_machine_still_tells_its_load(
    source: SystemSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looks that take long because nothing gets its turn are no reason to look less often."""
    monkeypatch.setattr(module, "SLOW", 0.0)
    source.interval = 1e-9
    source._look()
    for _ in range(12):
        assert {"memory", "kernel memory"} <= set(look(source, 1.0))


def test_a_sensor_that_was_slow_once_is_asked_as_ever(
    source: SystemSource, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only several slow answers in a row count."""
    source.interval = 1e-9
    for n in range(12):
        monkeypatch.setattr(module, "SLOW", 60.0 if n % 3 == 2 else 0.0)
        look(source, 1.0)
    assert machine.n_sensors_read == 12


def test_in_a_container_load_is_of_what_it_may_use(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A note says what that is."""
    used = types.SimpleNamespace(
        n_cpus=0.5, max_bytes=200_000_000, cpu_seconds=lambda: 1.0, memory_bytes=lambda: 50_000_000
    )
    monkeypatch.setattr(module, "find_cgroup", lambda: used)
    source = SystemSource(clock=FakeClock())
    source._begin()
    assert look(source)["memory"] == 25.0
    used.cpu_seconds = lambda: 1.4
    assert look(source, 1.0)["CPU"] == 80.0
    assert source.notes == ("CPU and memory are of what may be used here: 0.5 CPUs, 200 MB",)
    source.close()


class Nvml(types.ModuleType):
    """A stand-in for nvidia-ml-py: one GPU that does not tell its power."""

    class NVMLError(Exception):
        """An error of the library."""

    is_open = False
    has_driver = True

    def nvmlInit(self) -> None:
        """Begin."""
        if not self.has_driver:
            message = "Driver Not Loaded"
            raise self.NVMLError(message)
        self.is_open = True

    def nvmlShutdown(self) -> None:
        """End."""
        self.is_open = False

    def nvmlDeviceGetCount(self) -> int:
        """Return the number of GPUs."""
        return 1

    def nvmlDeviceGetHandleByIndex(self, i: int) -> int:
        """Return a GPU."""
        return i

    def nvmlDeviceGetUtilizationRates(self, handle: int) -> Any:
        """Return how busy it is."""
        return types.SimpleNamespace(gpu=87, memory=3)

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> Any:
        """Return how full its memory is."""
        return types.SimpleNamespace(used=6 * 2**30, total=8 * 2**30)

    def nvmlDeviceGetTemperature(self, handle: int, sensor: int) -> int:
        """Return how warm it is."""
        return 61

    def nvmlDeviceGetPowerUsage(self, handle: int) -> int:
        """Raise what the library raises where that is not supported."""
        raise self.NVMLError


def test_a_gpu_has_channels_of_its_own(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it does not tell is left out; the library is let go of at the end."""
    nvml = Nvml("pynvml")
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    with SystemSource(interval=0.01, channels="GPU", gpu=True) as source:
        wait_until(lambda: source.counters().accepted >= 2)
        assert nvml.is_open
        source.stop()
        assert {n: v for n, (_, v) in source.buffer.latest().items()} == {
            "GPU": 87.0, "GPU memory": 75.0, "GPU temperature": 61.0,
        }  # fmt: skip
        assert source.buffer.units["GPU temperature"] == "°C"
    assert not nvml.is_open


def test_without_a_driver_there_is_a_note(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And everything else."""
    nvml = Nvml("pynvml")
    nvml.has_driver = False
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    source = SystemSource()
    source._begin()
    assert source.notes == ("no GPU: NVMLError: Driver Not Loaded",)
    source.close()


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that installs it."""
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match=r'pip install "nbstream\[system\]"'):
        SystemSource()
    monkeypatch.setattr(
        module.importlib.util, "find_spec", lambda name: None if name == "pynvml" else 1
    )
    with pytest.raises(DependencyError, match=r"'nvidia-ml-py' package: .*nbstream\[gpu\]"):
        SystemSource(gpu=True)


def test_this_machine_is_read() -> None:
    """CPU, memory and this kernel's part are told everywhere, within what they can be."""
    group = module.find_cgroup()
    is_free = group is None or group.n_cpus is None
    with SystemSource(interval=0.05) as source:
        wait_until(lambda: source.counters().accepted >= 3, 10)
        newest = {name: value for name, (_, value) in source.buffer.latest().items()}
        assert source.state is SourceState.RUNNING
    assert {"CPU", "memory", "kernel CPU", "kernel memory"} <= newest.keys()
    # Where a limit holds more is used in one of the spans that it is counted over, and less in the next.
    assert 0 <= newest["CPU"] <= (110 if is_free else math.inf)
    assert 0 < newest["memory"] <= 100
    assert 10 < newest["kernel memory"] < 100_000


def test_channels_can_be_chosen() -> None:
    """By their names, or how they begin: what is not read is not looked at."""
    with SystemSource(interval=0.02, channels=["kernel"]) as source:
        wait_until(lambda: source.counters().accepted >= 2, 10)
        assert set(source.buffer.channels) == {"kernel CPU", "kernel memory"}


def test_an_address_names_the_interval() -> None:
    """Alone or as an address; what else stands there is refused."""
    assert SystemSource.from_url("system").interval == 1.0
    assert SystemSource.from_url("system://?interval=2").interval == 2.0
    assert SystemSource.from_url("system://?interval=2", interval=3.0).interval == 3.0
    with pytest.raises(ValueError, match="takes no 'every'"):
        SystemSource.from_url("system://?every=2")
