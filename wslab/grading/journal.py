"""The journal of a run: what has begun and what is done, written so that nothing is ever lost.

A file of lines that only grows. Each is on the disk before the run goes on, so whatever ends a run,
the next one knows what there is to do. A line is JSON with its checksum in front: what a power cut
has left half written counts as not written.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import zlib
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any

from .record import Graded, Record


class JournalError(Exception):
    """The journal cannot be used or written; the text says why and what to do."""


class Journal:
    """The journal in a folder, locked against a second run. A context manager.

    Raises JournalError if another run has it, or if it cannot be opened.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "journal"
        self.done: dict[str, Graded] = {}
        """What has a mark, by its key."""
        self.begun: Counter[str] = Counter()
        """How often a run has ended in the middle of this one, by its key …"""
        self.alone: Counter[str] = Counter()
        """… and how often of these while nothing else was running."""
        self._writing = threading.Lock()
        with _in_words("The journal cannot be opened"):
            self._lock = os.open(folder / "journal.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._lock)
        except OSError:
            os.close(self._lock)
            raise JournalError(
                f"Another run is grading into {folder}. Wait for its end, or use another folder."
            ) from None
        with _in_words("The journal cannot be opened"):
            binary = getattr(os, "O_BINARY", 0)
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | binary, 0o600)
            self._size = self._read()
            os.ftruncate(self._fd, self._size)  # the half line at the end, if there is one
            _sync_folder(folder)

    def _read(self) -> int:
        """Take in all whole lines; returns where the last one ends.

        A damaged line in the middle costs what it says, and nothing behind it.
        """
        size = 0
        with open(self._fd, "rb", closefd=False) as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                size += len(line)
                data = _decoded(line)
                if data is not None:
                    self._take_in(data)
        return size

    def _take_in(self, data: dict[str, Any]) -> None:
        key = data["key"]
        if data["what"] == "started":
            self.begun[key] += 1
            self.alone[key] += data["alone"]
        elif data["what"] == "let go":
            self._forget(key)
        else:
            self._forget(key)
            record = Record.from_json(data["record"])
            self.done[key] = Graded(record, data["at"], data["seconds"])

    def _forget(self, key: str) -> None:
        self.begun.pop(key, None)
        self.alone.pop(key, None)

    def start(self, key: str, alone: bool = False) -> None:
        """Before anything is done with a submission. Raises JournalError, as all below."""
        self._write({"what": "started", "key": key, "alone": alone})

    def let_go(self, key: str) -> None:
        """It was stopped on purpose: nothing speaks against it."""
        self._write({"what": "let go", "key": key})

    def mark(self, key: str, graded: Graded) -> None:
        """It is done. This comes before any clean-up, which may go wrong."""
        self._write(
            {
                "what": "mark",
                "key": key,
                "record": graded.record.to_json(),
                "at": graded.at,
                "seconds": graded.seconds,
            }
        )

    def _write(self, data: dict[str, Any]) -> None:
        text = json.dumps(data, separators=(",", ":")).encode()
        line = b"%08x %s\n" % (zlib.crc32(text), text)
        with self._writing, _in_words("The journal cannot be written"):
            try:
                os.lseek(self._fd, self._size, os.SEEK_SET)
                rest = line
                while rest:
                    rest = rest[os.write(self._fd, rest) :]
                os.fsync(self._fd)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._fd, self._size)
                raise
            self._size += len(line)
            self._take_in(data)

    def close(self) -> None:
        """Let another run have it."""
        for fd in (self._fd, self._lock):
            os.close(fd)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _decoded(line: bytes) -> dict[str, Any] | None:
    """The line, if it is whole."""
    try:
        total, text = line[:8], line[9:-1]
        if int(total, 16) != zlib.crc32(text):
            return None
        data: dict[str, Any] = json.loads(text)
        return data
    except ValueError:
        return None


@contextlib.contextmanager
def _in_words(what: str) -> Any:
    try:
        yield
    except OSError as error:
        raise JournalError(
            f"{what} ({error.strerror}). What is in it is safe: "
            "put that right, and run the same command again."
        ) from None


def _sync_folder(folder: Path) -> None:
    """The name of a new file is in the folder's own data, and has to reach the disk as well."""
    with contextlib.suppress(OSError):  # not on Windows
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


if sys.platform == "win32":
    import msvcrt

    def _lock(fd: int) -> None:
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
