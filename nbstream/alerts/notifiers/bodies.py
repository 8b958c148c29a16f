"""What a webhook sends: JSON, the dialects of ntfy and Slack, the user's own template or function."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from urllib.parse import unquote, urlsplit, urlunsplit

from nbstream.alerts.notifiers.message import CALM_KINDS, fields, line, plain, title
from nbstream.alerts.severity import SEVERITIES
from nbstream.errors import CallbackError
from nbstream.text.nearest import did_you_mean

if TYPE_CHECKING:
    from nbstream.alerts.log.incident import Notification

__all__ = ["BodyLike", "Request", "body_writer"]

BodyLike: TypeAlias = (
    str
    | Mapping[str, Any]
    | Callable[["Notification"], str | bytes | Mapping[str, Any] | list[Any]]
)
"""One of "json", "ntfy" and "slack", a template, or a function of the notification."""

FIELDS = (
    *("kind", "title", "text", "number", "rule", "channel", "severity", "state", "reason", "unit"),
    *("peak", "breached", "fired", "resolved", "at"),
    *("breached_ns", "fired_ns", "resolved_ns", "at_ns"),
)
PLACEHOLDER = re.compile(r"\{(\w+)\}")
NTFY_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
NTFY_PRIORITY = {"info": 3, "warning": 4, "critical": 5}
NTFY_TAGS = {
    "fired": "warning",
    "escalated": "rotating_light",
    "resolved": "white_check_mark",
    "no_data": "grey_question",
    "data_back": "white_check_mark",
    "error": "x",
    "flapping": "arrows_counterclockwise",
}
NTFY_BYTES = 4_000
"""ntfy makes an attachment of a message longer than 4,096 bytes."""
SLACK_CHARACTERS = 3_000
AT = re.compile(r"@(?=\w)")
ZERO_WIDTH_SPACE = "\u200b"

JSON_TYPE = "application/json"


class Request(NamedTuple):
    """What is posted."""

    url: str
    content: bytes
    content_type: str


def body_writer(body: BodyLike) -> Callable[[str, Notification], Request]:
    """Return a function that writes the request for a URL and a notification.

    Raises
    ------
    TypeError
        If `body` is of another type.
    ValueError
        If its name is unknown, or a template names an unknown field.
    """
    if isinstance(body, str):
        if body not in WRITERS:
            message = (
                f"'body' must be one of {', '.join(map(repr, WRITERS))}, a dict or a function "
                f"(got {body!r})."
            )
            raise ValueError(message)
        return WRITERS[body]
    if isinstance(body, Mapping):
        template = json.loads(json.dumps(dict(body)))  # a copy, and an error now if it is no JSON
        _check_template(template)
        return lambda url, notification: _as_json(url, _filled(template, fields(notification)))
    if callable(body):
        return lambda url, notification: _called(body, url, notification)
    message = f"'body' must be a str, a dict or a function (got {type(body).__name__})."
    raise TypeError(message)


def escape_slack(text: str) -> str:
    """Return `text` so that Slack shows it as it is: no links, no mentions of people or channels.

    An "@" before a word gets a zero-width space behind it, for Mattermost knows mentions by it.
    """
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return AT.sub("@" + ZERO_WIDTH_SPACE, text)


def _json_body(url: str, notification: Notification) -> Request:
    return _as_json(url, {"version": 1, **fields(notification)})


def _ntfy_body(url: str, notification: Notification) -> Request:
    """Write ntfy's JSON, which goes to the server's root: a header could not hold every name."""
    parts = urlsplit(url)
    above, _, topic = parts.path.rstrip("/").rpartition("/")
    root = urlunsplit((parts.scheme, parts.netloc, above + "/", parts.query, ""))
    calm = notification.kind in CALM_KINDS
    severity = notification.incident.severity
    message = cut_bytes(plain(notification.incident.text), NTFY_BYTES)
    tags = [NTFY_TAGS.get(notification.kind, "warning")]
    if severity in SEVERITIES:
        tags.append(severity)
    record = {
        "topic": unquote(topic),
        "title": title(notification),
        "message": message or title(notification),
        "priority": 3 if calm else NTFY_PRIORITY.get(severity, 5),
        "tags": tags,
    }
    return _as_json(root, record)


def _slack_body(url: str, notification: Notification) -> Request:
    text = escape_slack(line(notification, SLACK_CHARACTERS))
    record = {"text": text, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}
    return _as_json(url, record)


WRITERS: dict[str, Callable[[str, Notification], Request]] = {
    "json": _json_body,
    "ntfy": _ntfy_body,
    "slack": _slack_body,
}


def check_ntfy_url(path: str) -> None:
    """Raise ValueError, without the topic in it, unless a URL's path ends with a topic."""
    if NTFY_TOPIC.fullmatch(unquote(path.rstrip("/").rpartition("/")[2])) is None:
        message = (
            "'url' must end with an ntfy topic of 1 to 64 letters, digits, '-' or '_', as "
            "'https://ntfy.sh/my-topic' does."
        )
        raise ValueError(message)


def cut_bytes(text: str, limit: int) -> str:
    """Return `text`, cut to `limit` bytes of UTF-8 with "…" at its end."""
    octets = text.encode("utf-8")
    if len(octets) <= limit:
        return text
    return octets[: limit - 3].decode("utf-8", "ignore") + "…"


def _as_json(url: str, record: Any) -> Request:
    # ASCII only, so that halves of surrogate pairs in a name cannot break the encoding.
    return Request(url, json.dumps(record, allow_nan=False).encode("ascii"), JSON_TYPE)


def _called(function: Callable[[Notification], Any], url: str, about: Notification) -> Request:
    name = getattr(function, "__name__", type(function).__name__)
    try:
        content = function(about)
        if isinstance(content, bytes):
            return Request(url, content, "application/octet-stream")
        if isinstance(content, str):
            return Request(url, content.encode("utf-8", "replace"), "text/plain; charset=utf-8")
        return _as_json(url, content)
    except Exception as error:
        message = (
            f"The body function {name!r} failed: {error!r}. Return a str, bytes, dict or list."
        )
        raise CallbackError(message, callback=name) from error


def _check_template(part: Any) -> None:
    for name in _names_in(part):
        if name not in FIELDS:
            hint = did_you_mean(name, FIELDS)
            message = f"The template 'body' names an unknown field {name!r}. {hint}"
            raise ValueError(message)


def _names_in(part: Any) -> list[str]:
    if isinstance(part, str):
        return PLACEHOLDER.findall(part)
    parts = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return [name for inner in parts for name in _names_in(inner)]


def _filled(part: Any, values: dict[str, Any]) -> Any:
    if isinstance(part, dict):
        return {key: _filled(inner, values) for key, inner in part.items()}
    if isinstance(part, list):
        return [_filled(inner, values) for inner in part]
    if not isinstance(part, str):
        return part
    whole = PLACEHOLDER.fullmatch(part)
    if whole:
        return values[whole[1]]
    return PLACEHOLDER.sub(lambda found: _as_text(values[found[1]]), part)


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)
