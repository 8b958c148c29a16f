"""A device on a serial port: an Arduino, a scale, a GPS receiver."""

from __future__ import annotations

import errno
import importlib.util
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote

from nbstream.errors import ConnectError, DependencyError, SourceError
from nbstream.sources.addresses import options_of_url
from nbstream.sources.item_source import LineSource
from nbstream.sources.lines.line_buffer import LineBuffer
from nbstream.sources.wording import explain

if TYPE_CHECKING:
    from serial import SerialBase

__all__ = ["SerialSource"]

MAX_LINE_BYTES = 2**16
LOOK_EVERY = 0.2
READ_BYTES = 2**16
"""So much is taken of what waits before it is looked at; drivers give a few KiB at a time."""
QUIET = 0.1
"""What comes after so many seconds without a byte begins a line."""
MANY_BYTES = 64
"""So many bytes without the end of a line are looked at: are they text?"""
BY_ID = Path("/dev/serial/by-id")
"""Where Linux names devices by what they are, not by the order in which they were plugged in."""
MAX_PORTS = 5
CONTROLS = frozenset(map(chr, {*range(32), *range(127, 160)} - set(b"\t\f\x1b")))
_ASCII_CONTROLS = "".join(filter(str.isascii, CONTROLS)).encode()


class SerialSource(LineSource):
    """Reads lines from a serial port.

    Parameters
    ----------
    port
        The port: "/dev/ttyUSB0", "COM3", or an address of pyserial's such as "socket://host:4001" and
        "rfc2217://host:4000".
    baud
        Symbols per second; device and source must agree.
    parse
        Takes a line (str, without its end) and returns a reading in any form of
        `nbstream.sources.items`, or None for no reading. None reads the forms of
        `nbstream.sources.lines.format`: "21.5,40", "temp:21.5 hum:40" and the rest.
    on_open
        What is written to the port each time it was opened, for devices that wait to be asked.
    dtr
        Whether to raise the line that resets many boards when a port is opened: False leaves a running
        Arduino as it is, where its driver lets it.
    settings
        Further settings of pyserial's ``Serial``, as in ``{"parity": "E", "rtscts": True}``.
    max_line_bytes
        Longer lines are dropped and counted.
    **options
        As for every `Source`: buffer, name, units, timezone, na_values, clock.

    Raises
    ------
    DependencyError
        If pyserial is missing: ``pip install "nbstream[serial]"``.
    ValueError
        If `baud` or a setting can't be.
    TypeError
        If `on_open` is no text or bytes, or a setting is unknown.

    Notes
    -----
    A reading without a time gets the time at which its line was read. The first line after opening counts
    only if the port was quiet before it, for otherwise its beginning may be missing. A port that is not there
    yet, in use by another program, or unplugged is tried again; on Linux a device that was unplugged is found
    again under its new name. What it sends meanwhile is lost: a serial port has no memory.

    Thread safety: any thread.
    """

    kind = "serial"

    def __init__(
        self,
        port: str,
        baud: int = 9600,
        parse: Callable[[str], Any] | None = None,
        *,
        on_open: bytes | str = b"",
        dtr: bool = True,
        settings: Mapping[str, Any] | None = None,
        max_line_bytes: int = MAX_LINE_BYTES,
        **options: Any,
    ) -> None:
        if importlib.util.find_spec("serial") is None:
            message = "SerialSource needs the 'pyserial' package: pip install \"nbstream[serial]\""
            raise DependencyError(message)
        if not isinstance(on_open, (bytes, str)):
            message = f"'on_open' must be bytes or text (got {on_open!r})."
            raise TypeError(message)
        self.port = os.fspath(port)
        self.baud = baud
        self._settings = {"exclusive": True, **(settings or {})}
        if sys.platform == "win32" or "://" in self.port:
            self._settings.pop("exclusive")
        self._dtr = dtr
        self._on_open = on_open.encode() if isinstance(on_open, str) else bytes(on_open)
        self._max_line_bytes = max_line_bytes
        self._device: SerialBase | None = None
        self._stable_name = ""
        self._new_device()  # a wrong setting is told here, not by the thread
        options["name"] = options.get("name") or self.port.rpartition("/")[2] or self.port
        super().__init__(parse, **options)
        self.advice = (
            f"Is the speed right (now {baud:,} baud)? Pass parse=… to say what a line means."
        )

    @classmethod
    def from_url(cls, url: str, **options: Any) -> Self:
        """Return the source of an address: ``serial:///dev/ttyUSB0?baud=115200``, ``serial://COM3``.

        Parameters
        ----------
        url
            Its path is the port; behind its question mark `baud` and `dtr` may stand.
        **options
            Further options of the source.

        Raises
        ------
        ValueError
            If it names no port, or has another option.
        """
        parts, found = options_of_url(url, {"baud": int, "dtr": bool})
        port = unquote(parts.netloc + parts.path)
        if not port.strip("/"):
            message = "An address names its port: serial:///dev/ttyUSB0?baud=115200."
            raise ValueError(message)
        return cls(port, **{**found, **options})

    def _new_device(self) -> SerialBase:
        import serial

        try:
            device: SerialBase = serial.serial_for_url(
                self._found_port(),
                self.baud,
                do_not_open=True,
                timeout=LOOK_EVERY,
                **self._settings,
            )
        except (ValueError, TypeError) as error:
            message = f"{self.port!r} can't be opened so: {error}."
            raise type(error)(message) from error
        if not self._dtr:
            device.dtr = False
        return device

    def _found_port(self) -> str:
        """Return the name that the device has now; another one than before if it was plugged in again."""
        return self._stable_name if os.path.exists(self._stable_name) else self.port

    def _run(self) -> None:
        self._reader = self._new_reader()
        device = self._new_device()
        try:
            self._open(device)
            self._device = device
            self._connected()
            self._read(device)
        finally:
            self._device = None
            device.close()

    def _open(self, device: SerialBase) -> None:
        try:
            device.open()
            device.write(self._on_open)
        except OSError as error:
            raise advice_for(error, self.port, self.name) from error
        if not self._stable_name:
            self._stable_name = name_by_id(self.port)

    def _interrupt(self) -> None:
        device = self._device
        if device is not None and hasattr(device, "cancel_read"):
            device.cancel_read()

    def _read(self, device: SerialBase) -> None:
        opened_at = self._clock.monotonic()
        lines = LineBuffer(self._max_line_bytes)
        has_begun = is_half = False
        while not self._is_stopping:
            data = self._next_bytes(device)
            if data and not has_begun:
                has_begun = True
                is_half = self._clock.monotonic() - opened_at < QUIET
            whole = lines.feed(data)
            if whole and is_half:
                is_half = False
                whole = whole[1:]
            self._read_lines(whole if is_plain(whole) else filter(self._is_readable, whole))
            if lines.n_too_long:
                self._drop(lines.n_too_long, f"line longer than {self._max_line_bytes:,} bytes")
                lines.n_too_long = 0
            if len(lines.rest) >= MANY_BYTES and not is_text(lines.rest):
                self._is_readable(lines.rest)
                lines.skip_line()
            self._say_if_nothing_is_readable()

    def _next_bytes(self, device: SerialBase) -> bytes:
        """Wait for what comes next; nothing came if the source is being stopped."""
        data = bytearray()
        try:
            data += device.read(device.in_waiting or 1)
            while 0 < len(data) < READ_BYTES and (n := device.in_waiting):
                data += device.read(n)
        except (OSError, TypeError) as error:  # TypeError is pyserial's for a port closed meanwhile
            if data:
                return bytes(data)  # the next time it fails at once
            if self._is_stopping:
                return b""
            message = "the device was disconnected"
            raise ConnectError(message, source=self.name) from error
        return bytes(data)

    def _is_readable(self, line: bytes) -> bool:
        """Return whether a line is text; one that is not was sent at another speed, and is counted."""
        if is_text(line):
            return True
        self._reject(1, repr(line[:20])[1:])
        return False


