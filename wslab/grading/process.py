"""The judge's side of a worker: start it, talk to it with deadlines, end it and all it started."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from . import orphans, wire
from .allowance import Allowance, rests, threads
from .inbox import Inbox
from .launch import kill, lay_out, other_user, start
from .limits import Limits
from .remove import is_full, make, remove


class Ended(Exception):
    """The worker has ended, or has closed its pipe."""


class Child:
    """A worker process in a folder, a session and an environment of its own.

    ``sources`` are the texts of the student's files, by the name of the module; ``file`` is the one
    to load; ``files`` are laid beside it, by their paths. With ``program`` (the words after the
    file's name) it runs as a program instead, and may listen on ``ports``. `end` it in any case:
    it is a context manager.
    """

    def __init__(
        self,
        sources: Mapping[str, str],
        file: str,
        limits: Limits,
        *,
        files: Mapping[str, str] | None = None,
        program: Sequence[str] = (),
        ports: Sequence[int] = (),
    ) -> None:
        self.limits = limits
        self.layers: tuple[str, ...] = ()
        self.printed = bytearray()
        self.number = 0
        """Of the last question; an answer carries the number of its question."""
        self._restless = False
        self._read = 0
        """Bytes of what it has printed."""
        self.excess = ""
        """Why it was ended by us, if it was."""
        self._over = threading.Event()
        self.folder, self._held = make()
        try:
            lay_out(Path(self.folder), sources, files or {})
            self.process = start(self.folder)
        except BaseException:
            self._remove()
            raise
        orphans.known.add(self.process.pid)
        assert self.process.stdin
        assert self.process.stdout
        assert self.process.stderr
        self._stderr = self.process.stderr
        self._reading = threading.Lock()
        answers = wire.Reader(self.process.stdout.fileno(), limits.answer * 2)
        self._answers: wire.Reader | Inbox = answers
        if sys.platform == "win32":
            self._answers = Inbox(answers)
        else:
            os.set_blocking(self.process.stdin.fileno(), False)
            os.set_blocking(self._stderr.fileno(), False)
        try:
            for target in (self._read_output, self._watch):
                threading.Thread(target=target, daemon=True).start()
        except RuntimeError:  # the machine has no room for another thread
            self.end()
            raise
        bounds = {
            "memory": limits.memory,
            "file": limits.file,
            "descriptors": limits.descriptors,
            # Only for what nobody watches any longer: see `allowance`.
            "cpu": 2 * int(limits.total),
            "answer": limits.answer,
            "landlock": limits.landlock,
            "seccomp": limits.seccomp,
        }
        # As bytes: a text of theirs may hold what is no text.
        texts = {name: text.encode("utf-8", "surrogatepass") for name, text in sources.items()}
        words = {"limits": bounds, "sources": texts, "file": file}
        self._begin = {**words, "program": list(program), "ports": list(ports)}

    def allow(self, seconds: float) -> Allowance:
        """So much time from now on."""
        return Allowance(self.process.pid, seconds)

    def begin(self, allowance: Allowance) -> None:
        """Let it shut itself in and load the file. Raises TimedOut, Ended, WireError."""
        if self.receive(allowance) != ["hidden"]:
            raise wire.WireError("the worker did not say that it is hidden")
        self.send(self._begin, allowance, most=64 << 20)
        kind, layers = self.receive(allowance)
        if kind != "ready" or type(layers) is not list:
            raise wire.WireError("the worker did not say that it is ready")
        outside = ["own folder, empty environment"]
        if other_user():
            outside.append("own user")
        if sys.platform != "win32":
            outside.append("own session")
        self.layers = (*map(str, layers), *outside, *orphans.layers())

    def send(self, message: object, allowance: Allowance, most: int | None = None) -> None:
        """Send a message. Raises TimedOut if it is not read in time, Ended, WireError."""
        data = memoryview(wire.message(message, most or self.limits.answer))
        assert self.process.stdin
        try:
            if sys.platform == "win32":
                with _killed_after(allowance.seconds, self.process):
                    self.process.stdin.write(data)
                return
            fd = self.process.stdin.fileno()
            while data:
                try:
                    data = data[os.write(fd, data) :]
                except BlockingIOError:
                    if not select.select([], [fd], [], allowance.slice())[1]:
                        allowance.look()
        except TimeoutError:
            raise
        except (OSError, ValueError) as error:
            raise Ended from error

    def receive(self, allowance: Allowance) -> Any:
        """The next message. Raises TimedOut, Ended, WireError."""
        while True:
            try:
                return self._answers.read(time.monotonic() + allowance.slice())
            except TimeoutError:
                allowance.look()
            except (OSError, EOFError) as error:
                raise Ended from error

    def output(self) -> str:
        """The beginning of what it has printed by now."""
        if sys.platform != "win32":  # there, to read is to wait
            while len(self.printed) < self.limits.output and self._read_some():
                pass
        return bytes(self.printed).decode("utf-8", "replace")

    def exit_status(self, timeout: float) -> int | None:
        """How it ended, as ``subprocess`` says it; None if it has not."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def interrupt(self) -> None:
        """What Ctrl-C does. On Windows, that of another console is out of reach: the worker helps.

        Raises Ended.
        """
        if sys.platform == "win32":
            self.send(["interrupt"], self.allow(self.limits.step))
        else:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGINT)

    def settle(self) -> None:
        """Wait until it has done what there is to do for now; not for one that never rests.

        So what it makes of one thing does not depend on how fast the next one comes.
        """
        allowance = self.allow(0.3)
        calm = 0
        while calm < 2 and not self._restless:
            time.sleep(0.002 if sys.platform == "linux" else 0.025)
            calm = calm + 1 if rests(self.process.pid) else 0
            self._restless = not allowance.lasts()

    def end(self) -> None:
        """End it and all that it started, and remove its folder. Does not raise."""
        self._over.set()
        kill(self.process)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        orphans.known.discard(self.process.pid)
        orphans.end()
        # Not what a thread reads: to close that waits, as long as what escaped holds it open.
        pipes = [self.process.stdin]
        if isinstance(self._answers, Inbox):
            self._answers.end()
        else:
            pipes.append(self.process.stdout)
        for pipe in filter(None, pipes):
            with contextlib.suppress(OSError):
                pipe.close()
        self._remove()

    def _remove(self) -> None:
        remove(Path(self.folder))
        held, self._held = self._held, -1
        if held >= 0:
            os.close(held)

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *exc: object) -> None:
        self.end()

    def _watch(self) -> None:
        """No limit of the system counts these for one program alone: look often."""
        while not self._over.wait(0.1):
            if is_full(Path(self.folder), self.limits.written, self.limits.files):
                self.excess = "it filled its folder with files"
            elif len(threads(self.process.pid)) > self.limits.threads:
                self.excess = f"it ran more than {self.limits.threads} threads at a time"
            if self.excess:
                self.process.kill()
                return

    def _read_output(self) -> None:
        """All of it, or a program that prints much would wait for ever; the beginning is kept."""
        while (came := self._read_some()) != 0:
            if came is None:
                select.select([self._stderr], [], [])
        with self._reading:
            self._stderr.close()

    def _read_some(self) -> int | None:
        """How many bytes it has printed since; None if there are none now, 0 at the end."""
        with self._reading:
            try:
                data = os.read(self._stderr.fileno(), 1 << 16)
            except BlockingIOError:
                return None
            except (OSError, ValueError):  # closed, for all has been read
                return 0
            self.printed += data[: self.limits.output - len(self.printed)]
            self._read += len(data)
            if self._read > self.limits.printed and not self.excess:
                self.excess = f"it printed more than {self.limits.printed >> 20} MiB"
                self.process.kill()
            return len(data)


@contextlib.contextmanager
def _killed_after(seconds: float, process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Windows: the only way out of writing into a pipe that nobody reads."""
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
