"""What a container, or a service with limits, may use of its machine, and uses: Linux' control groups."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Cgroup", "find_cgroup"]

ROOT, OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
UNLIMITED = 2**60  # bytes; version 1 says so with a number about 2**63


@dataclass(frozen=True)
class Cgroup:
    """A group of processes with limits.

    Parameters
    ----------
    n_cpus
        How many CPUs it may use, perhaps a fraction; None is all.
    max_bytes
        How much memory it may use; None is all.
    """

    n_cpus: float | None
    max_bytes: int | None
    _cpu_file: Path
    _cpu_key: str
    _memory: Path
    _memory_file: str
    _inactive_key: str

    def cpu_seconds(self) -> float:
        """Return the CPU time that it has used.

        Raises
        ------
        OSError, ValueError
            If that cannot be read.
        """
        if not self._cpu_key:
            return int(self._cpu_file.read_text()) / 1e9
        return _entries(self._cpu_file)[self._cpu_key] / 1e6

    def memory_bytes(self) -> int:
        """Return the memory that it uses, without what is only kept of files.

        Raises
        ------
        OSError, ValueError
            If that cannot be read.
        """
        used = int((self._memory / self._memory_file).read_text())
        kept = 0
        with suppress(OSError, ValueError):
            kept = _entries(self._memory / "memory.stat").get(self._inactive_key, 0)
        return max(0, used - kept)


def find_cgroup(root: Path = ROOT, own: Path = OWN) -> Cgroup | None:
    """Return the group of this process, None if it has no limits, or there is no such thing here.

    Parameters
    ----------
    root, own
        Where the groups are, and the file that names this process'.
    """
    try:
        if (root / "cgroup.controllers").exists():
            return _version_2(root, own)
        return _version_1(root)
    except (OSError, ValueError):
        return None


def _version_2(root: Path, own: Path) -> Cgroup | None:
    """Return the nearest limits above this process; they hold for all below them."""
    name = ""
    with suppress(OSError):
        lines = own.read_text().splitlines()
        name = next((line[3:] for line in lines if line.startswith("0::")), "")
    inner = Path(os.path.normpath(f"{root}/{name}"))
    if root not in (inner, *inner.parents) or not inner.exists():
        inner = root
    above = [inner, *(p for p in inner.parents if root in (p, *p.parents))]
    cpu = next(((p, n) for p in above if (n := _quota(p / "cpu.max")) is not None), None)
    memory = next(((p, n) for p in above if (n := _limit(p / "memory.max")) is not None), None)
    if cpu is None and memory is None:
        return None
    cpu_at, n_cpus = cpu or (inner, None)
    memory_at, max_bytes = memory or (inner, None)
    return Cgroup(
        n_cpus, max_bytes, cpu_at / "cpu.stat", "usage_usec", memory_at, "memory.current", "inactive_file"
    )  # fmt: skip


def _version_1(root: Path) -> Cgroup | None:
    quota = _number(root / "cpu" / "cpu.cfs_quota_us")
    period = _number(root / "cpu" / "cpu.cfs_period_us")
    n_cpus = quota / period if quota and period and quota > 0 else None
    max_bytes = _limit(root / "memory" / "memory.limit_in_bytes")
    if n_cpus is None and max_bytes is None:
        return None
    return Cgroup(
        n_cpus, max_bytes, root / "cpuacct" / "cpuacct.usage", "", root / "memory",
        "memory.usage_in_bytes", "total_inactive_file",
    )  # fmt: skip


def _quota(path: Path) -> float | None:
    """Return how many CPUs "200000 100000" are, None if "max"."""
    with suppress(OSError, ValueError):
        quota, period = path.read_text().split()
        if quota != "max":
            return int(quota) / int(period)
    return None


def _limit(path: Path) -> int | None:
    limit = _number(path)
    return None if limit is None or limit >= UNLIMITED else limit


def _number(path: Path) -> int | None:
    with suppress(OSError, ValueError):
        return int(path.read_text())
    return None


def _entries(path: Path) -> dict[str, int]:
    words = (line.split() for line in path.read_text().splitlines())
    return {key: int(number) for key, number in words}
