"""Secrets don't show: what looks like a password, token or key in a text becomes stars.

Errors of libraries and of the user's functions quote what they were given: URLs with passwords, headers,
command lines. Wherever such a text becomes words for people (states, notes, events, log records, messages
to pages) it passes `redact` first, whole: a secret that was cut would no longer be known.
"""

from __future__ import annotations

import base64
import logging
import os
import re
import threading
import traceback
import weakref
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "HIDDEN", "SHORTEST_PART", "Redactor", "disarm", "log_exception", "redact", "remember",
    "secrets_of_command", "secrets_of_environment", "secrets_of_url",
]  # fmt: skip

HIDDEN = "***"
SHORTEST_PART = 4
SHORTEST_INHERITED = 8
MAX_CHARACTERS = 100_000
"""Of longer texts the rest is left out: looking for secrets takes time."""


def redact(text: Any) -> str:
    """Return a text with stars for what looks like a secret, and for what is known to be one.

    Examples
    --------
    >>> redact("cannot open wss://ann:hunter2@host/live?token=abc&n=1")
    'cannot open wss://***@host/live?token=***&n=1'
    >>> redact("KeyError: 'temp' in 3 of 60 readings, token 5 of 12")
    "KeyError: 'temp' in 3 of 60 readings, token 5 of 12"
    """
    text = str(text)
    if len(text) > MAX_CHARACTERS:
        text = text[:MAX_CHARACTERS] + "…"
    with _known_lock:
        known = list(_known)
    for redactor in known:
        text = redactor.redact(text)
    for pattern, shown in _shapes:
        text = pattern.sub(shown, text)
    return _OPTION.sub(_hidden_option, _hide_named(text))


class Redactor:
    """Replaces known secrets in texts that come from elsewhere, such as the answers of servers.

    Each is found as it is, percent-encoded or decoded, in base64, and broken into lines; one of fewer than
    four characters where it stands alone.

    Parameters
    ----------
    secrets
        What must not be shown.
    by_word
        Whether of several words, such as "Bearer abcdef", each of at least four characters is hidden too.

    Examples
    --------
    >>> Redactor(["hunter2"]).redact("535 hunter2 is wrong")
    '535 *** is wrong'
    """

    def __init__(self, secrets: Iterable[str], *, by_word: bool = True) -> None:
        forms: set[str] = set()
        for secret in secrets:
            words = [word for word in secret.split() if by_word and len(word) >= SHORTEST_PART]
            for part in (secret, unquote(secret), *words):
                forms |= _forms(part)
        forms.discard("")
        self._longest = max(map(len, forms), default=0)
        long = [form for form in forms if len(form) >= SHORTEST_PART]
        self._forms = sorted(long, key=len, reverse=True)
        # Inside of other words "a" is no secret.
        short = forms.difference(long)
        self._short = [re.compile(rf"(?<!\w){re.escape(form)}(?!\w)") for form in short]
        self._broken = [
            re.compile(_LINE_END.join(map(re.escape, form)))
            for form in self._forms
            if SHORTEST_PART < len(form) <= 200
        ]

    def redact(self, text: str, *, is_cut: bool = False) -> str:
        """Return `text` with stars for secrets.

        Parameters
        ----------
        text
            What is to be shown.
        is_cut
            Whether its end is missing: then so much is left out there that no part of a secret stays.
        """
        if "\n" in text or "\r" in text or "\\n" in text:
            for pattern in self._broken:
                text = pattern.sub(HIDDEN, text)
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        for pattern in self._short:
            text = pattern.sub(HIDDEN, text)
        if is_cut and self._longest:
            text = text[: max(0, len(text) - self._longest)] + "…"
        return text

    def __repr__(self) -> str:
        """Return the class only."""
        return "<Redactor>"


def remember(redactor: Redactor) -> Redactor:
    """Let `redact` hide the secrets of `redactor` too, as long as somebody holds it."""
    with _known_lock:
        _known.add(redactor)
    return redactor


def disarm(error: BaseException) -> BaseException:
    """Hide secrets in the arguments of an error and of what led to it, in place, and return it.

    Raising it again, or printing it, shows them no more; its type and attributes stay.
    """
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        try:
            link.args = tuple(map(_disarmed, link.args))
            for name in ("filename", "filename2", "strerror", "reason", "msg"):
                value = getattr(link, name, None)
                if isinstance(value, str) and redact(value) != value:
                    setattr(link, name, redact(value))
        except Exception:  # an error of the user's own kind, which forbids it
            break
        link = link.__cause__ or link.__context__
    return error


