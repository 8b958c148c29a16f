"""Binary buffers on their way to a page, and what becomes of them where a host loses them.

Of Colab's pages it has been told that they get the JSON of a message and not its buffers. A page notices
by the first message that should have had some, and says so in its hello (``text``) and in what it asks of
scripts. What it is sent from then on has its buffers in the JSON, as base64: a third more bytes, which nobody
else pays.
"""

from __future__ import annotations

import base64
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LAST_HEARD", "LastHeard", "as_text"]


def as_text(content: dict[str, Any], buffers: Iterable[Any]) -> dict[str, Any]:
    """Return a message with its buffers in the JSON; static/shared/buffers.js takes them out again."""
    return {**content, "base64": [base64.b64encode(part).decode("ascii") for part in buffers]}


class LastHeard:
    """Whether buffers reached the page that was heard last: what is expected of one that wasn't heard yet.

    A busy kernel sends to views that it can't hear. Before any page was heard, Colab's is taken for one that
    gets no buffers, and every other for one that does.

    Notes
    -----
    Thread safety: any method, from any thread.
    """

    def __init__(self) -> None:
        self._is_text: bool | None = None

    def note(self, *, is_text: bool) -> None:
        """Take in what a page said."""
        self._is_text = is_text

    @property
    def is_text(self) -> bool:
        """Whether buffers are to go as text to a page that nobody has heard."""
        return "google.colab" in sys.modules if self._is_text is None else self._is_text


LAST_HEARD = LastHeard()
