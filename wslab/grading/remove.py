"""Folders that a student's code has filled, however deep, long or locked its names are."""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
import sys
import tempfile
import time
from pathlib import Path

_PREFIX = "wslab-worker-"
_YOUNG = 10.0 if sys.platform != "win32" else 86400.0
"""Seconds in which a folder may not be held yet; Windows can't hold one, so there it takes a day.
"""


def make() -> tuple[str, int]:
    """A folder for a worker, and a descriptor to close at its end: as long as it's open, it's ours.

    The system closes it for whoever is killed, so `sweep` finds what nobody holds. -1 for none.
    """
    folder = tempfile.mkdtemp(prefix=_PREFIX)
    held = -1
    with contextlib.suppress(OSError):
        held = _hold(folder)
    return folder, held


def sweep() -> None:
    """Remove the folders of those that were killed before they could. Does not raise."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # somebody else's, or held
            if stat.S_ISDIR(folder.lstat().st_mode) and _age(folder) > _YOUNG:
                held = _hold(os.fspath(folder))
                remove(folder)
                if held >= 0:
                    os.close(held)


def _age(folder: Path) -> float:
    return time.time() - folder.lstat().st_mtime


def _hold(folder: str) -> int:
    """Raises OSError if another process holds it."""
    if sys.platform == "win32":
        return -1
    import fcntl

    fd = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        raise
    return fd


def remove(folder: Path) -> None:
    """Remove a folder with all in it; links are not followed. Does not raise.

    Each folder inside is moved up beside the first one before it is opened. So no path gets long,
    and nothing goes down into the tree: `shutil.rmtree` gives up at about a thousand levels.
    """
    numbers = itertools.count()
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        with contextlib.suppress(OSError):
            for name in os.listdir(here):
                waiting += _emptied(here / name, folder.with_name(f"{folder.name}.{next(numbers)}"))
            os.rmdir(here)


def is_full(folder: Path, most_bytes: int, most_files: int) -> bool:
    """Whether more than that is in a folder. What cannot be looked into counts as too much."""
    used = count = 0
    waiting = [os.fspath(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    about = entry.stat(follow_symlinks=False)
                    used += getattr(about, "st_blocks", 0) * 512 or about.st_size
                    count += 1
                    if used > most_bytes or count > most_files:
                        return True
                    if stat.S_ISDIR(about.st_mode):
                        waiting.append(entry.path)
        except FileNotFoundError:
            continue  # removed while we were looking
        except OSError:
            return True
    return False


def _emptied(path: Path, aside: Path) -> list[Path]:
    """Remove a file, or move a folder aside, to be emptied in its turn."""
    with contextlib.suppress(OSError):
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            os.unlink(path)
            return []
        os.chmod(path, 0o700)  # without the right to write, it cannot be moved
        os.rename(path, aside)
        return [aside]
    return []
