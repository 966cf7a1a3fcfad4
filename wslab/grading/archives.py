"""Archives: what is inside is read within bounds, and only the files that count.

Nothing is written to the disk, so that no name in an archive can lead anywhere; all that is
unpacked is counted while it is read, since what an archive says about itself may be a lie.
"""

from __future__ import annotations

import gzip
import io
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, Any

from .intake import File
from .layout import MOST_DEPTH, NOTEBOOK, Pick, is_archive, is_skipped, pick, right_name
from .limits import MIB, Limits

MOST_NESTED = 2
"""So many archives inside each other are opened."""
_ENTRY = b"PK\x01\x02"
"""Each file in a zip archive has one of these; many more than files make no honest archive."""

_ODDLY_PACKED = "is packed in a way that is not read here: use the usual zip."

Reader = Callable[[], bytes]
"""Gives the bytes of one file. Raises ValueError."""


class Refused(Exception):
    """An archive is not opened, or not to its end; the text says why, as a whole sentence."""


def open_archive(archive: File, limits: Limits) -> tuple[list[File], Pick]:
    """The files in an archive that count. Raises Refused."""
    what, read = _format(archive.data)
    if not read:
        raise Refused(f"It is {what}, and that isn't read here: send a .zip or .tar.gz archive.")
    try:
        found = {inside_name(path): one for path, one in read(archive, limits)}
    except Refused:
        raise
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError):
        raise Refused(f"It is {what}, and it's damaged: it cannot be read to its end.") from None
    except Exception as error:  # the readers of Python trust an archive more than we do
        kind = type(error).__name__
        raise Refused(f"It is {what}, and it's damaged: it cannot be read ({kind}).") from None
    inside = [path for path in found if path and not any(map(is_skipped, path.split("/")[:-1]))]
    chosen = pick(path for path in inside if path.count("/") <= MOST_DEPTH)
    if not inside:
        raise Refused("There is nothing in the archive.")
    files = []
    for path in chosen.paths:
        name = right_name(path)
        try:
            files.append(File(name, found[path]()))
        except ValueError as error:
            files.append(File(name, problem=str(error)))
    return files, chosen


def _format(
    data: bytes,
) -> tuple[str, Callable[[File, Limits], Iterator[tuple[str, Reader]]] | None]:
    """What an archive is, by its first bytes, and how to read it; None if it isn't read."""
    for begin, what, read in _FORMATS:
        if data.startswith(begin):
            return what, read
    if data[257:262] == b"ustar" or (data and not any(data[:512])):
        return "a tar archive", _tar
    if data[:1024].lstrip()[:1] == b"<":
        return "a web page", None
    if zipfile.is_zipfile(io.BytesIO(data)):  # behind a program that unpacks it
        return "a zip archive", _zip
    return "nothing that begins like an archive" if data else "an empty file", None


def inside_name(name: str) -> str:
    """A name as a path in the archive, whatever system has written it. Nothing is written there."""
    parts = re.split(r"[/\\]", name)
    if re.fullmatch(r"[A-Za-z]:", parts[0]):
        parts = parts[1:]
    return "/".join(part for part in parts if part not in ("", ".", ".."))


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
        if member.compress_type not in _PACKED:
            raise ValueError(_ODDLY_PACKED)
        try:
            with zipfile.ZipFile(io.BytesIO(archive.data)) as opened, opened.open(member) as file:
                return _bounded(file, member.filename, budget, limits)
        except (Refused, ValueError):
            raise
        except RuntimeError:  # what this Python cannot unpack
            raise ValueError(_ODDLY_PACKED) from None
        except Exception:
            raise ValueError("is damaged in the archive.") from None

    return read


def _tar(archive: File, limits: Limits) -> Iterator[tuple[str, Reader]]:
    packed = archive.data.startswith(_PACKERS)
    counted = _Counted(_unpacked(archive.data), limits.unpacked)
    head = counted.read(tarfile.BLOCKSIZE)
    if not (head[257:262] == b"ustar" or not any(head)):
        name = archive.name[: -len(_packed_end(archive.name))] if packed else ""
        if not name:
            raise Refused("It isn't a tar archive.")
        data = head + counted.read(limits.notebook + 1)
        yield name, partial(_short_enough, data, name, limits)
        return
    counted.again(head)
    budget = _Budget(limits.unpacked)
    with tarfile.open(fileobj=counted, mode="r|") as opened:  # type: ignore[call-overload]
        for number, member in enumerate(opened):
            if number >= limits.entries:
                raise Refused(f"The archive has more than {limits.entries} files.")
            path = member.name
            if member.isdir():
                continue
            if not member.isreg() or member.issparse():
                yield path, _failing("is a link or a device in the archive, and no plain file.")
                continue
            # A stream is read once, so what may count is read now.
            name = right_name(inside_name(path))
            if name.lower().endswith((".py", NOTEBOOK)) or is_archive(name):
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
        self._stream, self._budget, self._head = stream, _Budget(most), b""

    def read(self, size: int) -> bytes:
        data: bytes = self._head or self._stream.read(size)
        self._budget.take(0 if self._head else len(data))
        self._head = b""
        return data

    def again(self, head: bytes) -> None:
        """Let this be read first."""
        self._head = head


def _unpacked(data: bytes) -> Any:
    """What is in a packed file, as a stream. Raises Refused."""
    try:
        if data.startswith(b"\x1f\x8b"):
            return gzip.GzipFile(fileobj=io.BytesIO(data))
        if data.startswith(b"BZh"):
            import bz2

            return bz2.BZ2File(io.BytesIO(data))
        if data.startswith(b"\xfd7zXZ\0"):
            return _Xz(data)
    except ImportError:
        raise Refused("It is packed in a way that the grader's Python cannot read.") from None
    return io.BytesIO(data)


class _Xz:
    """What is in an .xz file. Unlike `lzma.LZMAFile`, it takes no more memory than it may."""

    def __init__(self, data: bytes) -> None:
        import lzma

        self._data = data
        self._unpack = lzma.LZMADecompressor(memlimit=128 * MIB)

    def read(self, size: int) -> bytes:
        if self._unpack.eof:
            return b""
        data, self._data = self._data, b""
        return self._unpack.decompress(data, size)


def _bounded(file: IO[bytes] | None, name: str, budget: _Budget, limits: Limits) -> bytes:
    most = _most(name, limits)
    data = file.read(most + 1) if file else b""
    budget.take(len(data))
    return _short_enough(data, name, limits)


def _short_enough(data: bytes, name: str, limits: Limits) -> bytes:
    most = _most(name, limits)
    if len(data) > most:
        raise ValueError(f"is too long: more than {most:,} bytes.")
    return data


def _most(name: str, limits: Limits) -> int:
    if is_archive(name):
        return limits.archive
    return limits.notebook if name.lower().endswith(NOTEBOOK) else limits.source


def _packed_end(name: str) -> str:
    """The ending of one packed file, as in "ex05_masking.py.gz"."""
    return next((end for end in (".gz", ".bz2", ".xz") if name.lower().endswith(end)), "")


_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_PACKERS = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")
_FORMATS: list[tuple[bytes, str, Any]] = [
    (b"PK\x03\x04", "a zip archive", _zip),
    (b"PK\x05\x06", "a zip archive", _zip),
    (b"PK\x01\x02", "a zip archive", _zip),
    (b"PK\x07\x08", "one part of a zip archive in several", None),
    *((begin, "a packed file", _tar) for begin in _PACKERS),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", None),
    (b"Rar!", "a RAR archive", None),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", None),
    (b"MSCF", "a CAB archive", None),
    (b"%PDF", "a PDF document", None),
]
