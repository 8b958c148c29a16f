"""Notifications as HTTP requests."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import random as random_module
import re
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import SplitResult, parse_qsl, urlsplit

from nbstream.alerts.notifiers.base import RemoteNotifier
from nbstream.alerts.notifiers.bodies import BodyLike, Request, body_writer, check_ntfy_url
from nbstream.alerts.notifiers.message import plain
from nbstream.alerts.notifiers.retry import Failure, Retry, failure_of_system, positive
from nbstream.alerts.notifiers.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from nbstream.alerts.notifiers.tls import checked_context
from nbstream.errors import DependencyError
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.text.redaction import SHORTEST_PART, Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from nbstream.alerts.log.incident import Notification
    from nbstream.alerts.notifiers.secret import SecretLike

__all__ = ["WebhookNotifier"]

NS = 1_000_000_000
LONGEST_RETRY_AFTER = 600.0
READ_BYTES = 2_048
SHOWN_CHARACTERS = 120
HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
LOGGERS = (
    "httpx",
    *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
)
OWN_HEADERS = frozenset({"content-length", "transfer-encoding", "connection", "host"})


class WebhookNotifier(RemoteNotifier):
    """Posts each notification to a URL.

    Connection errors, timeouts, 429 and 5xx are tried again, other answers are not. Redirects are
    not followed. What is tried again may arrive twice: `fired_ns`, `rule` and `kind` tell. At most
    2 KiB of an answer are read, and its beginning is in the error's text.

    Parameters
    ----------
    url
        Where to, http or https. Its user and password are sent as basic authentication. Messages
        show its host only, for many services keep the token in the path.
    body
        "json" (all fields), "ntfy" (the URL ends with the topic), "slack" (Mattermost too), a dict
        in which "{text}" and other fields are replaced at every depth, or a function that returns a
        str, bytes, dict or list.
    headers
        More headers; each value may be a secret.
    secret
        Key of the signature in X-Nbstream-Signature (see `verify_signature`); None signs nothing.
    timeout
        Seconds that one attempt may take, all in all.
    retries
        Attempts after the first.
    give_up_after
        Seconds that all attempts may take together. After a longer Retry-After (10 minutes are
        believed) the attempt has failed, and the next notification waits until then.
    name
        For messages; None is "webhook" and the host.
    ssl_context
        For servers with a certificate of your own authority; None is httpx's default, which also
        reads SSL_CERT_FILE. Proxies are taken from the environment.
    allow_voila
        Whether it is on in the kernel of a voila page too.
    min_severity, kinds
        As of `Notifier`.
    clock, random
        Time and a number from 0 to 1; for tests.

    Raises
    ------
    DependencyError
        If httpx is not installed.
    TypeError
        If something is of the wrong type.
    ValueError
        If the URL, a header, `body`, or a number is not usable. No secret is in the message.

    Notes
    -----
    `url`, `secret` and the values of `headers` may each be a str, a function without arguments, or
    "env:NAME" for an environment variable; they are read at every delivery.

    Thread safety: any thread; deliveries take turns.

    Examples
    --------
    >>> WebhookNotifier("https://hooks.example.com/services/T0/B0/abcdef", body="slack")
    <WebhookNotifier 'webhook hooks.example.com' to https://hooks.example.com/***: on>
    """

    def __init__(
        self,
        url: SecretLike,
        *,
        body: BodyLike = "json",
        headers: Mapping[str, SecretLike] | None = None,
        secret: SecretLike | None = None,
        timeout: float = 5.0,
        retries: int = 3,
        give_up_after: float = 30.0,
        name: str | None = None,
        min_severity: str = "info",
        kinds: Iterable[str] | None = None,
        ssl_context: ssl.SSLContext | None = None,
        allow_voila: bool = False,
        clock: Clock = SYSTEM_CLOCK,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        if importlib.util.find_spec("httpx") is None:
            message = "WebhookNotifier needs the 'httpx' package: pip install \"nbstream[notify]\""
            raise DependencyError(message)
        super().__init__(
            name="webhook", min_severity=min_severity, kinds=kinds, allow_voila=allow_voila
        )
        self._is_ntfy = body == "ntfy"
        self._write = body_writer(body)
        self._url = self._kept(url, "url")
        self._shown = "a URL of a function"
        if isinstance(url, str) and not self._is_off:
            self._shown = shown_url(self._parsed(self._url.reveal()))
        self._headers = {
            _checked_header(header): self._kept(value, f"headers[{header!r}]")
            for header, value in (headers or {}).items()
        }
        self._secret = None if secret is None else self._kept(secret, "secret")
        self._timeout = positive(timeout, "timeout")
        self._retry = Retry(
            retries=retries, give_up_after=give_up_after, clock=clock, random=random
        )
        self._context = None if ssl_context is None else checked_context(ssl_context)
        self._clock = clock
        self._not_before = float("-inf")
        host = self._shown.split("/")[2] if "//" in self._shown else ""
        self.name = name or f"webhook {host}".strip()

    def __repr__(self) -> str:
        """Return the class, the name, the host and whether it is on."""
        state = "off" if self.off_reason else "on"
        return f"<WebhookNotifier {self.name!r} to {self._shown}: {state}>"

    def hold(self) -> float:
        """Return the seconds that the server asked to wait, at most 10 minutes."""
        return max(0.0, self._not_before - self._clock.monotonic())

    def _deliver(self, notifications: Sequence[Notification], stop: threading.Event) -> None:
        for notification in notifications:
            self._raise(self._post(notification, stop))

    def _post(self, notification: Notification, stop: threading.Event) -> Failure | None:
        try:
            url = self._url.reveal()
            parts = self._parsed(url)
            headers = {name: secret.reveal() for name, secret in self._headers.items()}
            for name, value in headers.items():
                _check_header_value(name, value)
            secret = None if self._secret is None else self._secret.reveal()
        except ValueError as error:
            return Failure(str(error).rstrip("."))
        request = self._write(url, notification)
        redactor = _redactor(parts, url, headers, secret)

        def attempt(left: float) -> Failure | None:
            signed = {"content-type": request.content_type, "user-agent": "nbstream", **headers}
            if secret is not None:
                timestamp = str(self._clock.wall_ns() // NS)
                signed[TIMESTAMP_HEADER] = timestamp
                signed[SIGNATURE_HEADER] = sign(secret, timestamp, request.content)
            return self._attempt(request, signed, min(self._timeout, left), redactor)

        return self._retry.run(attempt, stop)

    def _attempt(
        self, request: Request, headers: dict[str, str], seconds: float, redactor: Redactor
    ) -> Failure | None:
        # An event loop of its own, for only a cancelled task ends in time whatever the server does.
        # asyncio.run would wait for a name server that hangs.
        loop = asyncio.new_event_loop()
        try:
            with _quiet_httpx():
                exchange = _exchange(request, headers, seconds, self._tls_context())
                answer = loop.run_until_complete(exchange)
        except Exception as error:
            return _failure_of(error, seconds, redactor)
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
        if 200 <= answer.status < 300:
            return None
        text = f"the server answered {answer.status}"
        if answer.excerpt:
            excerpt = redactor.redact(answer.excerpt, is_cut=answer.is_cut)
            text += f" ({plain(excerpt, SHOWN_CHARACTERS).strip()!r})"
        if 300 <= answer.status < 400:
            return Failure(f"{text}, a redirect, which is not followed; give the final URL")
        if answer.status != 429 and answer.status < 500:
            return Failure(text)
        pause = retry_after(answer.retry_after, self._clock.wall_ns() / NS)
        if pause is not None:
            self._not_before = self._clock.monotonic() + pause
            text += f" and asked to wait {pause:.0f} s"
        return Failure(text, is_transient=True, retry_after=pause)

    def _tls_context(self) -> ssl.SSLContext:
        if self._context is None:  # made once, for it takes tens of ms
            import httpx

            self._context = httpx.create_ssl_context()
        return self._context

    def _parsed(self, url: str) -> SplitResult:
        parts = parsed_url(url)
        if self._is_ntfy:
            check_ntfy_url(parts.path)
        return parts


_thread = threading.local()


class _NotOfThisThread(logging.Filter):
    """Drops what is logged by a thread that asked for quiet."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not getattr(_thread, "is_quiet", False)


