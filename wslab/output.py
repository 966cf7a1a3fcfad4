"""The file at the end of a command: where recordings go, checked before anything is recorded."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from .errors import Error
from .observe.files import atomic_write
from .observe.pcapng import write_pcapng
from .observe.recording import Recording


class _OnlyTrying(Exception):
    """Leaves a file that is being written, so that nothing of it stays."""


def check_output(name: str) -> None:
    """Now, not after an hour of recording. Raises Error and Error."""
    if Path(name).suffix not in (".json", ".pcapng"):
        raise Error(f"-o takes a name that ends in .json or .pcapng, and not {name!a}.")
    with contextlib.suppress(_OnlyTrying), atomic_write(name):
        raise _OnlyTrying


def save(name: str, recordings: Sequence[Recording], count: int | None = None) -> str:
    """Write what was recorded, and return a sentence about it; ``count`` is how many there were.

    All go into one file of pcapng, each into a file of JSON of its own. Raises Error.
    """
    if not recordings:
        return f"Nobody connected: there is nothing to write to {name}."
    path = Path(name)
    if path.suffix == ".pcapng":
        write_pcapng(path, recordings)
    else:
        for number, recording in enumerate(recordings, start=1):
            recording.save(path if number == 1 else path.with_stem(f"{path.stem}-{number}"))
    kept = len(recordings)
    forgotten = f" (of {count}: the newest {kept})" if count is not None and count > kept else ""
    cut = sum(recording.cut for recording in recordings)
    missing = f", without {cut} bytes for which there was no room" if cut else ""
    connections = "1 connection" if kept == 1 else f"{kept} connections"
    if path.suffix == ".json" and kept > 1:
        name = f"{name} to {path.stem}-{kept}.json"
    return f"Recorded in {name}: {connections}{forgotten}{missing}."
