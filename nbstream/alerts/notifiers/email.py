"""Notifications as e-mail."""

from __future__ import annotations

import random as random_module
import re
import smtplib
import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, make_msgid
from typing import TYPE_CHECKING, Any, Literal

from nbstream.alerts.log.export import iso
from nbstream.alerts.notifiers.base import RemoteNotifier
from nbstream.alerts.notifiers.message import line, plain, severity_rank, title
from nbstream.alerts.notifiers.retry import Failure, Retry, failure_of_system, positive
from nbstream.alerts.notifiers.tls import checked_context
from nbstream.readings.zone import local_datetime
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.text.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nbstream.alerts.log.incident import Notification
    from nbstream.alerts.notifiers.secret import SecretLike

__all__ = ["EmailNotifier"]

PORTS = {"starttls": 587, "ssl": 465, "none": 25}
SUBJECT_CHARACTERS = 160
SHOWN_CHARACTERS = 160
MAX_GROUP = 100
SPEC = r"[!#-'*+\-./0-9=?A-Z^_`a-z{|}~]+@[-.0-9A-Za-z]+"
ADDRESS = re.compile(rf"(?P<shown>[^<>]*)<(?P<inner>{SPEC})>|(?P<bare>{SPEC})")
HOST = re.compile(r"[-.:_0-9A-Za-z]+")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
# What smtplib says itself where it finds no full name; asking for one can take a name server's time.
OWN_NAME = "[127.0.0.1]"


