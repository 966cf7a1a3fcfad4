"""Archives: what is inside is read within bounds, and only the files that count.

Nothing is written to the disk, so that no name in an archive can lead anywhere; all that is
unpacked is counted while it is read, since what an archive says about itself may be a lie.
"""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, Any

from .intake import File
from .layout import ARCHIVES, MOST_DEPTH, NOTEBOOK, Pick, is_skipped, pick, right_name
from .limits import Limits

_ENTRY = b"PK\x01\x02"
"""Each file in a zip archive has one of these; many more than files make no honest archive."""

Reader = Callable[[], bytes]
"""Gives the bytes of one file. Raises ValueError."""


class Refused(Exception):
    """An archive is not opened, or not to its end; the text says why, as a whole sentence."""


def open_archive(archive: File, limits: Limits) -> tuple[list[File], Pick]:
    """The files in an archive that count. Raises Refused."""
    read = _zip if archive.name.lower().endswith(".zip") else _tar
    try:
        found = dict(read(archive, limits))
    except Refused:
        raise
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError):
        raise Refused("The archive is damaged: it cannot be read to its end.") from None
    except Exception as error:  # the readers of Python trust an archive more than we do
        kind = type(error).__name__
        raise Refused(f"The archive is damaged: it cannot be read ({kind}).") from None
    safe = {path: one for path, one in found.items() if _is_safe(path)}
    flags = ["names in the archive that lead out of it"] if len(safe) < len(found) else []
    inside = [path for path in safe if not any(map(is_skipped, path.split("/")[:-1]))]
    chosen = pick((path for path in inside if path.count("/") <= MOST_DEPTH), flags)
    nested = [path for path in chosen.paths if path.lower().endswith(ARCHIVES)]
    if nested:
        raise Refused("There is nothing in the archive but another archive.")
    files = []
    for path in chosen.paths:
        name = right_name(path)
        try:
            files.append(File(name, safe[path]()))
        except ValueError as error:
            files.append(File(name, problem=str(error)))
    return files, chosen


def _is_safe(path: str) -> bool:
    parts = path.split("/")
    return not (path.startswith("/") or ".." in parts or "\\" in path or ":" in parts[0])


def _zip(archive: File, limits: Limits) -> Iterator[tuple[str, Reader]]:
    if archive.data.count(_ENTRY) > 10 * limits.entries:  # before each becomes an object
        raise Refused(f"The archive has more than {limits.entries} files.")
    with zipfile.ZipFile(io.BytesIO(archive.data)) as opened:
        members = opened.infolist()
        if len(members) > limits.entries:
            raise Refused(f"The archive has {len(members)} files; {limits.entries} are the most.")
        budget = _Budget(limits.unpacked)
        for member in members:
            if not member.is_dir():
                yield member.filename, _zip_reader(archive, member, budget, limits)


def _zip_reader(archive: File, member: zipfile.ZipInfo, budget: _Budget, limits: Limits) -> Reader:
    def read() -> bytes:
        if stat.S_ISLNK(member.external_attr >> 16):
            raise ValueError("is a link in the archive, and no file.")
        if member.flag_bits & 1:
            raise ValueError("is encrypted in the archive.")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError("is packed in a way that is not read here: use the usual zip.")
        try:
            with zipfile.ZipFile(io.BytesIO(archive.data)) as opened, opened.open(member) as file:
                return _bounded(file, member.filename, budget, limits)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError):
            raise ValueError("is damaged in the archive.") from None

    return read


def _tar(archive: File, limits: Limits) -> Iterator[tuple[str, Reader]]:
    stream: Any = io.BytesIO(archive.data)
    if not archive.name.lower().endswith(".tar"):
        stream = gzip.GzipFile(fileobj=stream)
    counted = _Counted(stream, limits.unpacked)
    budget = _Budget(limits.unpacked)
    with tarfile.open(fileobj=counted, mode="r|") as opened:  # type: ignore[call-overload]
        for number, member in enumerate(opened):
            if number >= limits.entries:
                raise Refused(f"The archive has more than {limits.entries} files.")
            path = member.name.removeprefix("./")
            if member.isdir():
                continue
            if not member.isreg() or member.issparse():
                yield path, _failing("is a link or a device in the archive, and no plain file.")
                continue
            # A stream is read once, so what may count is read now.
            if path.lower().endswith((".py", NOTEBOOK)):
                try:
                    data = _bounded(opened.extractfile(member), path, budget, limits)
                except ValueError as error:
                    yield path, _failing(str(error))
                else:
                    yield path, partial(bytes, data)
            else:
                yield path, bytes


def _failing(why: str) -> Reader:
    def read() -> bytes:
        raise ValueError(why)

    return read


class _Budget:
    """So many bytes may still be unpacked."""

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise Refused("The archive unpacks to far more than it may: it was not read on.")


class _Counted:
    """A stream that ends the reading when too much has come out of it."""

    def __init__(self, stream: Any, most: int) -> None:
        self._stream, self._budget = stream, _Budget(most)

    def read(self, size: int) -> bytes:
        data: bytes = self._stream.read(size)
        self._budget.take(len(data))
        return data


def _bounded(file: IO[bytes] | None, name: str, budget: _Budget, limits: Limits) -> bytes:
    most = limits.notebook if name.lower().endswith(NOTEBOOK) else limits.source
    data = file.read(most + 1) if file else b""
    budget.take(len(data))
    if len(data) > most:
        raise ValueError(f"is too long: more than {most:,} bytes.")
    return data
