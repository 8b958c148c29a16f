"""Whether the channels that a rule speaks of hold what it compares them with: numbers or words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbstream.expressions.variables import Channel, Value, Word
from nbstream.text.naming import short_name, shortened

if TYPE_CHECKING:
    from nbstream.alerts.rules.settings import RuleSettings
    from nbstream.readings.buffer import Buffer

__all__ = ["require_kinds"]


def require_kinds(
    settings: RuleSettings, selected: str | tuple[str, ...] | None, buffer: Buffer
) -> None:
    """Refuse a rule that compares a channel of numbers with words, or one of words with numbers.

    What a channel holds is known from its first reading on; before that nothing is refused.

    Raises
    ------
    ValueError
        If it does.
    """
    own = selected if isinstance(selected, str) and "*" not in selected else None
    ends = () if settings.clear is None else (settings.clear,)
    for condition in (settings.condition, *(level for _, level in settings.levels), *ends):
        for variable in condition.variables:
            named = variable.name if isinstance(variable, (Channel, Word)) else None
            name = own if named is None and isinstance(variable, (Value, Word)) else named
            if name is None or buffer.channel(name).last_time_ns is None:
                continue
            asks_for_words = isinstance(variable, Word)
            if asks_for_words != (buffer.channel(name).labels is not None):
                compared, held = ("a word", "numbers") if asks_for_words else ("a number", "words")
                message = (
                    f"{shortened(condition.text)!r} compares {short_name(name)!r} with {compared}, "
                    f"but that channel holds {held}."
                )
                raise ValueError(message)
