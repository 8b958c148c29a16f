"""Pages that are asked again and again, and streams of events, over HTTP."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

import numpy as np

from nbstream.errors import ConfigurationError, ConnectError
from nbstream.sources.item_parts import flatten
from nbstream.sources.items import MAX_DEPTH
from nbstream.sources.json_text import decode_json
from nbstream.sources.network.events import EventReader
from nbstream.sources.network.influx import frame_of_flux, frame_of_influxql, is_flux
from nbstream.sources.network.message_source import EndOfStream, load_extra
from nbstream.sources.network.messages import Message, follow
from nbstream.sources.network.network_source import AsyncNetworkSource
from nbstream.sources.network.prometheus import Counting, Rates, read_exposition, read_query
from nbstream.sources.network.records import time_name_of
from nbstream.sources.network.status_codes import error_of_status
from nbstream.sources.times.names import key_rank
from nbstream.sources.wording import explain, positive_seconds, shorten
from nbstream.text.redaction import redact

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    import httpx
    import pandas as pd

__all__ = ["HttpSource"]

Form = Literal["json", "table", "prometheus", "lines", "events"]

TIMEOUT = 5.0
NAMING = ("entity_id", "sensor", "sensor_id", "device", "device_id", "station", "symbol", "name")
"""How texts are called that say of which of several things a row is."""
TABLES = (".csv", ".tsv")
TABLE_TYPES = ("text/csv", "application/csv", "text/tab-separated-values")
ACCEPT = "text/event-stream, application/json;q=0.9, */*;q=0.8"


class HttpSource(AsyncNetworkSource["_Visit"]):
    """Asks a server again and again, or listens to its stream of events.

    Parameters
    ----------
    url
        The address; what is secret in it is shown nowhere.
    interval
        Seconds between two questions; a stream of events is asked for once.
    form
        What the answer is: "json", "table" (CSV), "prometheus", "lines" (a reading a line) or "events"
        (server-sent events). None finds it by the type that the server says, and by what it looks like.
    headers
        Of each request, such as ``{"Authorization": "Bearer …"}``; their values are shown nowhere.
    auth
        User and password; shown nowhere.
    method, content
        For servers that want to be asked by POST.
    events
        Names of the events to read; None is all.
    counters
        What is shown of counters that only grow, as Prometheus knows them: "rate", their change per second,
        or "value".
    timeout
        Seconds to wait for a connection, and for each piece of an answer.
    ssl_context
        For certificates of one's own.
    channels
        Names of the values to read; of Prometheus' metrics too, with "*" for anything.
    **options
        As for `MessageSource`: path, time, states, parse, reconnect_after, max_message_bytes; and for every
        `Source`.

    Raises
    ------
    DependencyError
        If httpx is missing: ``pip install "nbstream[http]"``.
    ValueError
        If the address or an option can't be.

    Notes
    -----
    The only list of readings with times in a JSON answer is what is read, whatever is wrapped around it; a
    table below a row of names, or of columns, is one too, and so is an answer of Prometheus' HTTP API, or of
    InfluxDB's (annotated CSV of Flux, JSON of InfluxQL: channels "measurement tags field"). Rows
    that an earlier answer had are left out, and so is an object with its own time that has not changed.
    A server that says that nothing is new (304) is asked so that it can. Answers of 401, 403 and 404 are
    final until one succeeded; a Retry-After is kept. A stream of events goes on where it broke off if its
    events have ids, and that id is the source's `position`.

    Thread safety: any thread.
    """

    kind = "http"
    from_function = True
    _loggers = (
        "httpx",
        "httpcore.connection",
        "httpcore.http11",
        "httpcore.http2",
        "httpcore.proxy",
    )

    def __init__(
        self,
        url: str,
        *,
        interval: float = 1.0,
        form: Form | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        method: str = "GET",
        content: str | bytes | None = None,
        events: Sequence[str] | str | None = None,
        counters: Counting = "rate",
        timeout: float = TIMEOUT,
        ssl_context: ssl.SSLContext | None = None,
        channels: Sequence[str] | str | None = None,
        **options: Any,
    ) -> None:
        self._httpx = load_extra("httpx", "http", "HttpSource")
        if not url.lower().startswith(("http://", "https://")):
            message = f"An address begins with http:// or https:// (got {redact(url)!r})."
            raise ValueError(message)
        for name, given, known in (
            ("form", form, (None, *get_args(Form))),
            ("counters", counters, get_args(Counting)),
        ):
            if given not in known:
                message = f"{name!r} must be one of {', '.join(map(repr, known))} (got {given!r})."
                raise ValueError(message)
        self.interval = positive_seconds(interval, "interval")
        self.form = form
        self._url = url
        self._request: dict[str, Any] = {"method": method, "url": url, "content": content}
        self._headers = {"Accept": ACCEPT, **(headers or {})}
        self._auth = auth
        self._kinds = (
            None if events is None else {events} if isinstance(events, str) else set(events)
        )
        self._timeout = positive_seconds(timeout, "timeout")
        self._ssl: Any = True if ssl_context is None else ssl_context
        self._wanted = [channels] if isinstance(channels, str) else channels
        self._unchanged: dict[str, str] = {}
        """Headers that ask only for what is new."""
        self._rates = Rates(counters)
        self._last_id = ""
        self._due = 0.0
        self.target = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
        options["name"] = options.get("name") or shorten(self.target.partition(":")[0])
        super().__init__(channels=channels, **options)
        self._hide_url(url)
        self._hide(*(headers or {}).values(), *(auth or ())[1:])
        if auth:
            self._hide(":".join(auth))

    @classmethod
    def from_url(cls, url: str, **options: Any) -> Self:
        """Return the source of an address; what stands behind its question mark is the server's."""
        return cls(url, **options)

    @property
    def position(self) -> Any:
        """The id of the newest event, as ``{"id": "…"}``; None where there is none."""
        return {"id": self._last_id} if self._last_id else None

    def _go_to(self, position: Any) -> None:
        if not isinstance(position, Mapping) or not isinstance(position.get("id"), str):
            message = f"'position' must be what a source of events said (got {position!r:.80})."
            raise ValueError(message)
        self._last_id = position["id"]

    # The connection.

    async def _connect(self) -> _Visit:
        self._due = self._clock.monotonic()
        client = self._httpx.AsyncClient(
            timeout=self._timeout, follow_redirects=True, verify=self._ssl, auth=self._auth
        )
        visit = _Visit(client)
        try:
            visit.first = await self._ask(visit)
        except BaseException:
            await visit.close()
            raise
        return visit

    async def _read(self, client: _Visit) -> Iterable[Any] | None:
        if client.first is not None:
            first, client.first = client.first, None
            return first
        if client.events is not None:
            return await self._next_events(client.events, client.reader)
        await asyncio.sleep(max(0.0, self._due - self._clock.monotonic()))
        return await self._ask(client)

    async def _disconnect(self, client: _Visit) -> None:
        await client.close()

    async def _ask(self, visit: _Visit) -> list[Any]:
        """Send the request; return what the answer says, nothing if it is a stream or says nothing new."""
        now = self._clock.monotonic()
        self._due += self.interval
        if self._due < now:
            self._due += self.interval * ((now - self._due) // self.interval + 1)
        headers = {**self._headers, **self._unchanged}
        if self._last_id:
            headers["Last-Event-ID"] = self._last_id
        request = visit.client.build_request(
            **self._request, headers=headers, timeout=self._timeout
        )
        response = await visit.client.send(request, stream=True)
        status = response.status_code
        if status == 304:
            await response.aclose()
            self._gave_sign()
            return []
        if status == 204 and (self.form == "events" or self._last_id):
            raise EndOfStream
        if not response.is_success:
            told = error_of_status(status, response.headers, self.name)
            await response.aclose()
            raise told
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if self.form == "events" or (self.form is None and kind == "text/event-stream"):
            request.extensions["timeout"]["read"] = None  # events may be far between
            self._reader.tables.from_function = False  # an event is no answer to a question
            visit.listen(response, EventReader(self._messages.max_bytes, self._kinds))
            return []
        body = await self._body(response)
        self._unchanged = {
            asked: response.headers[said]
            for asked, said in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified"))
            if said in response.headers
        }
        return [] if body is None else self._readings(body, kind, response.encoding or "utf-8")

    async def _body(self, response: httpx.Response) -> bytes | None:
        """Return the whole answer, None if it is too long: that is counted."""
        body = bytearray()
        try:
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > self._messages.max_bytes:
                    self._drop(1, f"answer longer than {self._messages.max_bytes:,} bytes")
                    return None
        finally:
            await response.aclose()
        return bytes(body)

    async def _next_events(
        self, pieces: AsyncIterator[bytes], reader: EventReader
    ) -> list[Any] | None:
        """Wait for events; None says that the stream has ended."""
        try:
            piece = await anext(pieces)
        except StopAsyncIteration:
            if reader.retry is not None:
                message = "the stream of events ended"
                raise ConnectError(message, source=self.name, retry_after=reader.retry) from None
            return None
        events = reader.feed(piece)
        self._last_id = reader.last_id or self._last_id
        too_long = reader.take_too_long()
        if too_long:
            self._drop(too_long, f"event longer than {self._messages.max_bytes:,} bytes")
        return events

    # What an answer says.

    def _readings(self, body: bytes, kind: str, encoding: str) -> list[Any]:
        if self._messages.parse is not None:
            return [body]
        form = self.form or self._guess(body, kind)
        try:
            if form == "page":
                message = f"a web page, not data: {shorten(_title(body))}"
                raise ValueError(message)
            if form == "json":
                return [self._as_rows(decode_json(body))]
            if form == "table":
                text = body.decode(encoding, "replace")
                is_influx = is_flux(text)
                return [frame_of_flux(text, self._reader.times) if is_influx else _table(text)]
        except (ValueError, TypeError) as error:
            self._gave_sign()
            self._reject(1, f"{error}")
            self._say_if_nothing_is_readable()
            return []
        text = body.decode(encoding, "replace")
        if form == "prometheus":
            return self._exposition(text)
        return [line for line in text.splitlines() if line.strip()]

    def _guess(self, body: bytes, kind: str) -> Form | Literal["page"]:
        start = body.lstrip()[:1]
        if kind == "text/html" and start == b"<":
            return "page"
        if kind in TABLE_TYPES or self._ends_with_table():
            return "table"
        if b"\n# TYPE " in body[:65_536] or body.startswith((b"# TYPE ", b"# HELP ")):
            return "prometheus"
        if start in (b"{", b"["):
            return "lines" if _is_many_lines(body) else "json"
        return "json" if kind.endswith("json") else "lines"

    def _ends_with_table(self) -> bool:
        return self._url.partition("?")[0].lower().endswith(TABLES)

    def _as_rows(self, answer: Any) -> Any:
        """Return a list of readings with times as a table, whose rows are known when they come again."""
        item = follow(answer, self._messages.path)
        query = read_query(item)
        if query is not None:
            return _frame_of_query(query)
        series = frame_of_influxql(item, self._reader.times)
        if series is not None:
            return series
        rows, reader = self._messages.unwrapped(item), self._reader
        is_list = isinstance(rows, list) and len(rows) > 0 and not reader.pivot
        if reader.time_name is False or not is_list or not all(isinstance(r, dict) for r in rows):
            return answer
        named = time_name_of(rows[0], reader.times, reader.time_name)
        if named is None:
            return answer
        frame = _frame_of_records(rows)
        pivot = next((name for name in NAMING if name in frame and frame[name].nunique() > 1), None)
        if pivot is not None and all(isinstance(text, str) for text in frame[pivot]):
            self._note("pivot", f"pivot={pivot!r} makes a channel of each that it names")
        others = [name for name in frame if key_rank(str(name)) is not None and name != named]
        return frame.drop(columns=others).rename(columns={named: "time"})

    def _exposition(self, text: str) -> list[Any]:
        samples, odd = read_exposition(text, self._wanted)
        self._reader.only = None  # what is wanted is chosen by metric, and is all that is left
        for line in odd:
            self._reject(1, line)
        now = self._clock.wall_ns()
        values = self._rates.read(samples, now)
        if self._rates.n_counters:
            self._note(
                "counters",
                f"{self._rates.n_counters:,} counters are shown as change per second; "
                "counters='value' shows them as they are",
            )
        at = {s.time_ns for s in samples if s.series in values} if samples else {None}
        if at == {None}:
            return [Message(values)] if values else []
        by_time: dict[int | None, dict[str, float]] = {}
        for sample in samples:
            if sample.series in values:
                by_time.setdefault(sample.time_ns, {})[sample.series] = values[sample.series]
        return [Message(found, "", when) for when, found in sorted(by_time.items(), key=_by_time)]

    def _translate(self, error: Exception) -> Exception:
        library = self._httpx
        if isinstance(error, (library.InvalidURL, library.UnsupportedProtocol)):
            return ConfigurationError(str(error), source=self.name)
        if isinstance(error, library.TimeoutException):
            text = f"no answer from {self.target} within {self._timeout:g} s"
            return ConnectError(text, source=self.name)
        if isinstance(error, library.HTTPError):
            return ConnectError(str(error) or explain(error), source=self.name)
        return super()._translate(error)


class _Visit:
    """A client, and the stream of events that it listens to.

    Parameters
    ----------
    client
        The library's.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.first: list[Any] | None = None
        """What the first answer said."""
        self.events: AsyncIterator[bytes] | None = None
        self.reader: Any = None
        self._response: httpx.Response | None = None

    def listen(self, response: httpx.Response, reader: EventReader) -> None:
        """Read events from an answer that doesn't end."""
        self._response, self.reader = response, reader
        self.events = response.aiter_bytes()

    async def close(self) -> None:
        """Close the answer and the client."""
        if self._response is not None:
            await self._response.aclose()
        await self.client.aclose()


def _is_many_lines(body: bytes) -> bool:
    """Return whether each line is JSON by itself: the first is, and there is another one."""
    first, _, rest = body.strip().partition(b"\n")
    if not rest:
        return False
    try:
        decode_json(first)
    except ValueError:
        return False
    return True


def _title(body: bytes) -> str:
    """Return the title of a web page, or how it begins."""
    match = re.search(rb"<title[^>]*>([^<]*)", body, re.IGNORECASE)
    return (match[1] if match else body[:80]).decode("utf-8", "replace").strip()


def _table(text: str) -> pd.DataFrame:
    """Return the table that a text is.

    Raises
    ------
    ValueError
        If it is none: an error in JSON, or a page for people.
    """
    import pandas as pd

    head = text.partition("\n")[0]
    if text.lstrip()[:1] in ("{", "<"):
        message = f"It is no table: {shorten(head)}"
        raise ValueError(message)
    mark = max(",;\t", key=head.count)
    return pd.read_csv(io.StringIO(text), sep=mark, decimal="," if mark == ";" else ".")


def _frame_of_records(rows: list[dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    flat: list[dict[str, Any]] = [{} for _ in rows]
    for row, leaves in zip(rows, flat, strict=True):
        flatten(row, "", leaves, MAX_DEPTH)
    return pd.DataFrame(flat)


def _frame_of_query(series: dict[str, list[tuple[float, float]]]) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame({name: dict(points) for name, points in series.items()}).sort_index()
    frame.index = pd.to_datetime((frame.index * 1000).astype("int64"), unit="ms", utc=True)
    return frame


def _by_time(pair: tuple[int | None, Any]) -> int:
    return np.iinfo(np.int64).max if pair[0] is None else pair[0]
