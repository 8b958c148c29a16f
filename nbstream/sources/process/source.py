"""A program whose standard output is read line by line."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from nbstream.errors import ConnectError, SourceError
from nbstream.sources.item_source import LineSource
from nbstream.sources.lines.format import strip_escapes
from nbstream.sources.lines.line_buffer import LineBuffer
from nbstream.sources.process.guard import ProcessGuard
from nbstream.sources.process.pipes import Pipes, open_pipes
from nbstream.sources.state import SourceState
from nbstream.sources.wording import explain, shorten
from nbstream.text.redaction import Redactor, remember, secrets_of_command, secrets_of_environment

__all__ = ["ProcessSource"]

MAX_LINE_BYTES = 2**20
STDERR_BYTES, STDERR_LINES = 4096, 20
SILENCE_TO_MENTION = 10.0
SILENCE_BESIDE_STDERR = 2.0
KILL_AFTER = 3.0
LOOK_EVERY = 0.25
DRAIN_FOR = 2.0
SHORT_LIFE = 1.0
SHORT_LIVES_TO_FAIL = 3
ON_STDERR = "it writes to its standard error (stderr='merge' reads that):"


class ProcessSource(LineSource):
    """Runs a program and reads its standard output.

    Parameters
    ----------
    command
        Program and arguments; a str is split as a shell would, but no shell runs it.
    parse
        Takes a line (str, without its end) and returns a reading in any form of
        `nbstream.sources.items`: a number, a dict, (time, either), or None for no reading. None reads
        the forms of `nbstream.sources.lines.format`.
    stderr
        "keep" keeps the last lines of the standard error for people; "merge" reads readings there
        too.
    restart
        Whether to start it again when it ends, with back-off. A program that ends within a second
        three times running has failed.
    env
        Environment variables on top of this process' own. Values that may be secrets, here and in
        `command`, are shown nowhere.
    cwd
        Directory to run in; None is the current one.
    max_line_bytes
        Longer lines are dropped and counted.
    **options
        As for every `Source`: buffer, name, units, timezone, na_values, clock.

    Raises
    ------
    ValueError
        If `command` is empty or has an open quote, or `stderr` is another word.
    TypeError
        If `command` is no str or sequence of str.

    Notes
    -----
    A reading without a time gets the time at which its line was read. A line ends with a newline or
    a carriage return. A header line names the channels of the lines below it. Most programs hold back their
    output when it goes into a pipe; for Python programs this is switched off (PYTHONUNBUFFERED=1).

    The program runs in a process group of its own. `stop()` ends the group: SIGTERM, and SIGKILL
    after 3 s. When the program ends by itself, whatever it left running gets SIGTERM. Exit status 0
    is ENDED, any other FAILED, with the last line of stderr; FAILED too if nothing could be read.
    On Linux and macOS the group ends with this process too, however that ends.

    Thread safety: any thread.
    """

    kind = "process"
    can_run_again = False  # `restart` says

    def __init__(
        self,
        command: str | Sequence[str | os.PathLike[str]],
        parse: Callable[[str], Any] | None = None,
        *,
        stderr: Literal["keep", "merge"] = "keep",
        restart: bool = False,
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        max_line_bytes: int = MAX_LINE_BYTES,
        **options: Any,
    ) -> None:
        self.command = _arguments(command)
        if stderr not in ("keep", "merge"):
            message = f"'stderr' must be 'keep' or 'merge' (got {stderr!r})."
            raise ValueError(message)
        options["name"] = options.get("name") or shorten(os.path.basename(self.command[0]))
        super().__init__(parse, **options)
        self.restart = restart
        self._env = dict(env or {})
        secrets = secrets_of_environment(self._env, os.environ) + secrets_of_command(self.command)
        self._redactor = remember(Redactor(secrets, by_word=False))
        self._cwd = cwd
        self._max_line_bytes = max_line_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: ProcessGuard | None = None
        self._pipes: Pipes | None = None
        self._merges_stderr = stderr == "merge"
        self._stderr = bytearray()
        self._heard_at = 0.0
        self._n_short_lives = 0

    @property
    def pid(self) -> int | None:
        """Process id of the running program, else None."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    @property
    def stderr(self) -> tuple[str, ...]:
        """The last lines of the program's standard error, at most 20 and 4 KiB."""
        text = strip_escapes(bytes(self._stderr).decode("utf-8", "replace"))
        lines = [shorten(line, 200) for line in re.split(r"[\r\n]+", text)]
        return tuple(line for line in lines if line)[-STDERR_LINES:]

    @property
    def status(self) -> str:
        """What the source is doing now, in one short sentence for people."""
        if self._state is SourceState.RUNNING:
            silence = self._clock.monotonic() - self._heard_at
            said = self.stderr if not self._merges_stderr else ()
            if said and silence >= SILENCE_BESIDE_STDERR:
                return f"{ON_STDERR} {said[-1]}"
            waiting = self._reader.lines.waiting
            if waiting and not self._counters.accepted and silence >= SILENCE_BESIDE_STDERR:
                return f"no reading yet; it wrote: {shorten(waiting)}"
            if silence >= SILENCE_TO_MENTION:
                return f"no output for {silence:.0f} s; the program may be buffering its output"
        return super().status

    def _run(self) -> None:
        process = self._spawn()
        started_at = self._clock.monotonic()
        try:
            self._heard_at = self._clock.monotonic()
            self._set_state(SourceState.RUNNING)
            self._read(process)
        finally:
            self._end(process)
        if self._is_stopping:
            return
        self._judge(process.returncode, self._clock.monotonic() - started_at)

    def _spawn(self) -> subprocess.Popen[bytes]:
        self._stderr.clear()
        self._reader = self._new_reader()
        guard = ProcessGuard()
        try:
            process = self._start()
        except BaseException as error:
            guard.release()
            if not isinstance(error, OSError):
                raise
            message = explain(error)
            if isinstance(error, FileNotFoundError):
                message = f"not found: {error.filename or self.command[0]}"
            raise SourceError(message, source=self.name) from error
        guard.watch(process.pid)
        self._guard = guard
        self._process, self._pipes = process, open_pipes(process)
        return process

    def _start(self) -> subprocess.Popen[bytes]:
        options: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        return subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=self._cwd,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self._env},
            **options,
        )

    def _interrupt(self) -> None:
        process, pipes = self._process, self._pipes
        if process is not None and process.returncode is None:
            _signal_group(process, "end")
        if pipes is not None:
            pipes.wake()

    def _forget_parent(self) -> None:
        super()._forget_parent()
        if self._guard is not None:
            self._guard.forget()
        self._process = self._guard = self._pipes = None

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        """Read until the program has ended and what it wrote is read."""
        assert self._pipes is not None
        lines = {name: LineBuffer(self._max_line_bytes) for name in ("out", "err")}
        give_up_at: float | None = None
        while not self._is_stopping:
            found = self._pipes.read(LOOK_EVERY if give_up_at is None else 0.05)
            self._take(found, lines)
            self._say_if_nothing_is_readable()
            if give_up_at is None:
                if process.poll() is not None:
                    give_up_at = time.monotonic() + DRAIN_FOR
                elif not self._pipes.open:
                    self._wait(LOOK_EVERY)  # it closed its output and goes on
            # A child of its own may hold the pipes open long after it ended.
            elif not found or not self._pipes.open or time.monotonic() > give_up_at:
                break
        for stream in lines.values():
            self._read_lines(stream.finish())
        for line in self._reader.lines.finish():
            self._reject(1, line)

    def _take(self, found: list[tuple[Any, bytes]], lines: dict[str, LineBuffer]) -> None:
        for stream, data in found:
            if stream == "err":
                self._stderr += data[-STDERR_BYTES:]
                del self._stderr[:-STDERR_BYTES]
                if not self._merges_stderr:
                    continue
            self._heard_at = self._clock.monotonic()
            buffer = lines[stream]
            self._read_lines(buffer.feed(data))
            if buffer.n_too_long:
                self._drop(buffer.n_too_long, f"line longer than {self._max_line_bytes:,} bytes")
                buffer.n_too_long = 0

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """Leave no process behind."""
        assert self._pipes is not None
        deadline = time.monotonic() + KILL_AFTER
        lives = _signal_group(process, "end")
        # Without a stop only stragglers are left: they got their signal, and are nobody's concern.
        while self._is_stopping and lives and time.monotonic() < deadline:
            self._pipes.read(0.02)  # a full pipe would keep it from ending
            process.poll()
            lives = _signal_group(process, "look")
        if process.poll() is None or (lives and self._is_stopping):
            _signal_group(process, "kill")
        process.wait()
        if self._guard is not None:
            self._guard.release()
        self._pipes.close()

    def _judge(self, status: int, seconds: float) -> None:
        """Turn an exit status into a state."""
        last = f": {self.stderr[-1]}" if self.stderr else ""
        if status < 0:
            text = f"killed by {_signal_name(-status)}{last}"
        else:
            text = f"exited with {status}{last if status else ''}"
        if self.restart:
            self._n_short_lives = self._n_short_lives + 1 if seconds < SHORT_LIFE else 0
            if self._has_delivered or self._n_short_lives < SHORT_LIVES_TO_FAIL:
                raise ConnectError(text, source=self.name)
            self._n_short_lives = 0
            message = f"{SHORT_LIVES_TO_FAIL} times within a second it {text}"
            raise SourceError(message, source=self.name)
        if status:
            raise SourceError(text, source=self.name)
        counters = self._counters
        if counters.rejected and not counters.accepted:
            raise self._nothing_readable()
        if not counters.received and self.stderr and not self._merges_stderr:
            self._set_state(SourceState.ENDED, f"exit 0; {ON_STDERR} {self.stderr[-1]}")
        else:
            self._set_state(SourceState.ENDED, "exit 0")


def _arguments(command: Any) -> list[str]:
    if isinstance(command, str):
        words = shlex.split(command, posix=os.name != "nt")
    elif isinstance(command, Sequence) and all(isinstance(w, (str, os.PathLike)) for w in command):
        words = [os.fspath(word) for word in command]
    else:
        message = f"'command' must be a str or a list of str (got {command!r})."
        raise TypeError(message)
    if not words:
        message = "'command' must not be empty."
        raise ValueError(message)
    return words


def _signal_group(process: subprocess.Popen[bytes], how: Literal["look", "end", "kill"]) -> bool:
    """Ask the process group to end, or make it, or only look; return whether there was one."""
    if sys.platform == "win32":
        if how != "look" and process.poll() is None:
            process.kill() if how == "kill" else process.send_signal(signal.CTRL_BREAK_EVENT)
        return process.poll() is None
    try:
        os.killpg(process.pid, {"look": 0, "end": signal.SIGTERM, "kill": signal.SIGKILL}[how])
    except (ProcessLookupError, PermissionError):
        return False  # macOS forbids to signal a group of zombies only
    return True


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
