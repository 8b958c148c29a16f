"""How recordings are begun: `source.record` and `dashboard.record` come here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbstream.recording.recording import Recording
from nbstream.recording.snapshots import Snapshots

if TYPE_CHECKING:
    from os import PathLike

    from nbstream.readings.buffer import Buffer
    from nbstream.sources import Source

__all__ = ["record"]


def record(
    source: Source | Buffer,
    path: str | PathLike[str],
    *,
    on: Any = None,
    before: Any = None,
    after: Any = None,
    **options: Any,
) -> Recording:
    """Return a recording that has begun: of all that comes, or of what is around a rule's firings.

    Raises
    ------
    ValueError
        If `before` or `after` is given without a rule, or a rule with what begins another file; and as
        for `Recording`.
    """
    if on is None:
        if before is not None or after is not None:
            msg = "'before' and 'after' are around the firings of a rule: say which with on=rule."
            raise ValueError(msg)
        return Recording(source, path, **options)
    for name in ("max_bytes", "max_age"):
        if options.pop(name, None) is not None:
            msg = f"{name!r} has no meaning for snapshots: each firing of the rule is a file."
            raise ValueError(msg)
    return Snapshots(source, path, on=on, before=before or 0, after=after or 0, **options)
