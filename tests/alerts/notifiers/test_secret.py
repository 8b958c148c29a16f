"""Secrets are used and never shown: not in repr, errors, logs, pickles or the answers of servers."""

from __future__ import annotations

import base64
import copy
import logging
import pickle
import pprint
import threading
import traceback
from collections.abc import Collection
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.alerts.notifiers import Dispatcher, EmailNotifier, WebhookNotifier
from nbstream.alerts.notifiers.secret import Secret
from nbstream.text.redaction import Redactor
from tests.alerts.notifiers.incidents import a_notification
from tests.alerts.notifiers.servers import Answer, http_server, smtp_server
from tests.counterparts.ports import refusing_port
from tests.wait import wait_until

CANARIES = {
    "user": "canary-user",
    "password": "canary/pass word%",
    "mail": "canary-mail-password",
    "path": "canary-path-token",
    "query": "canary-query-token",
    "header": "canary-header-token",
    "secret": "canary-hmac-key",
}
OF_WEBHOOK = CANARIES.keys() - {"mail"}
OF_MAIL = ("user", "mail")
URL_PASSWORD = quote(CANARIES["password"], safe="")


def forms(names: Collection[str] = CANARIES.keys()) -> list[str]:
    """Return every form in which these canaries could be seen."""
    found = [CANARIES[name] for name in names]
    found += [f"{CANARIES['user']}:{CANARIES['password']}"] if "password" in names else []
    found += [f"\0{CANARIES['user']}\0{CANARIES['mail']}"] if "mail" in names else []
    encoded = [base64.b64encode(form.encode()).decode() for form in found]
    return [*found, *encoded, *map(quote, found), *(quote(form, safe="") for form in found)]


def assert_silent(*shown: Any) -> None:
    """Fail if a canary can be seen in what is shown."""
    for thing in shown:
        text = thing if isinstance(thing, str) else f"{thing!r} {thing} {pprint.pformat(thing)}"
        for form in forms():
            assert form not in text, f"{form!r} is in {text[:500]!r}"


def secret_url(url: str) -> str:
    """Return the URL with a canary in every part of it."""
    scheme, rest = url.rstrip("/").split("//")
    user = f"{CANARIES['user']}:{URL_PASSWORD}@"
    return f"{scheme}//{user}{rest}/x/{CANARIES['path']}?token={CANARIES['query']}"


def a_webhook(url: str, **options: Any) -> WebhookNotifier:
    """Return a webhook full of secrets that does not pause."""
    headers = {"Authorization2": f"Bearer {CANARIES['header']}"}
    options = {"headers": headers, "secret": CANARIES["secret"], "random": lambda: 0.0, **options}
    return WebhookNotifier(secret_url(url), **options)


def a_mail(port: int, **options: Any) -> EmailNotifier:
    """Return a notifier that logs in to a server on this machine and does not pause."""
    options = {"tls": "none", "random": lambda: 0.0, "group_wait": 0.0, **options}
    return EmailNotifier(
        "127.0.0.1",
        port=port,
        sender="a@example.com",
        recipients="b@example.com",
        user=CANARIES["user"],
        password=CANARIES["mail"],
        **options,
    )


def everything_of(error: BaseException | None) -> str:
    """Return a traceback with all causes and contexts, and the pickle of an error."""
    if error is None:
        return ""
    shown = "".join(traceback.format_exception(error))
    contexts = [repr(context) for context in (error.__cause__, error.__context__)]
    try:
        pickled = repr(pickle.dumps(error))
    except TypeError as refused:
        pickled = str(refused)
    return f"{shown} {contexts} {pickled} {error.args!r} {vars(error)!r}"


