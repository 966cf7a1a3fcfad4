"""Files that appear whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ..errors import Error

AnyPath = str | os.PathLike[str]


@contextlib.contextmanager
def atomic_write(path: AnyPath) -> Iterator[BinaryIO]:
    """A file to write to, that takes its name only when the block ends well.

    Until then it has another name beside it, and if anything goes wrong, also Ctrl-C, it goes
    away: what was there before stays as it was. Raises Error where nothing can be written.
    """
    try:
        target = Path(os.path.realpath(path))  # replace what a link points to, not the link
        # To replace a device or a folder by a file would do harm.
        if target.exists() and not target.is_file():
            raise Error(f"Cannot write {path}: there is something of that name, and not a file.")
        part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
        file = open(part, "xb")  # noqa: SIM115 (closed below)
    except (OSError, ValueError) as error:
        raise _trouble("write", path, error) from None
    try:
        with file:
            yield file
        os.replace(part, target)
    except OSError as error:
        raise _trouble("write", path, error) from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink()  # after a good end it is not there any more


class _Discard(Exception):
    """Leaves a file that is being written, so that nothing of it stays."""


def check_writable(path: AnyPath) -> None:
    """Raise Error if a file can't be written there: better now than after an hour's work."""
    with contextlib.suppress(_Discard), atomic_write(path):
        raise _Discard


def read_file(path: AnyPath, most: int = -1) -> bytes:
    """All bytes of a file, or at most so many: a device has no end. Raises Error."""
    try:
        with open(path, "rb") as file:
            return file.read(most)
    except (OSError, ValueError) as error:
        raise _trouble("read", path, error) from None


def _trouble(do: str, path: AnyPath, error: Exception) -> Error:
    if isinstance(error, Error):
        return error
    why = str(getattr(error, "strerror", None) or error)
    return Error(f"Cannot {do} {path}: {why[:1].lower()}{why[1:]}.")
