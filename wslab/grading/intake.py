"""What lies in the folder of submissions: whose is what, and which files of it count.

Used by the coordinator, and again by the judge: both see the same, or the submission has changed
in between. Nothing is opened here but plain files, nothing is followed that is a link, and no byte
has a meaning yet: archives, notebooks and encodings are the judge's affair, see `unpack`.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..views.columns import printable
from . import kit
from .layout import ARCHIVES, NOTEBOOK, Pick, pick, right_name, walk
from .limits import GRADED, Limits
from .submission import read_plain

JUNK = re.compile(r"\..*|__MACOSX|Thumbs\.db|desktop\.ini", re.IGNORECASE)
"""What operating systems leave in folders; no submission."""

MOST_FAULTS = 5
"""So many of the files that cannot be read are named."""

_LOOSE = re.compile(r"(?P<owner>.+?)[-_. ]+(?P<key>ex\d\d)(?!\d)", re.IGNORECASE)
_MOODLE = re.compile(r"_assignsubmission_\w*$")


@dataclass(frozen=True)
class Entry:
    """The work of one student: a folder, an archive, or some files with the student's name."""

    student_id: str
    folder: str
    """How it is called in the folder of submissions, safe to be printed."""
    paths: tuple[tuple[str, str], ...]
    """Where it is, and the name that it counts under if that is another one."""
    flags: tuple[str, ...] = ()
    refusal: str = ""
    """Why it is not opened; a whole sentence."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Entry:
        """From what `dataclasses.asdict` made of it."""
        paths = tuple((path, name) for path, name in data["paths"])
        return cls(**{**data, "paths": paths, "flags": tuple(data["flags"])})


def entries(folder: Path, exercises: Sequence[str]) -> list[Entry]:
    """All submissions in a folder, by their names. Raises OSError if it cannot be read."""
    found: list[Entry] = []
    loose: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(os.listdir(folder), key=os.fsencode):
        if JUNK.fullmatch(name):
            continue
        path = folder / name
        mode = os.lstat(path).st_mode
        lower = name.lower()
        if stat.S_ISREG(mode) and lower.endswith((".py", NOTEBOOK)):
            owner, key = _owner(path.stem, exercises)
            if key:
                loose.setdefault(owner, []).append((str(path), kit.FILES[key] + path.suffix))
                continue
        found.append(_entry(name, path, mode))
    for owner, paths in loose.items():
        label = ", ".join(printable(os.path.basename(path)) for path, _ in paths)
        names = [name for _, name in paths]
        twice = sorted({name for name in names if names.count(name) > 1})
        flags = tuple(f"{name} is there twice" for name in twice)
        found.append(Entry(_identity(owner), label, tuple(paths), flags))
    return _apart(sorted(found, key=lambda entry: entry.folder))


def _entry(name: str, path: Path, mode: int) -> Entry:
    archive = next((end for end in ARCHIVES if name.lower().endswith(end)), "")
    entry = Entry(_identity(name), printable(name), ((str(path), ""),))
    if stat.S_ISDIR(mode):
        return entry
    if stat.S_ISLNK(mode):
        return replace(entry, refusal="It is a symbolic link: links are not followed.")
    if not stat.S_ISREG(mode):
        return replace(entry, refusal="It is neither a file nor a folder.")
    entry = replace(entry, student_id=_identity(name[: -len(archive)] if archive else path.stem))
    if archive:
        return entry
    if name.lower().endswith((".py", NOTEBOOK)):
        end = path.suffix.lower()
        why = f"Which exercise is it? Name it like {entry.student_id[:40]}_ex03{end}."
        return replace(entry, refusal=why)
    kinds = " ".join(ARCHIVES)
    why = f"It is no folder, no archive ({kinds}), no .py and no .ipynb file."
    return replace(entry, refusal=why)


def _owner(stem: str, exercises: Sequence[str]) -> tuple[str, str]:
    """Whose file it is, and of which exercise: "anna_ex03" says both."""
    match = _LOOSE.match(stem)
    if match and match["key"].lower() in kit.FILES:
        return match["owner"], match["key"].lower()
    if len(exercises) == 1 and not re.match(r"ex\d\d", stem, re.IGNORECASE):
        return stem, exercises[0]
    return stem, ""


def _identity(name: str) -> str:
    """A student's id: the name without what a learning platform puts behind it."""
    return printable(unicodedata.normalize("NFC", _MOODLE.sub("", name)).strip()) or "unnamed"


