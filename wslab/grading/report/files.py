"""Many files that appear together, or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from ...errors import Error


def write_all(folder: Path, files: Mapping[str, bytes], gone: Iterable[str] = ()) -> list[Path]:
    """Write ``files`` (path in the folder → bytes), and remove those that are ``gone``.

    All of them get a temporary name beside the old ones first. Only when the last byte is on the
    disk they take their names: a full disk, or Ctrl-C, leaves what was there. Raises Error.
    """
    ending = f".{secrets.token_hex(4)}.part"
    parts: list[tuple[Path, Path]] = []
    try:
        for name, data in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            # To be able to rename over a link would not help: what it points to is not ours.
            if target.is_symlink() or (target.exists() and not target.is_file()):
                raise Error(f"Cannot write {target}: something of that name is there.")
            part = target.with_name(f".{target.name}{ending}")
            parts.append((part, target))
            _write(part, data)
        for part, target in parts:
            os.replace(part, target)
        for name in gone:
            with contextlib.suppress(FileNotFoundError):
                (folder / name).unlink()
    except Error:
        raise
    except OSError as error:
        name = str(error.filename or folder).replace(ending, "")
        why = error.strerror or str(error)
        raise Error(f"Cannot write {name}: {why[:1].lower()}{why[1:]}.") from None
    finally:
        for part, _ in parts:
            with contextlib.suppress(OSError):
                part.unlink()  # after a good end it is not there any more
    return [target for _, target in parts]


def _write(path: Path, data: bytes) -> None:
    with open(path, "xb") as file:
        file.write(data)
        file.flush()
        # Some systems notice only here that there is no room.
        os.fsync(file.fileno())