def _disarmed(argument: Any) -> Any:
    """Return an argument of an error, its text without secrets where it has any."""
    if isinstance(argument, BaseException):
        return disarm(argument)
    if argument is None or isinstance(argument, (int, float)):
        return argument
    text = argument if isinstance(argument, str) else repr(argument)
    shown = redact(text)
    return argument if shown == text else shown


def log_exception(
    logger: logging.Logger, message: str, *args: object, level: int = logging.ERROR
) -> None:
    """Log the exception that is being handled as `Logger.exception` does, without secrets."""
    report = redact(traceback.format_exc().rstrip())
    logger.log(level, "%s\n%s", redact(message % args if args else message), report, stacklevel=2)


def secrets_of_environment(
    given: Mapping[str, str], inherited: Mapping[str, str] | None = None
) -> list[str]:
    """Return the values of environment variables that may be secrets.

    Of those that were `given` these are all but ordinary words, numbers and paths; of `inherited` ones,
    those whose names tell it.
    """
    found = [
        value
        for name, value in given.items()
        if len(value) >= SHORTEST_PART and (_is_telling(name) or not _is_ordinary(value))
    ]
    return found + [
        value
        for name, value in (inherited or {}).items()
        if name not in given and len(value) >= SHORTEST_INHERITED and _is_telling(name)
    ]


def secrets_of_command(words: Sequence[str]) -> list[str]:
    """Return what is secret among the arguments of a program: values of options, userinfo of URLs."""
    found = []
    for before, word in zip(("", *words[:-1]), words, strict=True):
        if before.startswith("--") and _may_be_telling(before) and not word.startswith("-"):
            found.append(word)
        name, equals, value = word.partition("=")
        if equals and _may_be_telling(name):
            found.append(value)
        userinfo = re.search(r"://([^\s/?#]*)@", word)
        if userinfo:
            user, _, password = userinfo[1].partition(":")
            found.append(password or user)
    return [s for s in found if len(s) >= SHORTEST_PART and not os.path.exists(s)]


def secrets_of_url(url: str) -> list[str]:
    """Return what is secret in a URL: its password, and values of its query whose names tell it.

    A token may stand alone where the user is named, with HTTP only; an ordinary name there is none.

    Examples
    --------
    >>> secrets_of_url("wss://ann:hunter2@host/live?token=abcdef&n=1")
    ['hunter2', 'abcdef']
    >>> secrets_of_url("https://ghtoken123@host/x"), secrets_of_url("postgresql://postgres@host/x")
    (['ghtoken123'], [])
    """
    try:
        parts = urlsplit(url)
        found = [parts.password or ""]
        if parts.username and not parts.password and re.match(r"(?i)(http|ws)s?:", url):
            found = [] if _is_ordinary(parts.username) else [parts.username]
    except ValueError:
        return []
    found += [value for name, value in parse_qsl(parts.query) if _may_be_telling(name)]
    return [secret for secret in found if secret]


# Known secrets.

_known: weakref.WeakSet[Redactor] = weakref.WeakSet()
_known_lock = threading.Lock()
_LINE_END = r"(?:\\r)?(?:\\n|\r?\n|\r)?[ \t]*"


def _begin_in_child() -> None:
    """Have a lock of its own in a forked process: nobody there would ever release that of its parent."""
    global _known, _known_lock
    _known, _known_lock = weakref.WeakSet(_known), threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_child)


def _forms(secret: str) -> set[str]:
    octets = secret.encode("utf-8", "surrogatepass")
    encoded = base64.b64encode(octets).decode("ascii")
    inside = {repr(secret)[1:-1], repr(octets)[2:-1], ascii(secret)[1:-1]}
    return {secret, quote(octets), quote(octets, safe=""), encoded, *inside}


def _is_ordinary(value: str) -> bool:
    """Return whether a value says nothing worth hiding: a number, a word, a path, a locale."""
    if re.fullmatch(r"[+-]?\d+([.:]\d+)*|[a-z]{1,8}|[A-Z]{1,8}|[A-Z][a-z]{1,7}", value):
        return True
    if re.fullmatch(r"[a-z]{2}_[A-Z]{2}([.@][\w-]+)?|C\.UTF-?8", value):
        return True
    return value.startswith((os.sep, "~", ".")) and os.path.exists(os.path.expanduser(value))