def _alike(identity: str) -> str:
    """The same for names that a person, or a file system, takes for one."""
    return unicodedata.normalize("NFKC", identity).casefold()


def _apart(found: Iterable[Entry]) -> list[Entry]:
    """Every submission gets an id of its own; those that would share one say so."""
    groups: dict[str, list[Entry]] = {}
    for entry in found:
        groups.setdefault(_alike(entry.student_id), []).append(entry)
    used: set[str] = set()
    done = []
    for group in groups.values():
        for entry in group:
            others = ", ".join(f"'{other.folder}'" for other in group if other is not entry)
            if others:
                entry = replace(entry, flags=(*entry.flags, f"same id as {others}"))
            identity, number = entry.student_id, 1
            while _alike(identity) in used:
                number += 1
                identity = f"{entry.student_id}~{number}"
            used.add(_alike(identity))
            done.append(replace(entry, student_id=identity))
    return sorted(done, key=lambda entry: entry.folder)


# ---------------------------------------------------------------- the files of one submission


@dataclass(frozen=True)
class File:
    """One file that counts, or the reason why it does not."""

    name: str
    """Without folders, as "ex03_opening_handshake.py" or "work.zip"."""
    data: bytes = b""
    problem: str = ""
    """Goes on after the file's name."""
    ours: bool = False
    """The grader cannot read it: that is no fault of the student."""


def files(entry: Entry, limits: Limits = GRADED) -> tuple[list[File], Pick]:
    """Read what counts of a submission, within bounds; and what else was seen."""
    if len(entry.paths) == 1 and not entry.paths[0][1]:
        place = Path(entry.paths[0][0])
        if place.is_dir():
            chosen = pick(*walk(place))
            places = [(place / path, right_name(path)) for path in chosen.paths]
        else:
            places, chosen = [(place, place.name)], Pick(())
    else:
        places = [(Path(path), name) for path, name in entry.paths]
        chosen = Pick((), names=tuple(name for _, name in places))
    return list(_read_all(places, limits)), chosen


def unread(found: Iterable[File], chosen: Pick) -> str:
    """What the grader itself could not read, and what to do, as sentences; "" if it read all."""
    faults = [*chosen.faults, *(f"{file.name} {file.problem}" for file in found if file.ours)]
    if not faults:
        return ""
    advice = (
        "This is no fault of the student: give the grader the right to read it, and grade again."
    )
    return " ".join([*faults[:MOST_FAULTS], advice])


def digest(found: Iterable[File], chosen: Pick) -> str:
    """The same if, and only if, all that counts is the same."""
    total = hashlib.sha256()
    words = [word for file in found for word in (file.name, file.problem, file.data)]
    rest = (chosen.names, chosen.flags, chosen.faults, sorted(chosen.twice.items()))
    for word in [*words, repr(rest)]:
        data = word if isinstance(word, bytes) else word.encode("utf-8", "surrogatepass")
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()[:32]


def _read_all(places: Iterable[tuple[Path, str]], limits: Limits) -> Iterator[File]:
    room = limits.unpacked + limits.archive
    for path, name in places:
        try:
            data = read_plain(path, min(room, _most(name, limits)))
        except ValueError as error:
            yield File(name, problem=str(error))
        except OSError as error:
            yield File(name, problem=f"cannot be read ({error.strerror}).", ours=True)
        else:
            room -= len(data)
            yield File(name, data)


def _most(name: str, limits: Limits) -> int:
    if name.lower().endswith(ARCHIVES):
        return limits.archive
    return limits.notebook if name.lower().endswith(NOTEBOOK) else limits.source
