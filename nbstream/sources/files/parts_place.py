"""Where reading goes on in several files, as a small value for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nbstream.sources.files.part_names import in_order
from nbstream.sources.files.read_content import Place, Position

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PartsPlace"]


class PartsPlace(NamedTuple):
    """Where reading goes on in each of several files."""

    named: Mapping[str, Place | Position]
    """Of those that are there, by name."""
    others: tuple[Position, ...]
    """Of those that were read under a name that they no longer have."""

    @classmethod
    def of(cls, given: Any) -> PartsPlace:
        """Return what `as_json` gave; a place of one file is one too.

        Raises
        ------
        ValueError
            If it is something else.
        """
        files = given.get("files") if isinstance(given, dict) and len(given) == 1 else None
        if not isinstance(files, list):
            return cls({}, (Position.of(given),))
        named: dict[str, Place | Position] = {}
        others = []
        for file in files:
            fields = dict(file) if isinstance(file, dict) else {}
            name = fields.pop("name", None)
            position = Position.of(fields)
            if isinstance(name, str):
                named[name] = position
            else:
                others.append(position)
        return cls(named, tuple(others))

    def as_json(self) -> dict[str, Any]:
        """Return it as a value for JSON, some 150 bytes a file, without what stands in the files."""
        names = in_order(list(self.named))
        files = [{"name": name, **self.named[name].as_json()} for name in names]
        return {"files": [*files, *(position.as_json() for position in self.others)]}