# What looks like a secret wherever it stands.

_SHAPES = {
    r"(?s)-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?(-----END \1-----|\Z)": HIDDEN,
    # Userinfo up to the last @ of the authority; a password may hold a slash, but no port does.
    r"(?<=://)(?:[^\s/?#\"'<>]{0,300}|[^\s:/@]{0,100}:(?!\d+[/?#])[^\s\"'<>]{0,300})@": f"{HIDDEN}@",
    r"(?<![\w.@/:-])[A-Za-z][\w.+-]{0,100}:[^\s:@/\"']{1,300}@(?=[\w.-]+(?::\d|/\w))": f"{HIDDEN}@",
    r"(?i)(\bhooks\.[\w.-]+/)[^\s\"'<>)]+": rf"\1{HIDDEN}",
    r"(?i)(/web-?hooks?/)[^\s\"'<>)]+": rf"\1{HIDDEN}",
    r"(?i)(\bwebhook\.office\.com/)[^\s\"'<>)]+": rf"\1{HIDDEN}",
    r"(/(?:bot|key/)(?=[\w:-]*\d))[\w-]+(:[\w-]+)?": rf"\1{HIDDEN}",
    r"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z0-9]{12,}": HIDDEN,
    r"(?<![\w/+=-])(?=[\w/+]*[a-z])(?=[\w/+]*[A-Z])(?=[\w/+]*\d)[A-Za-z0-9+]"
    r"[A-Za-z0-9/+]{39}(?![\w/+=-]|\.\w)": HIDDEN,
    r"\b(?:gh[a-z]_|github_pat_|glpat-|xox[a-z]-|xapp-|AIza|ya29\.|[prs]k_(?:live|test)_|sk-|hf_"
    r"|npm_|pypi-|dop_v1_|shpat_|SG\.|lin_api_|pat-|glc_|glsa_)[\w.-]{12,}": HIDDEN,
    r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?": HIDDEN,
    r"\b\d{8,10}:[A-Za-z0-9_-]{35}\b": HIDDEN,
    r"(?i:\b(bearer|basic)\s+)(?=\S*\d|\S*[a-z]\S*[A-Z])[\w.~+/=-]{8,}": rf"\1 {HIDDEN}",
    r"(?i)(\bidentified\s+by\s+)(['\"]).*?\2": rf"\1\2{HIDDEN}\2",
    r"(?i)(\bpassw\w*\s+(?:is\s+|was\s+)?)(['\"])[^'\"]+\2": rf"\1\2{HIDDEN}\2",
    r"(?i)(<(\w*(?:passw|pwd|secret|token|apikey)\w*)[^>]*>)[^<]+(?=</\2)": rf"\1{HIDDEN}",
}
"""Patterns, and what is shown in their place."""
_shapes = [(re.compile(pattern), shown) for pattern, shown in _SHAPES.items()]


# What follows a telling name.

_TELLING = frozenset(
    "password passwd passwort kennwort passphrase passcode pwd secret secrets apikey accesskey "
    "privatekey secretkey".split()
)
_TELLING_AT_THE_END = frozenset("credential credentials authorization cookie".split())
_KEYS = frozenset(
    "api app access private secret account signing encryption auth master license subscription x "
    "consumer client write read ingest".split()
)
_WEAK = frozenset("token key auth sig signature pass pw sid jwt session sessionid pin".split())
_PLAIN_WORDS = frozenset(
    "yes no true false none null missing required expired invalid empty unset set given wrong".split()
)

