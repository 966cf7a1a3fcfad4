"""The judge's side of a worker: start it, talk to it with deadlines, end it and all it started."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from . import orphans, wire, worker
from .limits import Limits

# To import it here leaves its byte code on the disk: a worker writes none, and so starts faster.
_WORKER = worker.main.__module__.partition(".")[2]
_BOOT = (
    f"import sys; sys.path.insert(0, sys.argv[1]); from {_WORKER} import main; "
    "del sys.path[0], sys.argv[1:]; main()"
)
"""The folder above is on the path for a moment, so the rest of wslab stays outside."""


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
        self._answers: SimpleQueue[Any] = SimpleQueue()
        self.folder = tempfile.mkdtemp(prefix="wslab-")
        try:
            _lay_out(Path(self.folder), sources, files or {})
            self.process = _start(self.folder)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        orphans.known.add(self.process.pid)
        for target in (self._read_answers, self._read_output):
            threading.Thread(target=target, daemon=True).start()
        bounds = {
            "memory": limits.memory,
            "file": limits.file,
            "descriptors": limits.descriptors,
            "cpu": int(limits.total) + 5,
            "answer": limits.answer,
            "landlock": limits.landlock,
        }
        start = {"limits": bounds, "sources": dict(sources), "file": file}
        self._begin = {**start, "program": list(program), "ports": list(ports)}

    def begin(self, deadline: float) -> None:
        """Let it shut itself in and load the file. Raises TimeoutError, Ended, WireError."""
        self.send(self._begin, most=64 << 20)
        kind, layers = self.receive(deadline)
        if kind != "ready" or type(layers) is not list:
            raise wire.WireError("the worker did not say that it is ready")
        outside = ["own folder, empty environment"]
        if sys.platform != "win32":
            outside.append("own session")
        self.layers = (*map(str, layers), *outside, *orphans.layers())

    def send(self, message: object, most: int | None = None) -> None:
        """Send a message. Raises Ended."""
        assert self.process.stdin
        try:
            wire.write(self.process.stdin.fileno(), message, most or self.limits.answer)
        except (OSError, ValueError) as error:
            if isinstance(error, wire.WireError):
                raise
            raise Ended from error

    def receive(self, deadline: float) -> Any:
        """The next message, by ``time.monotonic()``. Raises TimeoutError, Ended, WireError."""
        try:
            message = self._answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            raise TimeoutError from None
        if isinstance(message, Exception):
            raise message
        return message

    def output(self) -> str:
        """The beginning of what it has printed."""
        return bytes(self.printed).decode("utf-8", "replace")

    def exit_status(self, timeout: float) -> int | None:
        """How it ended, as ``subprocess`` says it; None if it has not."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def end(self) -> None:
        """End it and all that it started, and remove its folder. Does not raise."""
        _kill(self.process)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        orphans.known.discard(self.process.pid)
        orphans.end()
        # Not stdout and stderr: what escaped may hold them open, and a thread may be reading them.
        with contextlib.suppress(OSError):
            assert self.process.stdin
            self.process.stdin.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *exc: object) -> None:
        self.end()

    def _read_answers(self) -> None:
        assert self.process.stdout
        with self.process.stdout as pipe:
            try:
                while True:
                    self._answers.put(wire.read(pipe.fileno(), self.limits.answer * 2))
            except wire.WireError as error:
                self._answers.put(error)
            except (OSError, EOFError):
                self._answers.put(Ended())

    def _read_output(self) -> None:
        """All of it, or a program that prints much would wait for ever; the beginning is kept."""
        assert self.process.stderr
        with self.process.stderr as pipe, contextlib.suppress(OSError):
            while data := os.read(pipe.fileno(), 1 << 16):
                self.printed += data[: self.limits.output - len(self.printed)]


def _lay_out(folder: Path, sources: Mapping[str, str], files: Mapping[str, str]) -> None:
    """Where the code expects its neighbours; the text that runs is the one in the message."""
    for name, text in {**{f"{name}.py": text for name, text in sources.items()}, **files}.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))


def _start(folder: str) -> subprocess.Popen[bytes]:
    python = [sys.executable, "-I", "-S", "-B", "-u", "-X", "utf8", "-c", _BOOT]
    package = Path(__file__).resolve().parent.parent
    group: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return subprocess.Popen(
        [*python, str(package)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        cwd=folder,
        env=dict(_environment(folder)),
        **group,
    )


def _environment(folder: str) -> Iterator[tuple[str, str]]:
    """Nothing of ours: no password, no token, no path."""
    yield from ((name, folder) for name in ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"))
    if "SYSTEMROOT" in os.environ:  # without it, Windows has no sockets
        yield "SYSTEMROOT", os.environ["SYSTEMROOT"]


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The whole group. It is ours until we have waited for its leader, so no other is hit."""
    if process.returncode is None and sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        process.kill()
