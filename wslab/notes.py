"""What a learner has predicted, checked and opened: one small file, on this machine alone.

The file is ``.wslab/notes.json`` in the folder of the course, or where the environment variable
``WSLAB_NOTES`` says. Nothing of it is sent anywhere. To delete it is to begin anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

FILE = "notes.json"
DAMAGED = "notes.damaged.json"


def folder() -> Path:
    """Where the notes lie: beside the lessons, if they are here, else in the home folder."""
    if chosen := os.environ.get("WSLAB_NOTES"):
        return Path(chosen).expanduser()
    course = Path(__file__).resolve().parent.parent
    return (course if (course / "notebooks").is_dir() else Path.home()) / ".wslab"


def read(topic: str) -> dict[str, Any]:
    """The notes on one topic, for example ``"predictions"``; none if there are none yet."""
    notes = _read_all().get(topic)
    return notes if isinstance(notes, dict) else {}


def write(topic: str, name: str, note: Any) -> bool:
    """Keep ``note`` (plain data) under ``name``; None forgets it. False if nothing can be written.

    A lesson goes on where nothing can be kept: in a folder without permission, on a full disk.
    """
    everything = _read_all()
    if damaged():
        _put_aside()
    notes = {**read(topic), name: note}
    if note is None:
        del notes[name]
    everything[topic] = notes
    try:
        _replace(folder() / FILE, json.dumps(everything, indent=1, sort_keys=True))
    except OSError:
        return False
    return True


def damaged() -> bool:
    """Whether there are notes that can't be read: cut off, or edited out of shape."""
    path = folder() / FILE
    try:
        return path.exists() and not isinstance(json.loads(path.read_text("utf-8")), dict)
    except (OSError, ValueError):
        return True


def _put_aside() -> None:
    """Nothing is lost: what can't be read keeps its bytes, under another name."""
    with contextlib.suppress(OSError):
        os.replace(folder() / FILE, folder() / DAMAGED)


def not_kept() -> str:
    """What to say when `write` has given False."""
    return f"cannot write {folder() / FILE} (WSLAB_NOTES may name another folder)"


def _read_all() -> dict[str, Any]:
    try:
        notes = json.loads((folder() / FILE).read_text("utf-8"))
    except (OSError, ValueError):  # none yet; or not ours, or damaged: then we begin anew
        return {}
    return notes if isinstance(notes, dict) else {}


def _replace(path: Path, text: str) -> None:
    """All or nothing: whoever reads meanwhile, or pulls the plug, finds the old or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".notes-")
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