_FILTER = _NotOfThisThread()


@contextmanager
def _quiet_httpx() -> Iterator[None]:
    """Keep httpx and httpcore silent on this thread; other threads log as ever.

    Their records hold the whole URL, tokens included.
    """
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)  # once, however often it is added
    _thread.is_quiet = True
    try:
        yield
    finally:
        _thread.is_quiet = False


class _Answer(NamedTuple):
    status: int
    retry_after: str | None
    excerpt: str
    is_cut: bool


async def _exchange(
    request: Request, headers: dict[str, str], seconds: float, context: ssl.SSLContext
) -> _Answer:
    import httpx

    headers = {"accept-encoding": "identity", **headers}  # an answer must not unpack to gigabytes
    async with (
        asyncio.timeout(seconds),
        httpx.AsyncClient(timeout=seconds, follow_redirects=False, verify=context) as client,
        client.stream("POST", request.url, content=request.content, headers=headers) as response,
    ):
        octets = b""
        is_plain = "content-encoding" not in response.headers
        if not response.is_success and is_plain:
            async for chunk in response.aiter_raw():
                octets += chunk
                if len(octets) > READ_BYTES:
                    break
        text = octets[:READ_BYTES].decode("utf-8", "replace")
        retry = response.headers.get("retry-after")
        return _Answer(response.status_code, retry, text, len(octets) > READ_BYTES)