class EmailNotifier(RemoteNotifier):
    """Sends plain-text mail; what comes within `group_wait` goes together.

    Failed connections, timeouts and answers of 4xx are tried again; those of 5xx, a refused
    password, and a server without the TLS that was asked for are not. Nothing is ever sent without TLS
    unless `tls` is "none".

    Parameters
    ----------
    host
        The mail server.
    sender
        Address, such as "alerts@example.com" or "Pump <alerts@example.com>".
    recipients
        One or more addresses.
    port
        None is 587 for "starttls", 465 for "ssl", 25 for "none".
    user
        Name to log in with; None logs in nowhere.
    password
        Of that user. Both may be a str, a function without arguments, or "env:NAME".
    tls
        "starttls", "ssl" or "none"; certificate and host name are checked. With "none" a password is
        refused, except to this machine.
    timeout
        Seconds that each step of the conversation may take.
    retries
        Attempts after the first.
    give_up_after
        Seconds that all attempts may take together.
    group_wait
        Seconds that the first notification waits for others.
    min_interval
        Seconds between two mails, at least; what comes meanwhile goes together in the next.
    name
        For messages; None is "mail" and the host.
    ssl_context
        For servers with a certificate of your own authority; None is Python's default.
    allow_voila
        Whether it is on in the kernel of a voila page too.
    min_severity, kinds
        As of `Notifier`.
    clock, random
        Time and a number from 0 to 1; for tests.

    Raises
    ------
    TypeError
        If something is of the wrong type.
    ValueError
        If an address, `tls`, a number or the password is not usable.

    Notes
    -----
    Thread safety: any thread; deliveries take turns.

    Examples
    --------
    >>> EmailNotifier("mail.example.com", sender="a@example.com", recipients="b@example.com")
    <EmailNotifier 'mail mail.example.com' to 1 recipient, starttls: on>
    """

    max_group = MAX_GROUP

    def __init__(
        self,
        host: str,
        *,
        sender: str,
        recipients: str | Iterable[str],
        port: int | None = None,
        user: SecretLike | None = None,
        password: SecretLike | None = None,
        tls: Literal["starttls", "ssl", "none"] = "starttls",
        timeout: float = 10.0,
        retries: int = 2,
        give_up_after: float = 60.0,
        group_wait: float = 10.0,
        min_interval: float = 60.0,
        name: str | None = None,
        min_severity: str = "info",
        kinds: Iterable[str] | None = None,
        ssl_context: ssl.SSLContext | None = None,
        allow_voila: bool = False,
        clock: Clock = SYSTEM_CLOCK,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        if tls not in PORTS:
            message = f"'tls' must be 'starttls', 'ssl' or 'none' (got {tls!r})."
            raise ValueError(message)
        if HOST.fullmatch(host) is None:
            message = (
                "'host' must be the name or address of a mail server, such as 'mail.example.com'."
            )
            raise ValueError(message)
        if (user is None) != (password is None):
            message = "'user' and 'password' go together; give both or neither."
            raise ValueError(message)
        if tls == "none" and password is not None and host.lower() not in LOOPBACK:
            message = f"'tls' must not be 'none' when there is a password, for {host!r} is not this machine."
            raise ValueError(message)
        if not (0 <= group_wait < float("inf") and 0 <= min_interval < float("inf")):
            message = (
                f"'group_wait' and 'min_interval' must be >= 0 s "
                f"(got {group_wait!r} and {min_interval!r})."
            )
            raise ValueError(message)
        name = plain(name or f"mail {host}")
        super().__init__(name=name, min_severity=min_severity, kinds=kinds, allow_voila=allow_voila)
        self._host = host
        self._port = PORTS[tls] if port is None else int(port)
        self._tls = tls
        self._sender = _address(sender, "sender")
        given = (recipients,) if isinstance(recipients, str) else tuple(recipients)
        self._recipients = tuple(_address(recipient, "recipients") for recipient in given)
        if not self._recipients:
            message = "'recipients' must name at least one address."
            raise ValueError(message)
        login = {} if user is None or password is None else {"user": user, "password": password}
        self._login = tuple(self._kept(secret, of) for of, secret in login.items())
        self._timeout = positive(timeout, "timeout")
        self._retry = Retry(
            retries=retries, give_up_after=give_up_after, clock=clock, random=random
        )
        self.group_wait = float(group_wait)
        self._min_interval = float(min_interval)
        self._context = None if ssl_context is None else checked_context(ssl_context)
        self._clock = clock
        self._next_mail = float("-inf")

    def __repr__(self) -> str:
        """Return the class, the name, to how many it sends, and whether it is on."""
        n = len(self._recipients)
        state = "off" if self.off_reason else "on"
        to = f"{n} recipient{'s' if n > 1 else ''}"
        return f"<EmailNotifier {self.name!r} to {to}, {self._tls}: {state}>"

    def hold(self) -> float:
        """Return the seconds until the next mail may go."""
        return max(0.0, self._next_mail - self._clock.monotonic())

    def _deliver(self, notifications: Sequence[Notification], stop: threading.Event) -> None:
        self._next_mail = self._clock.monotonic() + self._min_interval
        self._raise(self._send_mail(self._mail(notifications), stop))

    def _mail(self, notifications: Sequence[Notification]) -> EmailMessage:
        mail = EmailMessage(policy=SMTP_POLICY)
        mail["Subject"] = subject(notifications)
        mail["From"] = self._sender
        mail["To"] = self._recipients
        mail["Date"] = format_datetime(local_datetime(self._clock.wall_ns(), UTC))
        mail["Message-ID"] = make_msgid(domain=self._sender.domain)
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(text(notifications), cte="quoted-printable")
        return mail

    def _send_mail(self, mail: EmailMessage, stop: threading.Event) -> Failure | None:
        try:
            login = tuple(secret.reveal() for secret in self._login)
        except ValueError as error:
            return Failure(str(error).rstrip("."))
        if not all(secret.isascii() for secret in login):
            return Failure("'user' and 'password' must be ASCII")
        redactor = Redactor([*login, "\0".join(("", *login))] if login else [])

        def attempt(left: float) -> Failure | None:
            try:
                refused = self._converse(mail, login, left)
            except Exception as error:
                return _failure_of(error, redactor)
            if refused:
                return Failure(f"the server refused {len(refused)} of the recipients")
            return None

        return self._retry.run(attempt, stop)

    def _tls_context(self) -> ssl.SSLContext:
        # Made when first needed, for it takes tens of ms. Without one smtplib would check nothing.
        if self._context is None:
            self._context = ssl.create_default_context()
        return self._context

    def _converse(
        self, mail: EmailMessage, login: tuple[str, ...], left: float
    ) -> dict[str, tuple[int, bytes]]:
        """Send the mail, and return which recipients were refused and why."""
        with _Session(self, min(self._timeout, left), left) as session:
            smtp = session.connect()
            if self._tls == "starttls":
                smtp.starttls(context=self._tls_context())
            if login:
                smtp.login(*login)
            to = [recipient.addr_spec for recipient in self._recipients]
            return smtp.send_message(mail, from_addr=self._sender.addr_spec, to_addrs=to)


class _Session:
    """A conversation with a mail server that ends in time, however slowly the server talks.

    Python's timeout begins anew with each byte; so a timer shuts the connection down at the end.
    """

    def __init__(self, notifier: EmailNotifier, timeout: float, left: float) -> None:
        self._notifier = notifier
        self._timeout = timeout
        self._timer = threading.Timer(left, self._shut_down)
        self._timer.name = "nbstream mail deadline"
        self._timer.daemon = True
        self._connections: list[socket.socket] = []
        self._is_over = False
        self._lock = threading.Lock()
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> _Session:
        self._timer.start()
        return self

    def connect(self) -> smtplib.SMTP:
        watched, notifier = self._watched, self._notifier

        class Plain(smtplib.SMTP):
            def _get_socket(self, *args: Any) -> Any:
                return watched(super()._get_socket(*args))  # type: ignore[misc]

        class Encrypted(smtplib.SMTP_SSL):
            def _get_socket(self, *args: Any) -> Any:
                return watched(super()._get_socket(*args))  # type: ignore[misc]

        to = notifier._host, notifier._port, OWN_NAME
        if notifier._tls == "ssl":
            context = notifier._tls_context()
            self._smtp = Encrypted(*to, timeout=self._timeout, context=context)
        else:
            self._smtp = Plain(*to, timeout=self._timeout)
        return self._smtp

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        smtp = self._smtp
        try:
            if smtp is not None and error is None:
                with suppress(OSError, smtplib.SMTPException):
                    smtp.quit()
        finally:
            self._timer.cancel()
            self._timer.join()
            if smtp is not None:
                smtp.close()
            for connection in self._connections:
                connection.close()
        if self._is_over and error is not None:
            raise TimeoutError

    def _watched(self, connection: socket.socket) -> socket.socket:
        """Keep a second handle of a connection, for the first one changes when TLS begins."""
        handle = socket.fromfd(connection.fileno(), connection.family, connection.type)
        with self._lock:
            self._connections.append(handle)
            is_late = self._is_over
        if is_late:
            connection.close()
            raise TimeoutError
        return connection

    def _shut_down(self) -> None:
        with self._lock:
            self._is_over = True
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


def subject(notifications: Sequence[Notification]) -> str:
    """Return the title of the gravest notification, and how many more there are."""
    gravest = max(notifications, key=lambda n: severity_rank(n.incident.severity))
    more = f" and {len(notifications) - 1} more" if len(notifications) > 1 else ""
    return plain(title(gravest, SUBJECT_CHARACTERS - len(more)) + more)


def text(notifications: Sequence[Notification]) -> str:
    """Return the body: a line for each notification, and when it began."""
    lines = []
    for notification in notifications:
        incident = notification.incident
        lines += [line(notification), f"    fired {iso(incident.fired_ns)}"]
        if incident.resolved_ns is not None:
            lines[-1] += f", resolved {iso(incident.resolved_ns)}"
    return "\n".join(lines) + "\n"


def _failure_of(error: Exception, redactor: Redactor) -> Failure:
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Failure("the server does not offer STARTTLS or a way to log in; see 'tls'")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        is_transient = all(400 <= code < 500 for code in codes)
        return Failure(f"the server refused every recipient ({min(codes)})", is_transient)
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        answer = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        answer = plain(redactor.redact(answer), SHOWN_CHARACTERS)
        is_transient = 400 <= error.smtp_code < 500
        return Failure(f"the server answered {error.smtp_code} {answer!r}", is_transient)
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return Failure("no answer in time", is_transient=True)  # smtplib says "disconnected" too
    if isinstance(error, ssl.SSLCertVerificationError):
        return Failure(f"the certificate is not valid ({plain(error.verify_message, 120)})")
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return Failure("the server hung up", is_transient=True)
    if isinstance(error, OSError):
        return failure_of_system(error)
    return Failure(f"{type(error).__name__} while sending")


def _address(given: str, name: str) -> Address:
    if not isinstance(given, str):
        message = f"{name!r} must be addresses as str (got {type(given).__name__})."
        raise TypeError(message)
    found = ADDRESS.fullmatch(given)
    if found is not None and given.isprintable():
        shown = (found["shown"] or "").strip().strip('"')
        with suppress(Exception):  # several kinds, which differ between Pythons
            return Address(display_name=shown, addr_spec=found["inner"] or found["bare"])
    message = f"{name!r} must be addresses such as 'name@example.com' (got {given!r})."
    raise ValueError(message)