_NAME = re.compile(
    r"(?:(?P<query>[?&])|(?<![\w.-]))(?P<name>[\w.-]{2,80}?)(?P<close>\\*[\"']?\]?)"
    r"(?P<sep>\s*(?:=>|:=|=|:(?!//))\s*)"
)
_VALUE = re.compile(
    r"(?P<escaped>[bru]?\\+([\"'])).*?\\+\2"
    r"|(?P<quoted>[bru]?([\"']))(?:\\.|(?!\4).)*(?:\4|\Z)"
    r"|(?P<list>\[[^\]]{0,200}\]?)"
    r"|(?P<scheme>(?:bearer|basic|digest|token|negotiate|apikey|bot|key)\s+)[^\s\"'<>,;]+"
    r"|(?P<plain>[^\s\"'<>&;{}\[]{1,200})",
    re.DOTALL | re.IGNORECASE,
)
_REST = re.compile(r"[^\s\"'<>&;{}\[]*")
_QUOTES = re.compile(r"^[bru]?\\*[\"']|\\*[\"']$")
_OPTION = re.compile(
    r"(?<!\S)(?P<before>[\"'\[(]*)(?P<option>--?[A-Za-z][\w-]*)(?P<between>[\"']?\s*,\s*[bru]?[\"']|\s+[\"']?)"
    r"(?P<value>[^\s\"',]+)"
)


def _parts(name: str) -> list[str]:
    """Return the words of a name: of api_key, X-Api-Key, apiKey or API.KEY they are api and key."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return [part.lower() for part in re.split(r"[\W_]+", spaced) if part]


def _is_telling(name: str) -> bool:
    """Return whether what has such a name is a secret, whatever it looks like."""
    parts = _parts(name)
    if not parts:
        return False
    last = parts[-1]
    if not _TELLING.isdisjoint(parts) or last in _TELLING_AT_THE_END:
        return True
    if last.endswith(("password", "passwd", "passphrase", "pwd")):
        return True
    if last.endswith("token"):
        return len(parts) > 1 or last != "token"
    if last in ("key", "keys"):
        return len(parts) > 1 and not _KEYS.isdisjoint(parts[:-1])
    if last in ("key", "id") and "access" in parts and "key" in parts:
        return True
    return len(parts) > 1 and last in ("pass", "pw", "auth", "sig", "signature", "cookie")


def _is_weak(name: str) -> bool:
    """Return whether what has such a name may be a secret."""
    parts = _parts(name)
    return len(parts) == 1 and parts[0] in _WEAK


def _may_be_telling(option: str) -> bool:
    name = option.lstrip("-")
    return _is_telling(name) or _is_weak(name)


def _looks_random(value: str) -> bool:
    """Return whether no word and no number looks like this."""
    has_letters = re.search(r"[^\W\d_]", value) is not None
    return len(value) >= 8 and has_letters and re.search(r"\d", value) is not None


def _hide_named(text: str) -> str:
    """Hide the values of names that tell: of settings, queries, headers, JSON and dicts."""
    shown, at = [], 0
    for found in _NAME.finditer(text):
        if found.start() < at:
            continue
        name, value = found["name"], _VALUE.match(text, found.end())
        if value is None or not _is_secret(found, name, value):
            continue
        low, high = value.span()
        if value["plain"]:
            whole = _REST.match(text, high)
            assert whole is not None
            high = whole.end() if whole[0] else low + len(_without_end(value["plain"]))
        shown += [text[at:low], HIDDEN]
        at = high
    return "".join(shown) + text[at:]


def _is_secret(found: re.Match[str], name: str, value: re.Match[str]) -> bool:
    inner = _without_end(value["plain"]) if value["plain"] else _QUOTES.sub("", value[0])
    if not inner or inner == HIDDEN or inner.lower() in _PLAIN_WORDS:
        return False
    if _is_telling(name):
        return True
    if not _is_weak(name):
        return False
    if found["query"] or value["scheme"] or _looks_random(inner):
        return True
    # Not a sentence such as "key: left", and not a number of something.
    is_setting = found["sep"] == "=" or (found["close"] != "" and not value["plain"])
    is_number = re.fullmatch(r"[+-]?[\d.,]{1,8}%?", inner) is not None
    return is_setting and not is_number and name.lower() not in ("key", "session")


def _without_end(value: str) -> str:
    """Return an unquoted value without the punctuation of the sentence around it."""
    value = re.split(r",(?=[\w.-]+[=:])", value, maxsplit=1)[0]
    return value.rstrip(",.)]}") or value


def _hidden_option(found: re.Match[str]) -> str:
    option, value = found["option"].lstrip("-"), found["value"]
    is_login = option in ("u", "user", "proxy-user") and ":" in value.strip(":")
    is_long = found["option"].startswith("--")
    is_secret = is_login or (is_long and _may_be_telling(option))
    if not is_secret or value.startswith("-"):
        return found[0]
    return f"{found['before']}{found['option']}{found['between']}{HIDDEN}"
