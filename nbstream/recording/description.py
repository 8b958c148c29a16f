"""What a recording says of itself: in the journal while it grows, in the footer of the file afterwards."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

__all__ = ["FORMAT", "KEY", "MAX_EVENTS_BYTES", "Description"]

FORMAT = 1
"""The version of the format that is written; those before can be read."""
KEY = b"nbstream"
MAX_EVENTS_BYTES = 2**20
"""What events may take of a footer; the oldest of more are left out, and counted."""


@dataclass
class Description:
    """What is known of a recording beside its readings; all of it is plain JSON."""

    format: int = FORMAT
    nbstream: str = ""
    python: str = ""
    source: dict[str, Any] = field(default_factory=dict)
    """Kind, name and repr of the source, without secrets."""
    zone: str = "UTC"
    started_ns: int = 0
    stopped_ns: int | None = None
    """None if it was never stopped."""
    position: dict[str, Any] = field(default_factory=dict)
    """Where the source was, by "start" and "end"; absent where it has no position."""
    channels: list[str] = field(default_factory=list)
    """In the order in which they first came."""
    columns: dict[str, str] = field(default_factory=dict)
    """Names of the columns "time", "arrival" and, in the long form, "channel" and "value"."""
    is_long: bool = False
    """Whether a row has one channel."""
    units: dict[str, str] = field(default_factory=dict)
    labels: dict[str, list[str]] = field(default_factory=dict)
    """The words of channels of words, by their codes."""
    rules: list[dict[str, Any]] = field(default_factory=list)
    gaps: list[dict[str, Any]] = field(default_factory=list)
    """What is missing: "first" and "last" arrival in ns where known, "readings", and "why"."""
    counters: dict[str, int] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    """Notes, marks and incidents, as the journal has them."""
    n_events_left_out: int = 0

    def take(self, line: dict[str, Any]) -> None:
        """Learn from a line of a journal; what is unknown is passed over."""
        kind, facts = line["kind"], {k: v for k, v in line.items() if k not in ("kind", "crc")}
        if kind == "begin":
            for name in ("format", "nbstream", "python", "source", "zone", "started_ns", "rules"):
                if name in facts:
                    setattr(self, name, facts[name])
            self._take_position("start", facts)
        elif kind == "end":
            self.stopped_ns = facts.get("stopped_ns")
            self.counters = facts.get("counters", {})
            self._take_position("end", facts)
        elif kind == "position":
            self._take_position("end", facts)
        elif kind == "units":
            self.units.update(facts.get("units", {}))
        elif kind == "labels":
            known = self.labels.setdefault(facts["channel"], [])
            known += ["?"] * (facts["first"] - len(known))  # a line before is damaged
            known += facts["texts"][max(0, len(known) - facts["first"]) :]
        elif kind == "rules":
            self.rules = facts["rules"]
        elif kind == "gap":
            self.gaps.append(facts)
        elif kind in ("note", "mark", "incident"):
            self.events.append({"kind": kind, **facts})

    def _take_position(self, name: str, facts: dict[str, Any]) -> None:
        if facts.get("position") is not None:
            self.position[name] = facts["position"]

    def to_json(self) -> bytes:
        """Return all of it as JSON, the newest events only if there are too many."""
        facts = asdict(self)
        size, kept = 0, []
        for event in reversed(self.events):
            size += len(json.dumps(event))
            if size > MAX_EVENTS_BYTES:
                break
            kept.append(event)
        facts["events"] = kept[::-1]
        facts["n_events_left_out"] = self.n_events_left_out + len(self.events) - len(kept)
        return json.dumps(facts, allow_nan=False).encode("ascii")

    @classmethod
    def from_json(cls, text: bytes) -> Description:
        """Return what `to_json` wrote, of any version so far.

        Raises
        ------
        ValueError
            If it is anything else, or of a version that is not known yet.
        """
        facts = json.loads(text)
        version = facts.get("format") if isinstance(facts, dict) else None
        if not isinstance(version, int) or not 1 <= version <= FORMAT:
            msg = (
                f"The recording has format {version!r:.40}, and this nbstream reads formats up to {FORMAT}. "
                "Install a newer nbstream."
            )
            raise ValueError(msg)
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in facts.items() if name in known})
