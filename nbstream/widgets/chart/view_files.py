"""Files of what a view shows, made by the kernel and fetched by the page that saves them, in pieces."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from nbstream.widgets.page.messages import is_int, is_number

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PIECE_BYTES", "Maker", "Span", "ViewFiles"]

PIECE_BYTES = 256 * 1024
MAX_FILES = 4
"""Files that are kept for pages that fetch them; of more the oldest is let go."""
MAX_CLIENT = 64
LATEST_MS = 9.2e12

Span: TypeAlias = tuple[int, int]
"""From when to when, in ns."""

Maker: TypeAlias = Callable[[Span | None], str]
"""Returns the text of a file of a span or, for None, of the window as it is now."""


class ViewFiles:
    """Makes files for pages and hands them out piece by piece, as pages ask.

    Several megabytes in one message would be lost where a server limits its rate.

    Parameters
    ----------
    makers
        By the name of the format.
    send
        Sends a message to all pages.

    Notes
    -----
    Thread safety: `take` from any thread; `command` returns what is to be done on the main thread.
    """

    def __init__(
        self,
        makers: Mapping[str, Maker],
        send: Callable[..., Any],
    ) -> None:
        self._makers = makers
        self._send = send
        self._lock = threading.Lock()
        self._files: dict[int, bytes] = {}
        self._n_made = 0

    def command(self, message: dict[str, Any]) -> Callable[[], dict[str, Any]] | None:
        """Return what makes the file that a page asks for; None if it makes no sense."""
        name: Any = message.get("format")
        low: Any = message.get("from")
        high: Any = message.get("to")
        maker = self._makers.get(name) if isinstance(name, str) else None
        span = None
        if low is not None or high is not None:
            if not (is_number(low, LATEST_MS) and is_number(high, LATEST_MS) and low < high):
                return None
            span = round(low * 1e6), round(high * 1e6)
        return None if maker is None else lambda: self._make(maker, span)

    def take(self, message: dict[str, Any]) -> bool:
        """Send a piece of a file if a page asks for one; return whether it did."""
        if message.get("kind") != "piece":
            return False
        number: Any = message.get("file")
        place: Any = message.get("number")
        client: Any = message.get("client")
        if not (is_int(number) and is_int(place) and isinstance(client, str)):
            return False
        with self._lock:
            data = self._files.get(number, b"")
        if not 0 <= place * PIECE_BYTES < len(data) or len(client) > MAX_CLIENT:
            return False
        piece = data[place * PIECE_BYTES : (place + 1) * PIECE_BYTES]
        told = {"kind": "piece", "to": client, "file": number, "number": place}
        self._send(told, [piece])
        return True

    def _make(self, maker: Maker, span: Span | None) -> dict[str, Any]:
        data = gzip.compress(maker(span).encode(), 6)
        with self._lock:
            self._n_made += 1
            number = self._n_made
            self._files[number] = data
            while len(self._files) > MAX_FILES:
                del self._files[next(iter(self._files))]
        return {"file": number, "pieces": -(-len(data) // PIECE_BYTES)}