def all_logged(caplog: pytest.LogCaptureFixture) -> str:
    """Return everything that any logger said, arguments and tracebacks too."""
    formatter = logging.Formatter("%(name)s %(message)s")
    return "\n".join(f"{formatter.format(record)} {record.args}" for record in caplog.records)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200),
        Answer(404),
        Answer(500),
        Answer(302, {"Location": "https://example.com/" + CANARIES["path"]}),
        Answer(403, body=" ".join(forms(OF_WEBHOOK)).encode()),
        Answer(403, body=(CANARIES["secret"] * 1_000).encode()),
        Answer(403, body=b"x" * 2_041 + CANARIES["secret"].encode()),
        Answer(403, {"X-Echo": CANARIES["header"]}, does="hangs up"),
        Answer(does="hangs"),
    ],
    ids=lambda answer: f"{answer.status}-{answer.does}-{len(answer.body)}",
)
def test_webhooks_show_no_secret(answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever the server answers, even the secrets themselves, with every logger at DEBUG."""
    caplog.set_level(logging.DEBUG)
    with http_server(answer) as server:
        give_up_after = 2.0 if answer.does == "hangs" else 30.0
        notifier = a_webhook(server.url, retries=1, give_up_after=give_up_after)
        with Dispatcher([notifier]) as dispatcher:
            dispatcher(a_notification())
            wait_until(lambda: dispatcher.counters().pending == 0)
            error = dispatcher.last_error
            assert (error is None) is (answer.status == 200 and answer.does == "answers")
            assert_silent(notifier, dispatcher, dispatcher.notes, vars(notifier))
    assert server.requests[0].path == f"/x/{CANARIES['path']}?token={CANARIES['query']}"
    assert server.requests[0].headers["authorization2"] == f"Bearer {CANARIES['header']}"
    assert_silent(everything_of(error), all_logged(caplog))


def test_a_refused_connection_shows_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    """The errors of the network libraries are not passed on."""
    caplog.set_level(logging.DEBUG)
    with refusing_port() as port, Dispatcher([a_webhook(f"http://127.0.0.1:{port}")]) as dispatcher:
        dispatcher(a_notification())
        error = wait_until(lambda: dispatcher.last_error)
    assert "ConnectError" in str(error)
    assert_silent(everything_of(error), all_logged(caplog))


@pytest.mark.parametrize(
    "replies",
    [
        {},
        {"AUTH": ["535 5.7.8 no: {line}"]},
        {"AUTH": ["454 later: {line}"] * 9},
        {"MAIL": [f"550 {' '.join(forms(OF_MAIL))}"]},
    ],
    ids=["fine", "refused", "later", "echo"],
)
def test_mails_show_no_secret(
    replies: dict[str, list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the mail server answers, even the line with the password."""
    caplog.set_level(logging.DEBUG)
    with smtp_server(wants_login=True, replies=replies) as server:
        notifier = a_mail(server.port)
        with Dispatcher([notifier]) as dispatcher:
            dispatcher(a_notification())
            wait_until(lambda: dispatcher.counters().pending == 0)
            error = dispatcher.last_error
            assert (error is None) is (not replies)
            assert_silent(notifier, dispatcher, dispatcher.notes, vars(notifier))
    assert any(command.startswith("AUTH PLAIN ") for command in server.commands)
    assert_silent(everything_of(error), all_logged(caplog))


@pytest.mark.parametrize("make", [lambda: a_webhook("https://example.com"), lambda: a_mail(25)])
def test_notifiers_with_secrets_cannot_be_pickled_or_copied(make: Any) -> None:
    """They would take the secrets along; the message shows none."""
    notifier = make()
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="holds secrets and cannot be pickled") as caught:
            copied(notifier)
        assert_silent(everything_of(caught.value))


def test_wrong_arguments_show_no_secret() -> None:
    """A secret in the wrong place is not repeated."""
    canary = CANARIES["secret"]
    wrong: list[tuple[Any, dict[str, Any]]] = [
        (canary, {}),
        (f"https://{canary}:{canary}", {}),
        (f"https://example.com/{canary} ", {}),
        (canary.encode(), {}),
        ("https://example.com/", {"headers": {f"X: {canary}": "1"}}),
        ("https://example.com/", {"secret": canary.encode()}),
        ("https://example.com/", {"headers": {"X": canary.encode()}}),
        (f"https://example.com/{canary}!", {"body": "ntfy"}),
    ]
    for url, options in wrong:
        with pytest.raises((ValueError, TypeError)) as caught:
            WebhookNotifier(url, **options)
        assert_silent(everything_of(caught.value))
    with pytest.raises(ValueError, match="'host'") as caught_mail:
        EmailNotifier(f"{canary}@example.com", sender="a@b.cz", recipients="a@b.cz")
    assert_silent(everything_of(caught_mail.value))


