"""Some files of the kit as a new folder, or as an archive: all there, or nothing."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import Error
from ..observe.files import atomic_write

_STAMP = (1980, 1, 1, 0, 0, 0)  # the first day of the format: the same files, the same archive


@dataclass(frozen=True)
class Item:
    """A file of the parcel."""

    data: bytes
    program: bool = False
    """Whether it can be started."""

    @property
    def mode(self) -> int:
        """Its permissions."""
        return 0o755 if self.program else 0o644


Parcel = Mapping[str, Item]
"""The path inside (with ``/``), and what is there."""


def write(parcel: Parcel, out: Path) -> None:
    """Write the parcel: as an archive if ``out`` ends with .zip, else as a new folder.

    Raises Error where that is not possible. What is there already stays as it is; only an empty
    folder may be filled.
    """
    if is_archive(out):
        if os.path.lexists(out):
            raise _there_already(out)
        data = zipped(parcel)
        with atomic_write(out) as file:
            file.write(data)
        return
    part = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
    try:
        if out.is_symlink() or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
            raise _there_already(out)
        for name, item in parcel.items():
            path = part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(item.data)
            path.chmod(item.mode)
        if out.is_dir():
            out.rmdir()  # Windows does not rename over an empty folder
        os.replace(part, out)
    except OSError as error:
        if isinstance(error, Error):
            raise
        raise Error(f"Cannot write {out}: {error.strerror or error}.") from None
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(part)


def is_archive(out: Path) -> bool:
    """Whether a name is that of an archive, and not of a folder."""
    return out.suffix.lower() == ".zip"


def below(folder: str, parcel: Parcel) -> Parcel:
    """The same parcel, all in one folder."""
    return {f"{folder}/{name}": item for name, item in parcel.items()}


def _there_already(out: Path) -> Error:
    return Error(
        f"Cannot write {out}: it is there already. Choose a new name, or remove the old one first."
    )


def zipped(parcel: Parcel) -> bytes:
    """The parcel as an archive; the same parcel gives the same bytes."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, item in sorted(parcel.items()):
            info = zipfile.ZipInfo(name, _STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # Unix, also when made on Windows: it has permissions
            info.external_attr = (0o100000 | item.mode) << 16
            archive.writestr(info, item.data)
    return whole.getvalue()
