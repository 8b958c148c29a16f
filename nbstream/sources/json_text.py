"""What JSON says, read by orjson where that is installed: some seven times as fast."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["decode_json", "fast_loads"]


@cache
def fast_loads() -> Callable[[str | bytes], Any]:
    """Return orjson's `loads`, the standard library's where that is missing; looked for when first needed."""
    try:
        import orjson
    except ImportError:
        return json.loads
    loads: Callable[[str | bytes], Any] = orjson.loads
    return loads


def decode_json(text: str | bytes) -> Any:
    """Return what JSON says.

    What orjson refuses (NaN, bytes that are no UTF-8) is read by the standard library.

    Raises
    ------
    ValueError
        If it is none, or is nested too deeply.
    """
    try:
        return fast_loads()(text)
    except (ValueError, RecursionError):
        pass
    try:
        return json.loads(text)
    except RecursionError:
        message = "It is nested too deeply."
        raise ValueError(message) from None