def test_a_secret_that_cannot_be_read_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the user's function may hold the secret, so only its type is told."""

    def broken() -> str:
        raise RuntimeError(CANARIES["secret"])

    secret = Secret(broken, name="password")
    with pytest.raises(ValueError, match="failed with RuntimeError") as caught:
        secret.reveal()
    assert_silent(everything_of(caught.value))
    with pytest.raises(ValueError, match="must be a str, not bytes"):
        Secret(lambda: CANARIES["secret"].encode(), name="password").reveal()  # type: ignore[arg-type, return-value]
    with pytest.raises(TypeError, match="is a secret and cannot be pickled"):
        pickle.dumps(Secret("canary", name="password"))


def test_secrets_come_from_three_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """A str, a function, or an environment variable, read anew each time."""
    monkeypatch.setenv("NBSTREAM_TEST_SECRET", "one")
    secret = Secret("env:NBSTREAM_TEST_SECRET", name="s")
    assert (repr(secret), str(secret), secret.reveal()) == ("***", "***", "one")
    monkeypatch.setenv("NBSTREAM_TEST_SECRET", "two")
    assert secret.reveal() == "two"
    assert Secret("abc", name="s").reveal() == Secret(lambda: "abc", name="s").reveal() == "abc"
    monkeypatch.delenv("NBSTREAM_TEST_SECRET")
    with pytest.raises(ValueError, match="variable 'NBSTREAM_TEST_SECRET'\\) is not set"):
        Secret("env:NBSTREAM_TEST_SECRET", name="s")


@given(
    secret=st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=30),
    around=st.tuples(st.text(max_size=20), st.text(max_size=20)),
    limit=st.integers(0, 120),
)
def test_no_text_holds_a_secret_afterwards(
    secret: str, around: tuple[str, str], limit: int
) -> None:
    """Plain or encoded, whole or cut off in its middle."""
    redactor = Redactor([secret])
    encoded = base64.b64encode(secret.encode()).decode()
    text = around[0] + secret + quote(secret, safe="") + encoded + around[1]
    if not set(secret) <= {"*"}:
        assert secret not in redactor.redact(text) or secret in "***".join(around)
    cut = redactor.redact((secret + " ") * 10 + secret[: limit % len(secret)], is_cut=True)
    assert cut.endswith("…")
    assert len(cut) <= 12 * (len(secret) + 4)


def test_an_unexpected_error_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an error that nobody foresaw only the type is told."""

    def explode(*args: Any) -> None:
        raise RuntimeError(CANARIES["secret"])

    monkeypatch.setattr(WebhookNotifier, "_post", explode)
    with Dispatcher([a_webhook("https://example.com")]) as dispatcher:
        dispatcher(a_notification())
        error = wait_until(lambda: dispatcher.last_error)
    assert str(error) == "The notifier 'webhook example.com' failed with RuntimeError."
    assert_silent(everything_of(error))


@pytest.mark.parametrize("kind", [RuntimeError, OSError, ValueError])
def test_errors_of_the_libraries_show_no_secret(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What httpx and smtplib raise is told by its type, unless it is known to be harmless."""

    def explode(*args: Any, **options: Any) -> None:
        raise kind(f"{CANARIES['header']} {CANARIES['mail']}")

    monkeypatch.setattr("httpx.AsyncClient.__init__", explode)
    monkeypatch.setattr("smtplib.SMTP.__init__", explode)
    with Dispatcher([a_webhook("https://example.com"), a_mail(25)]) as dispatcher:
        dispatcher(a_notification())
        wait_until(lambda: dispatcher.counters().failed == 2, 20)  # httpx may be loaded only now
        assert len(dispatcher.notes) == 2
        assert all(kind.__name__ in note for note in dispatcher.notes)
        assert_silent(dispatcher.notes, everything_of(dispatcher.last_error))


def test_other_threads_may_log_with_httpx(caplog: pytest.LogCaptureFixture) -> None:
    """Only what is posted here is kept out of the log of httpx."""
    caplog.set_level(logging.INFO)
    with http_server() as server:
        a_webhook(server.url).send([a_notification()], threading.Event())
        assert not [record for record in caplog.records if record.name == "httpx"]
        import httpx

        httpx.post(server.url)
    assert [record.name for record in caplog.records] == ["httpx"]
