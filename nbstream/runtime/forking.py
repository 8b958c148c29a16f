"""What was forked off this process has copies of its objects, but none of its threads, files and programs."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

__all__ = ["in_child"]

Forget = TypeVar("Forget", bound=Callable[[], object])


def in_child(forget: Forget) -> Forget:
    """Have `forget` called as the first thing in each process that is forked off, and return it."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=forget)
    return forget