def _failure_of(error: Exception, seconds: float, redactor: Redactor) -> Failure:
    import httpx

    refused = _of_certificate(error)
    if refused is not None:
        return Failure(f"the certificate is not valid ({plain(refused.verify_message, 80)})")
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return Failure(f"no answer within {seconds:.3g} s", is_transient=True)
    if isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol):
        return Failure(f"httpx refused the request with {type(error).__name__}")
    if isinstance(error, httpx.TransportError):
        text = plain(redactor.redact(str(error)), SHOWN_CHARACTERS)
        what = f"{type(error).__name__} ({text})" if text else type(error).__name__
        return Failure(what, is_transient=True)
    if isinstance(error, OSError):
        return failure_of_system(error)
    return Failure(f"{type(error).__name__} while sending")


def _of_certificate(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    """Return the error of a certificate that is behind `error`; httpx 0.25 raises it as it is."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error


def parsed_url(url: str) -> SplitResult:
    """Return the parts of an http or https URL, or raise ValueError without the URL in it."""
    problem = None
    if any(c.isspace() or not c.isprintable() for c in url):
        problem = "must not contain spaces or control characters"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts, problem = urlsplit(""), "cannot be read as a URL"
    if problem is None and parts.scheme not in ("http", "https"):
        problem = "must begin with 'https://' or 'http://'"
    elif problem is None and not parts.hostname:
        problem = "must name a host"
    if problem is not None:
        message = f"'url' {problem} (it is not shown, for it may hold a token)."
        raise ValueError(message)
    return parts


def shown_url(parts: SplitResult) -> str:
    """Return scheme, host and port of a URL, and stars for whatever else there is."""
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port is not None else ""
    has_more = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    return f"{parts.scheme}://{host}{port}/{'***' if has_more else ''}"


def retry_after(header: str | None, now: float) -> float | None:
    """Return the seconds that a Retry-After header asks for, from 0 to 600; None if it says nothing.

    Parameters
    ----------
    header
        Digits or an HTTP date (RFC 9110, section 10.2.3).
    now
        Seconds since the epoch.
    """
    if header is None:
        return None
    header = header.strip()
    if header.isascii() and header.isdigit():
        seconds = float(header[:12])
    else:
        try:
            date = parsedate_to_datetime(header)
        except ValueError:
            return None
        date = date if date.tzinfo is not None else date.replace(tzinfo=UTC)
        seconds = date.timestamp() - now
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def _redactor(
    parts: SplitResult, url: str, headers: Mapping[str, str], secret: str | None
) -> Redactor:
    secrets = [url, *headers.values(), *([secret] if secret else [])]
    userinfo = parts.netloc.rpartition("@")[0]
    if userinfo:
        secrets += [userinfo, f"{parts.username or ''}:{parts.password or ''}"]
        secrets += [part for part in (parts.username, parts.password) if part]
    queries = [value for _, value in parse_qsl(parts.query, keep_blank_values=True)]
    pieces = [parts.path.strip("/"), *parts.path.split("/"), parts.query, parts.fragment, *queries]
    return Redactor([*secrets, *(piece for piece in pieces if len(piece) >= SHORTEST_PART)])


def _checked_header(name: Any) -> str:
    if not isinstance(name, str) or HEADER_NAME.fullmatch(name) is None:
        message = "'headers' must have HTTP header names as keys, such as 'Authorization'."
        raise ValueError(message)
    if name.lower() in OWN_HEADERS:
        message = f"'headers' must not hold {name!r}, which httpx writes."
        raise ValueError(message)
    return str(name).lower()


def _check_header_value(name: str, value: str) -> None:
    if not (value.isascii() and value.isprintable()):
        message = f"'headers[{name!r}]' must be printable ASCII without line breaks."
        raise ValueError(message)
