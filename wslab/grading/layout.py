"""Which files of a folder, or of an archive, are the exercises: found by their names.

Students hand in the files themselves, a folder with them, or the whole kit. So the names are
looked for in all folders, and the file that is nearest to the top counts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..views.columns import printable, shorten
from . import kit

ARCHIVES = (
    ".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tbz2", ".tar.xz", ".txz",
    ".gz", ".bz2", ".xz", ".7z", ".rar", ".zst", ".lz", ".lzma", ".z", ".cab",
)  # fmt: skip
"""How the names of archives end. Some can't be read: `archives` says so, from what is inside."""
NOTEBOOK = ".ipynb"

MOST_SEEN = 10_000
"""So many names are looked at in one submission."""
MOST_DEPTH = 5
MOST_NOTEBOOKS = 20
MOST_ARCHIVES = 5
MOST_TWINS = 4
MOST_NAMES = 100

SKIPPED = {"__macosx", "__pycache__", "node_modules", "site-packages", "venv", "env"}
"""Folders that programs make; no student writes in them."""
NO_STUDENTS = {"solutions", "tests"}
"""The kit's own folders of model answers and of checks: none of it is taken for a student's."""
_HIDDEN = re.compile(
    r"\.(?:git|github|hg|svn|venv|env|idea|vs|vscode|settings|ipynb_checkpoints|trashes|cache"
    r"|(?:mypy|pytest|ruff)_cache|tox|nox|jupyter|local|config|npm|conda|spotlight-v100|fseventsd)",
    re.IGNORECASE,
)
JUNK = re.compile(
    r"\._.*|\.DS_Store|\.localized|\.directory|\.gitkeep|\.gitignore|\.gitattributes|\.~lock.*|"
    r"~\$.*|__MACOSX|Thumbs\.db|ehthumbs\.db|desktop\.ini|Icon\r?|\.nfs.*|.*\.sw[po]",
    re.IGNORECASE,
)
"""What operating systems and editors leave in folders; no submission."""

