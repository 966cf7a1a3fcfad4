"""Which files of a folder, or of an archive, are the exercises: found by their names.

Students hand in the files themselves, a folder with them, or the whole kit. So the names are
looked for in all folders, and the file that is nearest to the top counts.
"""

from __future__ import annotations

import os
import re
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

_WANTED = {f"{name}{end}" for name in kit.FILES.values() for end in (".py", NOTEBOOK)}
_NUMBER = re.compile(r" ?\(\d{1,3}\)(?=\.\w+$)")
"""What a browser puts into a name that it has saved before."""


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
    faults: tuple[str, ...] = ()
    """What the grader itself could not look into, and why; whole sentences."""


def walk(top: Path) -> tuple[list[str], tuple[str, ...], tuple[str, ...]]:
    """The paths of all files below a folder, those near the top first; links are not followed.

    Behind them the flags and the faults, as in a `Pick`.
    """
    found: list[str] = []
    waiting = [""]
    flags: list[str] = []
    faults: list[str] = []
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
            name = printable(folder or top.name)
            faults.append(f"The folder {name} cannot be read ({error.strerror}).")
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
    return found, tuple(flags), tuple(faults)


def is_skipped(folder: str) -> bool:
    """Whether nothing below a folder of this name is the student's work."""
    return folder.startswith(".") or folder.lower() in SKIPPED


def right_name(path: str) -> str:
    """The name that a file counts under: capitals, and a browser's "(1)", are no fault.

    >>> right_name("work/Ex05_Masking (1).py"), right_name("Notes (1).py")
    ('ex05_masking.py', 'Notes (1).py')
    """
    name = path.rpartition("/")[2]
    likely = _NUMBER.sub("", name).lower()
    return likely if likely in _WANTED else name


def pick(paths: Iterable[str], flags: Sequence[str] = (), faults: Sequence[str] = ()) -> Pick:
    """Choose among the paths of a submission. An archive counts only if there is nothing else."""
    paths = sorted(paths, key=_nearness)
    wanted: dict[str, list[str]] = {}
    picked: list[str] = []
    twice: dict[str, str] = {}
    notebooks: list[str] = []
    archives: list[str] = []
    names: list[str] = []
    more = list(flags)
    for path in paths:
        name = path.rpartition("/")[2]
        right = right_name(path)
        if right in _WANTED:
            wanted.setdefault(right, []).append(path)
        elif name.lower().endswith(NOTEBOOK):
            notebooks.append(path)
        elif name.lower().endswith(ARCHIVES):
            archives.append(path)
        if name.lower().endswith((".py", NOTEBOOK)) and len(names) < MOST_NAMES:
            names.append(printable(name))
    for right, there in sorted(wanted.items()):
        exact = [path for path in there if path.rpartition("/")[2] == right]
        near = [name for path in there if (name := path.rpartition("/")[2]) != right]
        first, *others = exact or there
        if others and _nearness(first)[:2] == _nearness(others[0])[:2]:
            twice[right] = shorten(f"{first} and {others[0]}", 200)
            more.append(f"{right} is there twice")
            continue
        picked.append(first)
        if near:
            what = f"not looked at beside {right}" if exact else f"taken for {right}"
            more.append(f"{what}: '{near[0]}'")
    picked += notebooks[:MOST_NOTEBOOKS]
    if not picked and not twice and len(archives) == 1:
        picked = archives
    elif archives:
        more.append(f"not opened: {shorten(', '.join(archives), 120)}")
    return Pick(tuple(picked), tuple(names), twice, tuple(more), tuple(faults))


def kind(name: str) -> str:
    """How the name of an archive ends; "" if it is none."""
    return next((end for end in ARCHIVES[::-1] if name.lower().endswith(end)), "")


def _nearness(path: str) -> tuple[bool, int, str]:
    """Sorts first what is in a folder of the kit's name, then what is near the top."""
    folders = path.split("/")[:-1]
    return folders[-1:] != ["exercises"] and bool(folders), len(folders), path
