"""JSON is decoded by orjson where it is installed, and to the same things without."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterator

import pytest

from nbstream.sources.json_text import decode_json, fast_loads


@pytest.fixture(params=["orjson", "json"], autouse=True)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Decode with either library."""
    if request.param == "orjson":
        pytest.importorskip("orjson")
    else:
        monkeypatch.setitem(sys.modules, "orjson", None)
    fast_loads.cache_clear()
    yield str(request.param)
    fast_loads.cache_clear()


def test_the_library_that_is_there_decodes(library: str) -> None:
    """It is orjson where it can be imported, the standard library's else."""
    assert fast_loads().__module__.partition(".")[0] == library


def test_both_take_the_same() -> None:
    """Bytes, str, integers of any size, and NaN, which is no JSON but is written."""
    assert decode_json(b'{"a": [1, 2.5, null]}') == decode_json('{"a": [1, 2.5, null]}')
    assert decode_json("1" * 30) == pytest.approx(int("1" * 30))
    assert math.isnan(decode_json('{"a": NaN}')["a"])


@pytest.mark.parametrize("text", [b"{", "x", b"\xff\xfe{", "[" * 100_000])
def test_both_refuse_the_same(text: str | bytes) -> None:
    """What is no JSON, or is nested so deeply that nobody means it, is a ValueError."""
    with pytest.raises(ValueError, match=r"\S"):
        decode_json(text)


def test_importing_nbstream_loads_no_decoder() -> None:
    """The library is looked for when something is decoded."""
    code = "import sys, nbstream; print('orjson' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
