"""Folders that a student's code has filled, however deep, long or locked its names are."""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
from pathlib import Path


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
