"""Which files of a folder, or of an archive, are the exercises: found by their names.

Students hand in the files themselves, a folder with them, or the whole kit. So the names are
looked for in all folders, and the file that is nearest to the top counts.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..views.columns import printable, shorten
from . import kit

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
NOTEBOOK = ".ipynb"

MOST_SEEN = 10_000
"""So many names are looked at in one submission."""
MOST_DEPTH = 5
MOST_NOTEBOOKS = 20
MOST_NAMES = 100

# Not the student's own work, above all the model answers that come with the kit.
SKIPPED = {"solutions", "__macosx", "__pycache__", "node_modules", "site-packages", "venv", "env"}


@dataclass(frozen=True)
class Pick:
    """What was chosen, and what is worth saying about the rest."""

    paths: tuple[str, ...]
    """Relative to the top, with ``/``, in a fixed order."""
    names: tuple[str, ...] = ()
    """Names of Python files and notebooks that were seen: a misspelt one may be among them."""
    twice: dict[str, str] = field(default_factory=dict)
    """Names that are there twice, equally near to the top; and where."""
    flags: tuple[str, ...] = ()


def walk(top: Path) -> tuple[list[str], tuple[str, ...]]:
    """The paths of all files below a folder, those near the top first; links are not followed."""
    found: list[str] = []
    waiting = [""]
    flags: list[str] = []
    seen = 0
    for folder in waiting:
        try:
            with os.scandir(top / folder) as listing:
                here = []
                for one in listing:
                    seen += 1
                    if seen > MOST_SEEN:
                        break
                    here.append((one.name, one.is_dir(follow_symlinks=False)))
        except OSError as error:
            flags.append(f"a folder cannot be read ({error.strerror})")
            continue
        for name, is_folder in sorted(here, key=lambda one: os.fsencode(one[0])):
            path = f"{folder}/{name}" if folder else name
            if not is_folder:
                found.append(path)
            elif path.count("/") < MOST_DEPTH and not is_skipped(name):
                waiting.append(path)
        if seen > MOST_SEEN:
            # What the system happens to list first must not decide: look for the names themselves.
            there = [f"{name}.py" for name in kit.FILES.values()]
            found += [name for name in there if name not in found and os.path.lexists(top / name)]
            flags.append(f"more than {MOST_SEEN:,} files: the rest was not looked at")
            break
    return found, tuple(sorted(set(flags)))


def is_skipped(folder: str) -> bool:
    """Whether nothing below a folder of this name is the student's work."""
    return folder.startswith(".") or folder.lower() in SKIPPED


def pick(paths: Iterable[str], flags: Sequence[str] = ()) -> Pick:
    """Choose among the paths of a submission. An archive counts only if there is nothing else."""
    paths = sorted(paths, key=_nearness)
    chosen: dict[str, str] = {}
    twice: dict[str, str] = {}
    notebooks: list[str] = []
    archives: list[str] = []
    names: list[str] = []
    wanted = {f"{name}{end}" for name in kit.FILES.values() for end in (".py", NOTEBOOK)}
    for path in paths:
        name = path.rpartition("/")[2]
        if name in wanted:
            first = chosen.setdefault(name, path)
            if first != path and _nearness(first)[:2] == _nearness(path)[:2]:
                twice[name] = shorten(f"{first} and {path}", 200)
        elif name.lower().endswith(NOTEBOOK):
            notebooks.append(path)
        elif name.lower().endswith(ARCHIVES):
            archives.append(path)
        if name.lower().endswith((".py", NOTEBOOK)) and len(names) < MOST_NAMES:
            names.append(printable(name))
    picked = [path for name, path in sorted(chosen.items()) if name not in twice]
    picked += notebooks[:MOST_NOTEBOOKS]
    more = list(flags)
    if not picked and not twice and len(archives) == 1:
        picked = archives
    elif archives:
        more.append(f"not opened: {shorten(', '.join(archives), 120)}")
    return Pick(tuple(picked), tuple(names), twice, tuple(more))


def kind(name: str) -> str:
    """How the name of an archive ends; "" if it is none."""
    return next((end for end in ARCHIVES[::-1] if name.lower().endswith(end)), "")


def _nearness(path: str) -> tuple[bool, int, str]:
    """Sorts first what is in a folder of the kit's name, then what is near the top."""
    folders = path.split("/")[:-1]
    return folders[-1:] != ["exercises"] and bool(folders), len(folders), path
