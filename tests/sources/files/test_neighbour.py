"""The file that somebody may have meant."""

from __future__ import annotations

from pathlib import Path

from nbstream.sources.files.neighbour import nearest_neighbour


def test_nearest_neighbour(tmp_path: Path) -> None:
    """A slip of the pen is recognised, another name is not."""
    (tmp_path / "streaming_data.csv").touch()
    (tmp_path / "unrelated.txt").touch()
    near = nearest_neighbour(tmp_path / "Streaming_dta.csv")
    assert near == tmp_path / "streaming_data.csv"
    assert nearest_neighbour(tmp_path / "nothing like it.json") is None
    assert nearest_neighbour(tmp_path / "no folder" / "x.csv") is None