_WANTED = {f"{name}{end}" for name in kit.FILES.values() for end in (".py", NOTEBOOK)}
_STEMS = {re.sub(r"\W|_", "", name): name for name in kit.FILES.values()} | kit.FILES
_ENDING = re.compile(r"(?:\.(?:py|ipynb|txt))+", re.IGNORECASE)
# What a browser, an editor, a system or a learning platform adds to a name that it has seen before.
_COPY = re.compile(
    r"(?:\s*\(\d{1,3}\)|\s*-\s*(?:copy|kopie|copie|copia|kopia|kopi)|\s+(?:copy|kopie|copie|copia)"
    r"(?:\s+\d{1,3})?|-\d{1,2})$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Pick:
    """What was chosen, and what is worth saying about the rest."""

    paths: tuple[str, ...]
    """Relative to the top, with ``/``, in a fixed order."""
    names: tuple[str, ...] = ()
    """Names of files that were seen: a misspelt one may be among them. None: there was nothing."""
    aside: tuple[str, ...] = ()
    """Paths that have the name of an exercise, and don't count, since they're model answers."""
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
    seen, deep = 0, ""
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
            elif is_skipped(name):
                continue
            elif path.count("/") < MOST_DEPTH:
                waiting.append(path)
            elif not deep:
                deep = f"not looked into, too deep: {printable(shorten(path, 120))}"
                flags.append(deep)
        if seen > MOST_SEEN:
            # What the system happens to list first must not decide: look for the names themselves.
            there = [f"{name}.py" for name in kit.FILES.values()]
            found += [name for name in there if name not in found and os.path.lexists(top / name)]
            flags.append(f"more than {MOST_SEEN:,} files: the rest was not looked at")
            break
    return found, tuple(flags), tuple(faults)


def is_skipped(folder: str) -> bool:
    """Whether nothing below a folder of this name is the student's work."""
    return folder.lower() in SKIPPED or _HIDDEN.fullmatch(folder) is not None


def right_name(path: str) -> str:
    """The name that a file counts under.

    Capitals, spaces, hyphens, a second ending and what a system adds to a copy are no fault.

    >>> right_name("work/Ex05 Masking (1).py"), right_name("ex05_masking - Copy.py.txt")
    ('ex05_masking.py', 'ex05_masking.py')
    >>> right_name("EX05.ipynb"), right_name("Notes (1).py")
    ('ex05_masking.ipynb', 'Notes (1).py')
    """
    name = path.rpartition("/")[2]
    stem, ends = name, []
    while True:
        short = _COPY.sub("", stem).strip()
        base, dot, end = short.rpartition(".")
        if dot and base and _ENDING.fullmatch(dot + end):
            ends.append(dot + end.lower())
            short = base
        if short == stem:
            break
        stem = short
    word = re.sub(r"\W|_", "", stem).lower()
    likely = _STEMS.get(word)
    # "ex05.txt" may be notes.
    if not likely or not ends or (word in kit.FILES and set(ends) == {".txt"}):
        return name
    return likely + (NOTEBOOK if NOTEBOOK in ends else ".py")


def is_exercise(name: str) -> bool:
    """Whether it is, to the letter, the name of an exercise's file or notebook."""
    return name in _WANTED


def is_archive(name: str) -> bool:
    """Whether its name ends as those of archives do."""
    return name.lower().endswith(ARCHIVES)


def pick(paths: Iterable[str], flags: Sequence[str] = (), faults: Sequence[str] = ()) -> Pick:
    """Choose among the paths of a submission."""
    paths = sorted(paths, key=_nearness)
    wanted: dict[str, list[str]] = {}
    notebooks: list[str] = []
    archives: list[str] = []
    names: dict[str, None] = {}
    aside: list[str] = []
    more = list(flags)
    for path in paths:
        *folders, name = path.split("/")
        right = right_name(path)
        if JUNK.fullmatch(name):
            continue
        names[printable(name)] = None
        if not NO_STUDENTS.isdisjoint(map(str.lower, folders)):
            aside += [path] if name in _WANTED and len(aside) < MOST_NAMES else []
        elif right in _WANTED:
            wanted.setdefault(right, []).append(path)
        elif name.lower().endswith(NOTEBOOK):
            notebooks.append(path)
        elif is_archive(name):
            archives.append(path)
    picked: list[str] = []
    for right, there in sorted(wanted.items()):
        there.sort(key=lambda path: _likeness(path, right))
        first = there[0]
        near = [name for path in there if (name := path.rpartition("/")[2]) != right]
        # Those that are equally good may be the same: whoever reads them will see.
        place = _likeness(first, right), _nearness(first)[:2]
        ties = [one for one in there if (_likeness(one, right), _nearness(one)[:2]) == place]
        picked += ties[:MOST_TWINS]
        if near:
            exact = _likeness(first, right) == 0
            what = f"not looked at beside {right}" if exact else f"taken for {right}"
            more.append(f"{what}: '{printable(near[0])}'")
    picked += notebooks[:MOST_NOTEBOOKS] + archives[:MOST_ARCHIVES]
    rest = notebooks[MOST_NOTEBOOKS:] + archives[MOST_ARCHIVES:]
    if rest:
        more.append(f"not opened: {shorten(', '.join(map(printable, rest)), 120)}")
    code_first = sorted(names, key=lambda name: not name.lower().endswith((".py", NOTEBOOK)))
    seen = tuple(code_first[:MOST_NAMES])
    return Pick(tuple(picked), seen, tuple(aside), tuple(more), tuple(faults))


def kind(name: str) -> str:
    """How the name of an archive ends; "" if it is none."""
    ends = [end for end in ARCHIVES if name.lower().endswith(end)]
    return max(ends, key=len, default="")


def _likeness(path: str, right: str) -> int:
    """0 for the very name, more for those that need more good will."""
    name = path.rpartition("/")[2]
    return 0 if name == right else 2 - name.lower().endswith(right[right.rindex(".") :])


def _nearness(path: str) -> tuple[bool, int, str]:
    """Sorts first what is in a folder of the kit's name, then what is near the top."""
    folders = path.split("/")[:-1]
    return folders[-1:] != ["exercises"] and bool(folders), len(folders), path
