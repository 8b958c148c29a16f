"""Mail against real servers: grouped, with checked TLS, and safe from what names hold."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given

from nbstream.alerts.notifiers import DeliveryError, Dispatcher, EmailNotifier
from nbstream.alerts.notifiers.email import subject, text
from nbstream.testing import FakeClock
from tests.alerts.notifiers.clocks import PausingClock
from tests.alerts.notifiers.incidents import NOON, a_notification, names
from tests.alerts.notifiers.servers import (
    server_context,
    smtp_server,
    trusting_context,
)
from tests.counterparts.ports import refusing_port
from tests.wait import wait_until

STOP = threading.Event()


def a_mail(port: int, **options: Any) -> tuple[EmailNotifier, PausingClock]:
    """Return a notifier on a clock whose pauses take no time."""
    clock = PausingClock()
    options = {
        "sender": "Pump <alerts@example.com>",
        "recipients": ["ann@example.com", "bob@example.com"],
        "tls": "none",
        "clock": clock,
        "random": lambda: 1.0,
        **options,
    }
    return EmailNotifier("127.0.0.1", port=port, **options), clock


def read(mail: bytes) -> EmailMessage:
    """Return a mail as a mail program reads it."""
    parsed = message_from_bytes(mail, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert parsed.defects == []
    return parsed


def content_of(mail: EmailMessage) -> str:
    """Return the text of a mail, with plain line ends."""
    content = mail.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def failure_of(notifier: EmailNotifier) -> str:
    """Return what is said when a delivery fails."""
    with pytest.raises(DeliveryError) as caught:
        notifier.send([a_notification()], STOP)
    assert caught.value.__cause__ is caught.value.__context__ is None
    return str(caught.value)


def test_a_mail_arrives() -> None:
    """Plain text, with the headers that mail programs and filters want."""
    with smtp_server() as server:
        notifier, _ = a_mail(server.port)
        notifier.send([a_notification(resolved_ns=NOON)], STOP)
    mail = read(server.mails[0])
    assert mail["Subject"] == "Alert: too hot on temperature (warning)"
    assert mail["From"] == "Pump <alerts@example.com>"
    assert mail["To"] == "ann@example.com, bob@example.com"
    assert mail["Date"] == "Wed, 01 Jul 2026 12:00:00 +0000"
    assert mail["Message-ID"].endswith("@example.com>")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"
    assert content_of(mail) == (
        "Alert (warning): too hot: temperature 93 > 90 °C since 12:00:00\n"
        "    fired 2026-07-01T12:00:03.000000001Z, resolved 2026-07-01T12:00:00.000000000Z\n"
    )
    assert server.commands[0] == "ehlo [127.0.0.1]"
    assert server.commands[1].startswith("mail FROM:<alerts@example.com>")
    assert server.commands[2:4] == ["rcpt TO:<ann@example.com>", "rcpt TO:<bob@example.com>"]


def test_what_comes_together_goes_together() -> None:
    """Within group_wait and min_interval there is one mail; the gravest gives the subject."""
    clock = FakeClock()
    with smtp_server() as server:
        notifier, _ = a_mail(server.port, clock=clock, group_wait=10, min_interval=60)
        with Dispatcher([notifier], clock=clock) as dispatcher:
            for number, severity in enumerate(["info", "critical", "warning"]):
                dispatcher(a_notification(number=number, rule=f"r{number}", severity=severity))
            wait_until(lambda: notifier.hold() or clock.advance(1.0))
            wait_until(lambda: dispatcher.counters().delivered == 3)
            assert (
                read(server.mails[0])["Subject"] == "Alert: r1 on temperature (critical) and 2 more"
            )
            assert 50 <= notifier.hold() <= 60
            dispatcher(a_notification(number=3))
            clock.advance(20.0)
            dispatcher(a_notification(number=4))
            wait_until(lambda: clock.advance(1.0) or dispatcher.counters().delivered == 5)
        assert read(server.mails[1])["Subject"].endswith("and 1 more")
        assert (len(server.mails), server.n_sessions) == (2, 2)


def test_closing_sends_what_waits() -> None:
    """A group that is not full goes when the dispatcher is closed."""
    with smtp_server() as server:
        notifier, _ = a_mail(server.port, group_wait=3_600)
        with Dispatcher([notifier]) as dispatcher:
            dispatcher(a_notification())
    assert len(server.mails) == 1


@given(rule=names, channel=names, reason=names)
def test_names_cannot_write_headers(rule: str, channel: str, reason: str) -> None:
    """Whatever names hold, the subject is one line, and the mail has its own headers only."""
    notification = a_notification(rule=rule, channel=channel, text=f"{rule}: {reason}")
    notifier = EmailNotifier("127.0.0.1", sender="a@example.com", recipients="b@example.com")
    mail = read(bytes(notifier._mail([notification, notification])))
    assert set(mail.keys()) == {
        *("Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted"),
        *("Content-Type", "Content-Transfer-Encoding", "MIME-Version"),
    }
    assert len(str(mail["Subject"]).splitlines()) == 1
    assert len(mail.get_content().splitlines()) == 4


def test_a_line_with_a_dot_does_not_end_the_mail() -> None:
    """A text that looks like the protocol is only a text."""
    with smtp_server() as server:
        notifier, _ = a_mail(server.port)
        notifier.send([a_notification(text="\r\n.\r\nMAIL FROM:<evil@example.com>")], STOP)
    assert len(server.mails) == 1
    assert [command for command in server.commands if "evil" in command] == []


def test_starttls_encrypts_before_the_password() -> None:
    """Nothing but the greeting goes before TLS."""
    with smtp_server(offers_tls=True, wants_login=True) as server:
        notifier, _ = a_mail(
            server.port, tls="starttls", ssl_context=trusting_context(), user="ann", password="pw"
        )
        notifier.send([a_notification()], STOP)
    assert server.commands[:2] == ["ehlo [127.0.0.1]", "STARTTLS"]
    assert server.logins == ["\0ann\0pw"]
    assert len(server.mails) == 1


def test_tls_from_the_start() -> None:
    """The port of "ssl" speaks TLS at once."""
    with smtp_server(is_tls=True) as server:
        notifier, _ = a_mail(server.port, tls="ssl", ssl_context=trusting_context())
        notifier.send([a_notification()], STOP)
    assert len(server.mails) == 1


@pytest.mark.parametrize("behaviour", [{"is_tls": True}, {"offers_tls": True}])
def test_certificates_are_checked(behaviour: dict[str, Any]) -> None:
    """A server that cannot prove who it is gets nothing, and is not asked again."""
    tls = "ssl" if "is_tls" in behaviour else "starttls"
    with smtp_server(wants_login=True, **behaviour) as server:
        notifier, clock = a_mail(server.port, tls=tls, user="ann", password="pw")
        assert "the certificate is not valid" in failure_of(notifier)
    assert (server.mails, server.logins, clock.pauses) == ([], [], [])


def test_no_mail_without_the_tls_that_was_asked_for() -> None:
    """A server, or somebody on the way, that hides STARTTLS gets nothing."""
    with smtp_server(offers_tls=False, wants_login=True) as server:
        notifier, clock = a_mail(server.port, tls="starttls", user="ann", password="pw")
        assert "does not offer STARTTLS" in failure_of(notifier)
    assert (server.mails, server.logins, clock.pauses) == ([], [], [])


def test_a_refused_starttls_ends_it() -> None:
    """A server that offers TLS and then refuses it gets nothing."""
    with smtp_server(offers_tls=True, replies={"STARTTLS": ["554 no"] * 9}) as server:
        notifier, _ = a_mail(server.port, tls="starttls", user="ann", password="pw")
        assert "554" in failure_of(notifier)
    assert (server.mails, server.logins) == ([], [])


@pytest.mark.parametrize(
    ("replies", "message"),
    [
        ({"MAIL": ["451 later"]}, None),
        ({"END": ["421 overloaded"]}, None),
        ({"RCPT": ["450 greylisted", "450 greylisted"]}, None),
        ({"MAIL": ["550 never"]}, "the server answered 550 'never'"),
        ({"RCPT": ["550 who", "550 who"]}, "refused every recipient (550)"),
        ({"RCPT": ["550 who"]}, "refused 1 of the recipients"),
        ({"MAIL": ["451 later"] * 9}, "451 'later' (attempt 3, given up)"),
    ],
)
def test_what_may_pass_is_tried_again(replies: dict[str, list[str]], message: str | None) -> None:
    """Answers of 4xx are, those of 5xx are not."""
    with smtp_server(replies=replies) as server:
        notifier, _ = a_mail(server.port)
        if message is None:
            notifier.send([a_notification()], STOP)
            assert server.n_sessions == 2
        else:
            assert message in failure_of(notifier)


def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The network may only be down, so it is tried again."""

    def unknown(*args: Any, **options: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    notifier, clock = a_mail(25)
    assert "the server's name cannot be looked up (attempt 3" in failure_of(notifier)
    assert len(clock.pauses) == 2


def test_nobody_listens() -> None:
    """A refused connection is tried again, then given up."""
    with refusing_port() as port:
        notifier, clock = a_mail(port)
        assert "ConnectionRefusedError (" in failure_of(notifier)
    assert len(clock.pauses) == 2


@pytest.mark.parametrize("does", ["hangs", "dribbles"])
def test_a_server_that_takes_for_ever_is_left(does: str) -> None:
    """All attempts end in time, though something trickles in all the while."""
    with smtp_server(does=does) as server:
        notifier = EmailNotifier(
            *("127.0.0.1",),
            port=server.port,
            sender="a@example.com",
            recipients="b@example.com",
            tls="none",
            timeout=60.0,
            give_up_after=0.2,
        )
        start = time.monotonic()
        assert "no answer in time" in failure_of(notifier)
        assert time.monotonic() - start < 20.0


def test_a_connection_that_comes_too_late_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time is over before the connection stands: nothing is sent."""
    connect = socket.create_connection

    def slowly(*args: Any, **options: Any) -> socket.socket:
        timers = [t for t in threading.enumerate() if t.name == "nbstream mail deadline"]
        wait_until(lambda: not any(timer.is_alive() for timer in timers))
        return connect(*args, **options)

    monkeypatch.setattr("socket.create_connection", slowly)
    with smtp_server() as server:
        notifier, _ = a_mail(server.port, give_up_after=0.05, retries=0)
        assert "no answer in time" in failure_of(notifier)
    assert server.mails == []


def test_a_short_timeout_of_one_step() -> None:
    """A step that takes longer than 'timeout' is tried again like any other."""
    with smtp_server(does="hangs") as server:
        notifier, clock = a_mail(server.port, timeout=0.05, retries=1)
        assert "no answer in time (attempt 2" in failure_of(notifier)
    assert len(clock.pauses) == 1


def test_a_server_that_is_none_is_an_error() -> None:
    """TLS spoken to a server that does not."""
    with smtp_server() as server:
        notifier, _ = a_mail(server.port, tls="ssl", retries=0)
        assert "SSLError" in failure_of(notifier)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sender": "nobody"}, "'sender' must be addresses"),
        ({"sender": "a@example.com\r\nBcc: evil@example.com"}, "'sender'"),
        ({"sender": "a..b@example.com"}, "'sender'"),
        ({"sender": "a@"}, "'sender'"),
        ({"sender": "Růžena <růžena@example.com>"}, "'sender'"),
        ({"recipients": []}, "at least one"),
        ({"recipients": ["a@example.com", "b@example.com\n"]}, "'recipients'"),
        ({"recipients": "a@example.com, b@example.com"}, "'recipients'"),
        ({"tls": "maybe"}, "'tls' must be"),
        ({"user": "ann"}, "'user' and 'password' go together"),
        ({"timeout": 0}, "'timeout'"),
        ({"group_wait": -1}, "'group_wait'"),
        ({"min_interval": float("nan")}, "'min_interval'"),
    ],
)
def test_bad_arguments_are_refused(options: dict[str, Any], message: str) -> None:
    """What could never work, or would let names write headers, is an error at once."""
    with pytest.raises(ValueError, match=message):
        a_mail(25, **options)


def test_no_password_without_tls() -> None:
    """Except to this machine, where nobody listens on the way."""
    facts: dict[str, Any] = {"sender": "a@b.cz", "recipients": "a@b.cz", "tls": "none"}
    with pytest.raises(ValueError, match="'tls' must not be 'none' when there is a password"):
        EmailNotifier("mail.example.com", user="ann", password="pw", **facts)
    EmailNotifier("localhost", user="ann", password="pw", **facts)


def test_contexts_that_do_not_check_are_refused() -> None:
    """TLS without checks is no TLS."""
    with pytest.raises(ValueError, match="must check certificates and host names"):
        a_mail(465, tls="ssl", ssl_context=server_context())
    with pytest.raises(TypeError, match=r"must be an ssl\.SSLContext"):
        a_mail(465, tls="ssl", ssl_context=False)


def test_a_password_that_cannot_be_sent_is_said() -> None:
    """It is not shown, and nothing is sent."""
    with smtp_server(wants_login=True) as server:
        notifier, _ = a_mail(server.port, user="ann", password="pásswörd")
        assert failure_of(notifier).endswith("'user' and 'password' must be ASCII.")
    assert server.commands == []


def test_a_password_that_is_gone_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment variable may be removed after the notifier was made."""
    monkeypatch.setenv("NBSTREAM_TEST_PASSWORD", "pw")
    notifier, _ = a_mail(25, user="ann", password="env:NBSTREAM_TEST_PASSWORD")
    monkeypatch.delenv("NBSTREAM_TEST_PASSWORD")
    assert "(environment variable 'NBSTREAM_TEST_PASSWORD') is not set" in failure_of(notifier)


def test_addresses_are_strings() -> None:
    """A wrong type is an error at once."""
    with pytest.raises(TypeError, match="'recipients' must be addresses as str"):
        a_mail(25, recipients=[3])


def test_names_with_accents_are_written() -> None:
    """The sender's name, the subject and the text are what was given."""
    with smtp_server() as server:
        notifier, _ = a_mail(server.port, sender="Čerpadlo, s. r. o. <a@example.com>")
        notifier.send([a_notification(channel="průtok")], STOP)
    mail = read(server.mails[0])
    assert mail["From"].addresses[0].display_name == "Čerpadlo, s. r. o."
    assert mail["Subject"] == "Alert: too hot on průtok (warning)"


def test_a_long_group_is_bounded() -> None:
    """A hundred notifications fit into one mail; a subject stays short."""
    many: Sequence[Any] = [a_notification(rule="r" * 300)] * 100
    assert len(subject(many)) <= 160
    assert subject(many).endswith("… and 99 more")
    assert len(text(many).splitlines()) == 200


def test_repr_names_the_server() -> None:
    """And neither user nor addresses."""
    notifier, _ = a_mail(25, name="shift\nleader")
    assert repr(notifier) == "<EmailNotifier 'shift leader' to 2 recipients, none: on>"
