"""Limits of containers, in folders such as Linux shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbstream.sources.machine.cgroup import find_cgroup


def write(root: Path, files: dict[str, str]) -> None:
    """Write files below a folder."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_version_2_has_the_nearest_limits_above_a_process(tmp_path: Path) -> None:
    """What files hold in memory only for speed is not counted as used."""
    root, own = tmp_path / "cgroup", tmp_path / "own"
    own.write_text("0::/user.slice/notebook\n")
    write(
        root,
        {
            "cgroup.controllers": "cpu memory",
            "user.slice/cpu.max": "150000 100000\n",
            "user.slice/cpu.stat": "usage_usec 2500000\nuser_usec 1\n",
            "user.slice/notebook/cpu.max": "max 100000\n",
            "user.slice/notebook/memory.max": "1000000\n",
            "user.slice/notebook/memory.current": "600000\n",
            "user.slice/notebook/memory.stat": "anon 1\ninactive_file 100000\n",
        },
    )
    group = find_cgroup(root, own)
    assert group is not None
    assert (group.n_cpus, group.max_bytes) == (1.5, 1_000_000)
    assert (group.cpu_seconds(), group.memory_bytes()) == (2.5, 500_000)


def test_version_1_is_read_too(tmp_path: Path) -> None:
    """A limit near 2**63 is none."""
    write(
        tmp_path,
        {
            "cpu/cpu.cfs_quota_us": "50000\n",
            "cpu/cpu.cfs_period_us": "100000\n",
            "cpuacct/cpuacct.usage": "1500000000\n",
            "memory/memory.limit_in_bytes": "9223372036854771712\n",
            "memory/memory.usage_in_bytes": "100\n",
        },
    )
    group = find_cgroup(tmp_path, tmp_path / "none")
    assert group is not None
    assert (group.n_cpus, group.max_bytes, group.cpu_seconds()) == (0.5, None, 1.5)
    assert group.memory_bytes() == 100


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"cgroup.controllers": "", "cpu.max": "max 100000", "memory.max": "max"},
        {"cgroup.controllers": "", "cpu.max": "x", "memory.max": ""},
        {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"},
    ],
    ids=["nothing", "no limits", "nonsense", "version 1 without"],
)
def test_without_limits_there_is_none(tmp_path: Path, files: dict[str, str]) -> None:
    """The machine itself is what counts then."""
    write(tmp_path, files)
    (tmp_path / "own").write_text("0::/../../etc\n")
    assert find_cgroup(tmp_path, tmp_path / "own") is None
