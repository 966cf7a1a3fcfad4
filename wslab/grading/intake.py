"""What lies in the folder of submissions: whose is what, and which files of it count.

Used by the coordinator, and again by the judge: both see the same, or the submission has changed
in between. Nothing is opened here but plain files, nothing is followed that is a link, and no byte
has a meaning yet: archives, notebooks and encodings are the judge's affair, see `unpack`.
"""

from __future__ import annotations

import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..views.columns import printable
from .layout import JUNK, NOTEBOOK, Pick, is_archive, is_skipped, kind, pick, right_name, walk
from .limits import GRADED, Limits
from .platforms import NO_WORK, Part, part_of
from .submission import read_plain

MOST_FAULTS = 5
"""So many of the files that cannot be read are named."""


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
    extra: tuple[str, ...] = ()
    """Names of what lies beside the work, and isn't read."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Entry:
        """From what `dataclasses.asdict` made of it."""
        paths = tuple((path, name) for path, name in data["paths"])
        flags, extra = tuple(data["flags"]), tuple(data["extra"])
        return cls(**{**data, "paths": paths, "flags": flags, "extra": extra})


def entries(folder: Path, exercises: Sequence[str]) -> list[Entry]:
    """All submissions in a folder, by their names. Raises OSError if it cannot be read."""
    return listing(folder, exercises)[0]


def listing(folder: Path, exercises: Sequence[str]) -> tuple[list[Entry], list[str]]:
    """The submissions in a folder, and the names of what can be none. Raises OSError."""
    found: list[Entry] = []
    parts: dict[str, list[Part]] = {}
    passed_over: list[str] = []
    for name in sorted(os.listdir(folder), key=os.fsencode):
        mode = os.lstat(folder / name).st_mode
        plain, is_folder = stat.S_ISREG(mode), stat.S_ISDIR(mode)
        part = part_of(name, exercises) if plain or is_folder else None
        if JUNK.fullmatch(name):
            continue
        if part and (plain or part.platform):
            parts.setdefault(part.group, []).append(part)
        elif is_skipped(name) if is_folder else plain and _is_no_work(name):
            passed_over.append(name)
        else:
            found.append(_entry(name, folder / name, mode))
    found += [_together(folder, group, exercises) for group in parts.values()]
    return _apart(found), [printable(name) for name in passed_over]


def _is_no_work(name: str) -> bool:
    return name.startswith(".") or name.lower().endswith(NO_WORK)


def _together(folder: Path, parts: Sequence[Part], exercises: Sequence[str]) -> Entry:
    """What one student has handed in last; the rest is named."""
    latest = max(part.attempt for part in parts)
    kept: list[tuple[Part, str]] = []
    flags, extra = [], []
    for part in sorted(parts, key=lambda part: -part.upload):
        name = None if part.beside else part.counts_as(exercises)
        names = [other for _, other in kept]
        if part.attempt < latest:
            flags.append(f"an earlier attempt, not read: '{printable(part.name)}'")
        elif name is None:
            extra.append(printable(part.file or part.name))
        elif name in names and part.upload:
            flags.append(f"an earlier upload, not read: '{printable(part.name)}'")
        else:
            flags += [f"{name} is there twice"] if name in names else []
            kept.append((part, name))
    flags += ["late"] if any(part.late for part, _ in kept) else []
    flags += [f"not read: '{name}'" for name in extra]
    owner = _identity(parts[0].owner)
    label = ", ".join(printable(part.name) for part in ([part for part, _ in kept] or parts))
    paths = tuple((str(folder / part.name), name) for part, name in kept)
    why = f"There is nothing but {label}, and that isn't read: a .py, a notebook or an archive is."
    return Entry(
        owner, label, paths, tuple(dict.fromkeys(flags)), "" if kept else why, tuple(extra)
    )


def _entry(name: str, path: Path, mode: int) -> Entry:
    archive = kind(name)
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
    why = "It is no folder, no archive (.zip .tar .tar.gz ...), no .py and no .ipynb file."
    return replace(entry, refusal=why)


def _identity(name: str) -> str:
    """A student's id from a name, in one of the ways to write it in Unicode."""
    return printable(unicodedata.normalize("NFC", name).strip()) or "unnamed"


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
    places: list[tuple[Path, str]] = []
    chosen = Pick((), names=entry.extra)
    for path, name in entry.paths:
        place = Path(path)
        if place.is_dir() and not name:
            chosen = pick(*walk(place))
            chosen = replace(chosen, names=(*chosen.names, *entry.extra))
            places += [(place / inside, right_name(inside)) for inside in chosen.paths]
        else:
            places.append((place, name or place.name))
    if not chosen.paths:
        chosen = replace(chosen, names=(*chosen.names, *(name for _, name in places)))
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
    rest = (chosen.names, chosen.aside, chosen.flags, chosen.faults)
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
    if is_archive(name):
        return limits.archive
    return limits.notebook if name.lower().endswith(NOTEBOOK) else limits.source
