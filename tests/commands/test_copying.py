"""`nbstream cut`, `merge` and `export` on real recordings; what all commands say of files that are none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nbstream.commands.cli import main
from tests.recording.brought import BringSource, Brought, expected, held

pytest.importorskip("pyarrow")

CAME: Brought = [([0, 1], {"a": [0.0, 1.0]}), ([2], {"b": [2.0]}), ([3, 4], {"a": [3.0, 4.0]})]
PARTS = Path(__file__).parent.parent / "recording" / "files" / "format-1.part"


def recorded(path: Path, came: Brought, words: tuple[str, ...] = ()) -> Path:
    """Return a recording of batches, and of words."""
    with BringSource(units={"a": "°C"}) as source, source.record(path):
        for seconds, values in came:
            source.bring(seconds, **values)
        for second, word in enumerate(words):
            table = source.buffer._store.labels_for("state")
            assert table is not None
            source.bring([second], state=[table.code(word)])
    return path


def test_cut(tmp_path: Path) -> None:
    """A span from durations or times is a recording of its own, with the same batches."""
    path = recorded(tmp_path / "run.parquet", CAME)
    target = tmp_path / "cut.parquet"
    assert main(["cut", str(path), str(target), "--start", "1s", "--stop", "4s"]) == 0
    assert held(target) == expected([([1], {"a": [1.0]}), ([2], {"b": [2.0]}), ([3], {"a": [3.0]})])


def test_merge_puts_together_what_came(tmp_path: Path) -> None:
    """Two recordings are one in order of arrival, and each word keeps its meaning."""
    first = recorded(tmp_path / "one.parquet", CAME[:2], ("RUN", "IDLE"))
    second = recorded(tmp_path / "two.parquet", CAME[2:], ("IDLE", "OFF"))
    target = tmp_path / "both.csv"
    assert main(["merge", str(first), str(second), str(target)]) == 0
    lines = target.read_text("utf-8").splitlines()
    states = [word for line in lines for word in ("RUN", "IDLE", "OFF") if word in line]
    assert states == ["RUN", "IDLE", "IDLE", "OFF"]
    assert len(lines) == 1 + 5 + 4


def test_export_saves_what_was_killed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The parts of a killed recording become a file, and stay; a file that is there is not replaced."""
    target = tmp_path / "saved.parquet"
    assert main(["export", str(PARTS), str(target)]) == 0
    assert held(target) == held(PARTS)
    assert main(["export", str(PARTS), str(target)]) == 1
    assert "exists" in capsys.readouterr().err
    assert main(["export", str(PARTS), str(target), "--overwrite"]) == 0


FOREIGN = """time,x
2026-07-01 12:00:00,1
"""


def test_other_files_are_named_as_what_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a table of anybody, a CSV file, a cut or empty one, a folder; and nothing is written."""
    import pandas as pd

    whole = recorded(tmp_path / "run.parquet", CAME).read_bytes()
    files = {
        "cut.parquet": (whole[: len(whole) // 2], "is cut off, or is still being written"),
        "text.parquet": (b"hello", "is no Parquet file"),
        "empty.parquet": (b"", "is no Parquet file"),
        "table.csv": (FOREIGN.encode(), "nbstream.watch(path) reads CSV files"),
    }
    for name, (content, _) in files.items():
        (tmp_path / name).write_bytes(content)
    pd.DataFrame({"x": [1.0]}).to_parquet(tmp_path / "other.parquet")
    (tmp_path / "folder").mkdir()
    said = {name: words for name, (_, words) in files.items()}
    said |= {"other.parquet": "nbstream.open(path) shows it", "folder": "is no recording"}
    said |= {"none.parquet": "There is no recording"}
    for name, words in said.items():
        target = tmp_path / "out.parquet"
        for command in (
            ["info", name],
            ["cut", name, str(target)],
            ["merge", str(tmp_path / "run.parquet"), name, str(target)],
            ["export", name, str(target)],
        ):
            arguments = [str(tmp_path / word) if word == name else word for word in command]
            assert main(arguments) == 1
            errors = capsys.readouterr().err
            assert words in errors, (command, errors)
            assert name in errors
            assert "Traceback" not in errors
            assert not list(tmp_path.glob("out*"))


def test_what_is_damaged_is_left_out_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Parts whose bytes were written over are merged and exported without the damaged batches."""
    hurt = tmp_path / "hurt.parquet.part"
    shutil.copytree(PARTS, hurt)
    content = bytearray((hurt / "0000.arrow").read_bytes())
    content[len(content) // 2 : len(content) // 2 + 64] = bytes(range(64))
    (hurt / "0000.arrow").write_bytes(content)
    good = recorded(tmp_path / "run.parquet", CAME)
    for command in (
        ["export", str(hurt), str(tmp_path / "a.csv")],
        ["merge", str(good), str(hurt), str(tmp_path / "b.parquet")],
    ):
        assert main(command) == 0
        assert "missing: 4 readings (0000.arrow is damaged)" in capsys.readouterr().err
    assert main(["info", str(tmp_path / "b.parquet")]) == 0
    assert "missing: 4 readings" in capsys.readouterr().out


def test_parts_become_the_file_that_they_were_recorded_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is overwritten by it, so nobody has to allow it; a file that is there is kept as ever."""
    path = tmp_path / "run.parquet"
    shutil.copytree(PARTS, tmp_path / "run.parquet.part")
    assert main(["export", str(path), str(path)]) == 0
    assert path.is_file()
    assert (tmp_path / "run.parquet.part").is_dir()
    assert main(["export", str(path), str(path)]) == 1
    assert "exists" in capsys.readouterr().err
    other = tmp_path / "other.parquet"
    shutil.copytree(PARTS, tmp_path / "other.parquet.part")
    assert main(["export", str(path), str(other)]) == 1  # those are of another recording


def test_a_cut_that_ends_before_it_begins_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As is a target in a folder that is not there."""
    path = recorded(tmp_path / "run.parquet", CAME)
    target = tmp_path / "cut.parquet"
    assert main(["cut", str(path), str(target), "--start", "3s", "--stop", "2s"]) == 1
    assert "--stop must be later than --start" in capsys.readouterr().err
    assert main(["export", str(path), str(tmp_path / "nowhere" / "a.csv")]) == 1
    assert "There is no folder" in capsys.readouterr().err
    assert not target.exists()


def test_a_cut_beyond_the_readings_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says from when to when they are, and leaves a file alone that it would have replaced."""
    path = recorded(tmp_path / "run.parquet", CAME)
    target = tmp_path / "cut.csv"
    target.write_text("mine")
    command = ["cut", str(path), str(target), "--start", "1h", "--overwrite"]
    assert main(command) == 1
    said = capsys.readouterr().err
    assert "No reading is in that span" in said
    assert "4 s" in said
    assert target.read_text() == "mine"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["cut.csv", "run.parquet"]