def is_plain(lines: Sequence[bytes]) -> bool:
    """Return whether all lines are surely text, quicker than by looking at each."""
    data = b"".join(lines)
    return data.isascii() and len(data.translate(None, _ASCII_CONTROLS)) == len(data)


def is_text(line: bytes) -> bool:
    """Return whether bytes are a line of text, in UTF-8 or mostly of ASCII."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = line.decode("latin-1")
        if 3 * sum(not character.isascii() for character in text) > len(text):
            return False
    return CONTROLS.isdisjoint(text)


def name_by_id(port: str) -> str:
    """Return the name under which Linux finds the device of a port again, "" if it has none."""
    try:
        return next((str(link) for link in BY_ID.iterdir() if link.samefile(port)), "")
    except OSError:
        return ""


def advice_for(error: OSError, port: str, name: str) -> Exception:
    """Return what to tell people about a port that can't be opened."""
    if error.errno == errno.EACCES:
        text = f"permission denied: {port}; on Linux its users are the group of the port, often 'dialout'"
        return SourceError(text, source=name)
    if error.errno in (errno.EBUSY, errno.EAGAIN):
        return ConnectError(f"{port} is in use by another program (a serial monitor?)", source=name)
    if error.errno == errno.ENOENT:
        found = other_ports()
        there = f"there are {', '.join(found)}" if found else "no serial port was found"
        return ConnectError(f"no {port} now; {there}", source=name)
    return ConnectError(explain(error), source=name)


def other_ports() -> list[str]:
    """Return the first ports of this machine."""
    from serial.tools.list_ports import comports

    return [port.device for port in comports()][:MAX_PORTS]
