"""Secrets don't show, and nothing else is hidden."""

from __future__ import annotations

import gc
import logging
import weakref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream.text import redaction
from nbstream.text.redaction import (
    Redactor,
    disarm,
    log_exception,
    redact,
    remember,
    secrets_of_command,
    secrets_of_environment,
    secrets_of_url,
)

AWS_ID = "AKIA" + "IOSFODNN7EXAMPLE"
AWS_KEY = "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"
SLACK = "https://hooks.slack.com/services/" + "T00000000/B00000000/" + "X" * 24
GITHUB = "gh" + "p_" + "a1B2" * 9
JWT = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + "dozjgNryP4J3jVmNHl0w5N"


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without the secrets of sources of other tests that nobody collected yet."""
    monkeypatch.setattr(redaction, "_known", weakref.WeakSet())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("wss://ann:hunter2@host/live", "wss://***@host/live"),
        ("postgres://ann:hun@ter2@db:5432/x", "postgres://***@db:5432/x"),
        ("postgres://ann:hun/ter2@db:5432/x", "postgres://***@db:5432/x"),
        ("redis://:hunter2@cache:6379/0 refused", "redis://***@cache:6379/0 refused"),
        ("https://ghtoken123@host/x.git", "https://***@host/x.git"),
        ("proxy ann:hunter2@proxy.lan:8080 down", "proxy ***@proxy.lan:8080 down"),
        ("GET /x?api_key=abc123&n=1 failed", "GET /x?api_key=***&n=1 failed"),
        ("GET /x?n=1&key=abc&unit=C", "GET /x?n=1&key=***&unit=C"),
        ("/x?X-Amz-Signature=0a1b2c&n=1", "/x?X-Amz-Signature=***&n=1"),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("authorization: Basic YW5uOmh1bnRlcjI=\nAccept: *", "authorization: ***\nAccept: *"),
        ("{'Authorization': 'Token abc', 'n': 1}", "{'Authorization': ***, 'n': 1}"),
        ("Authorization: Bearer\n  abc.def", "Authorization: ***"),
        ("sent Bearer a1b2c3d4e5 twice", "sent Bearer *** twice"),
        ('{"password": "a b c", "n": 1}', '{"password": ***, "n": 1}'),
        (r'{"a": "{\"token\": \"abc\", \"n\": 1}"}', r'{"a": "{\"token\": ***, \"n\": 1}"}'),
        (r'{"password": "hun\"ter2", "n": 1}', '{"password": ***, "n": 1}'),
        ("{'password': b'hunter2', 'n': 1}", "{'password': ***, 'n': 1}"),
        ("b'password=hunter2&n=1'", "b'password=***&n=1'"),
        ('"password": "cut off in its mid', '"password": ***'),
        ("password=hunter2, port=5", "password=***, port=5"),
        ("connect(host='h', password='hunter2')", "connect(host='h', password=***)"),
        ("connect(password=hunter2,port=5)", "connect(password=***,port=5)"),
        ("Server=h;Password=hunter2;Database=d", "Server=h;Password=***;Database=d"),
        ("AccountName=a;AccountKey=a1+b2/==;x=1", "AccountName=a;AccountKey=***;x=1"),
        ("host=h user=u password='hun ter2' port=5", "host=h user=u password=*** port=5"),
        ("ValueError: wrong password 'hunter2'", "ValueError: wrong password '***'"),
        ("Passwort: geheim123", "Passwort: ***"),
        ("password: пароль-ключ", "password: ***"),
        ("password=\n  hunter2", "password=\n  ***"),
        ("PGPASSWORD=hunter2 psql", "PGPASSWORD=*** psql"),
        ("export AWS_SECRET_ACCESS_KEY=abc", "export AWS_SECRET_ACCESS_KEY=***"),
        ("MYSQL_PWD: hunter2", "MYSQL_PWD: ***"),
        ("apiKey: 12345, n: 1", "apiKey: ***, n: 1"),
        ("X-Api-Key: abc", "X-Api-Key: ***"),
        ("dbPassword => 'x'", "dbPassword => ***"),
        ("os.environ['SLACK_TOKEN'] = 'abc'", "os.environ['SLACK_TOKEN'] = ***"),
        ("Set-Cookie: session=abc; Path=/", "Set-Cookie: ***; Path=/"),
        ("prog --password hunter2 --n 1", "prog --password *** --n 1"),
        ("prog --password=hunter2 --n 1", "prog --password=*** --n 1"),
        ("['prog', '--api-key', 'abc', '-v']", "['prog', '--api-key', '***', '-v']"),
        ("curl -u ann:hunter2 http://h", "curl -u *** http://h"),
        ("<password>hunter2</password>", "<password>***</password>"),
        ("IDENTIFIED BY 'hunter2'", "IDENTIFIED BY '***'"),
        (f"POST {SLACK} 404", "POST https://hooks.slack.com/*** 404"),
        ("https://discord.com/api/webhooks/1/ab", "https://discord.com/api/webhooks/***"),
        ("https://x.webhook.office.com/a@b/c", "https://x.webhook.office.com/***"),
        ("/bot123456789:AAbb/sendMessage", "/bot***/sendMessage"),
        (f"{AWS_ID} is no key", "*** is no key"),
        (f"key {AWS_KEY}.", "key ***."),
        (f"no access with {GITHUB}!", "no access with ***!"),
        (f"expired: {JWT}", "expired: ***"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----\nend",
            "***\nend",
        ),
        ("-----BEGIN PRIVATE KEY-----\nMIIE", "***"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, shown: str) -> None:
    """Userinfo, what follows a telling name, headers, options, and tokens by their shape; no more."""
    assert redact(text) == shown
    assert redact(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "value 93 > 90 for 3s",
        "KeyError: 'temp'",
        "KeyError: 'password'",
        "monkey: 5, keyboard=on, key: left, keys: 7",
        "primary_key=17 sort_key: time cache_key=abc",
        "passed: 12, failed: 3; pass: 12, bypass=1",
        "passenger=Ann, compass: 270, passage: north",
        "author: Ann, authority=city",
        "signal=3.2, sigma: 4, design=new, sig=5.2",
        "token 5 of 12, tokens: 500, max_tokens=4096",
        "Unexpected token: } in JSON at 5",
        "Access denied for user 'ann' (using password: YES)",
        "password authentication failed for user ann",
        "password: missing, token expired, secret=None",
        "basic authentication, bearer of news, Basic English",
        "https://host:8080/path@v2/x and ann@example.com",
        "mailto:ann@example.com, git@github.com:o/r.git",
        "12:30:00@site",
        "tcp://10.0.0.1:1883/a:b",
        "2026-07-01T12:00:00.123456789+02:00 21.5 °C",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "/usr/lib/python3.11/site-packages/Numpy/core/multiarray.py line 5",
        "123e4567-e89b-12d3-a456-426614174000",
        "skipped sk-1, pat-a-cake, session: 5, pin: 13",
        "prog --interval 5 --key-column x -u 5 --user ann",
        "cpu=5 mem=7 state=running cookie_count=3",
        "it's 5 o'clock: 'a' = \"b\"",
        "",
    ],
)
def test_nothing_else_is_hidden(text: str) -> None:
    """Words and numbers of every day stay as they are."""
    assert redact(text) == text


@pytest.mark.parametrize("around", ["{}", "a {} b", "['{}']", '"{}"', "({})", "\n{}\n", "é{}ž"])
@pytest.mark.parametrize(
    "form",
    ["https://u:{}@h/", "?token={}&x=1", "password={}", "Authorization: Bearer {}", "--token {}"],
)
def test_it_is_hidden_wherever_it_stands(form: str, around: str) -> None:
    """In brackets, quotes and lines, and shortened at any place afterwards."""
    canary = "cAnary7Secret"
    assert "anary" not in redact(around.format(form.format(canary)))


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_text_can_be_redacted(text: str) -> None:
    """Nothing raises, and what was redacted stays as it is."""
    once = redact(text)
    assert redact(once) == once


def test_a_long_text_takes_no_time() -> None:
    """Nothing in a text makes it slow: 100,000 characters of the worst kind."""
    for piece in (
        "a.",
        "token",
        "key=",
        '"',
        "\\",
        "://a:",
        "-----BEGIN PRIVATE KEY-----",
        "[",
        "@",
    ):
        assert redact(piece * (100_000 // len(piece))) is not None


def test_what_is_known_is_hidden_as_long_as_somebody_holds_it() -> None:
    """Values without a telling name are hidden once they are known: plain, encoded or broken."""
    held = remember(Redactor(["corrèct horse 4"]))
    for text in (
        "corrèct horse 4",
        "corr%C3%A8ct%20horse%204",
        r"corr\xe8ct horse 4",
        "corrè\nct horse 4",
    ):
        assert redact(f"<{text}>") == "<***>"
    del held
    gc.collect()
    assert redact("corrèct horse 4") == "corrèct horse 4"


def test_secrets_of_a_command_and_its_environment() -> None:
    """What a program is given in secret is known by its place; ordinary values are not taken for it."""
    command = [
        "prog",
        "--password",
        "correct",
        "--token=horse",
        "ftp://ann:battery@h",
        "-n",
        "staple",
    ]
    assert secrets_of_command(command) == ["correct", "horse", "battery"]
    environment = {"LANG": "de_DE.UTF-8", "PORT": "8080", "MODE": "live", "HOME": "/", "N": "12.5"}
    assert secrets_of_environment(environment) == []
    environment = {"DB_PASSWORD": "live", "THING": "hunter2-x", "N": "abc"}
    assert secrets_of_environment(environment) == ["live", "hunter2-x"]


def test_an_error_is_disarmed_with_what_led_to_it() -> None:
    """The texts of the whole chain are redacted in place; types and other attributes stay."""
    try:
        try:
            raise OSError(5, "no https://ann:hunter2@host", "password=hunter2")
        except OSError as first:
            raise KeyError("token=hunter2", 7) from first
    except KeyError as error:
        disarmed = disarm(error)
    assert repr(disarmed) == "KeyError('token=***', 7)"
    assert str(disarmed.__cause__) == "[Errno 5] no https://***@host: 'password=***'"
    disarmed.__cause__.__cause__ = disarmed  # type: ignore[union-attr]
    assert disarm(disarmed) is disarmed


def test_a_logged_exception_shows_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    """Neither its text nor the lines of its traceback do, and the message doesn't."""
    try:
        raise ValueError("https://ann:hunter2@host/x")
    except ValueError:
        log_exception(logging.getLogger("nbstream.test"), "%r failed", "token=hunter2")
    (record,) = caplog.records
    assert "hunter2" not in caplog.text
    assert "ValueError: https://***@host/x" in caplog.text
    assert "'token=***' failed" in record.getMessage()
    assert record.funcName == "test_a_logged_exception_shows_no_secret"


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("postgresql+psycopg://postgres@host/postgres", []),
        ("redis://default@host", []),
        ("https://ann@host/x", []),
        ("https://ghtoken123@host/x", ["ghtoken123"]),
        ("wss://ghtoken123:x@host/x", ["x"]),
        ("mysql://root:toor@host/x", ["toor"]),
    ],
)
def test_a_user_is_no_secret(url: str, secrets: list[str]) -> None:
    """The name of a user stays readable in every other text; a token in its place does not."""
    assert secrets_of_url(url) == secrets


@pytest.mark.parametrize("secret", ["a", "1", "ab", "xy1"])
def test_a_short_password_leaves_other_words_as_they_are(secret: str) -> None:
    """It is hidden where it stands alone, and nowhere inside of a word or a number."""
    redactor = Redactor([secret])
    assert redactor.redact("channel abxy1 11 table x1a") == "channel abxy1 11 table x1a"
    assert redactor.redact(f"login {secret}, '{secret}'") == "login ***, '***'"
