"""Whether this is the kernel of a voila page: then every visitor has one, and each would notify."""

from __future__ import annotations

import os
from collections.abc import Mapping

__all__ = ["is_voila_kernel"]

MARKS = ("VOILA_PREHEAT", "VOILA_BASE_URL", "VOILA_REQUEST_URL", "VOILA_KERNEL_ID")
OWN_MARK = "NBSTREAM_VOILA"


def is_voila_kernel(environment: Mapping[str, str] | None = None) -> bool:
    """Return whether this process is a kernel that voila started.

    voila sets VOILA_PREHEAT and VOILA_BASE_URL for all of its kernels, VOILA_REQUEST_URL and
    SERVER_SOFTWARE=voila/… for those that it starts at a request. A server of another kind that
    gives each visitor a kernel can say so with NBSTREAM_VOILA=1.

    Parameters
    ----------
    environment
        Environment variables; None is this process's.
    """
    environment = os.environ if environment is None else environment
    return (
        any(mark in environment for mark in MARKS)
        or environment.get("SERVER_SOFTWARE", "").lower().startswith("voila")
        or environment.get(OWN_MARK, "").lower() not in ("", "0", "false", "no")
    )
