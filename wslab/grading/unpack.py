"""From the files that were handed in to the texts that are asked: archives, notebooks, encodings.

The judge does this, so that what breaks here breaks one submission.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from ..views.columns import printable, shorten
from . import archives, cells, kit
from .archives import MOST_NESTED, Refused
from .intake import File
from .layout import NO_STUDENTS, NOTEBOOK, Pick, is_archive, is_exercise, kind, right_name
from .limits import GRADED, Limits
from .submission import Submission, decode, missing


@dataclass
class Opened:
    """The submission, and what is worth saying about how it came."""

    submission: Submission
    flags: list[str] = field(default_factory=list)
    refusal: str = ""
    """Why it was not opened, as whole sentences."""


def unpack(files: Iterable[File], chosen: Pick, limits: Limits = GRADED) -> Opened:
    """Make the texts of what was handed in. Does not raise: what is wrong becomes a sentence."""
    found = _Found(list(chosen.names), list(chosen.aside), list(chosen.flags))
    files = list(files)
    _open(files, found, limits)
    plain = [file for file in files if not is_archive(file.name)]
    # What lies beside an archive is newer, or was meant to be found first.
    for some in (plain, found.inside):
        _read(some, found)
    if found.in_notebook:
        found.flags.append(f"from a notebook: {', '.join(sorted(found.in_notebook))}")
    submission = _submission(found)
    nothing = not submission.texts and not found.problems
    return Opened(submission, found.flags, " ".join(found.obstacles) if nothing else "")


@dataclass
class _Found:
    names: list[str]
    aside: list[str]
    flags: list[str]
    inside: list[File] = field(default_factory=list)
    """What was in archives."""
    texts: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    """Why a file of an exercise isn't read."""
    obstacles: list[str] = field(default_factory=list)
    """What could hold any exercise, and isn't read; sentences."""
    in_notebook: set[str] = field(default_factory=set)


def _open(files: Iterable[File], found: _Found, limits: Limits, depth: int = 1) -> None:
    """Open the archives among the files."""
    for archive in files:
        if not is_archive(archive.name):
            continue
        name = printable(archive.name)
        if archive.problem:
            found.obstacles.append(f"The archive {name} {archive.problem}")
        elif depth > MOST_NESTED:
            found.obstacles.append(f"{name} is an archive in an archive in another: not opened.")
        else:
            try:
                inside, chosen = archives.open_archive(archive, limits)
            except Refused as error:
                found.obstacles.append(f"The archive {name} wasn't read. {error}")
                continue
            found.flags += [f"unpacked from {kind(archive.name)}", *chosen.flags]
            found.names += chosen.names
            found.aside += chosen.aside
            found.inside += [file for file in inside if not is_archive(file.name)]
            _open(inside, found, limits, depth + 1)


def _read(files: Iterable[File], found: _Found) -> None:
    """The texts of these files, where there is none yet; Python files before notebooks."""
    had = set(found.texts) | set(found.problems)
    for file in sorted(files, key=lambda file: (file.name.lower().endswith(NOTEBOOK), file.name)):
        notebook = file.name.lower().endswith(NOTEBOOK)
        name = file.name.rpartition(".")[0]
        try:
            if file.problem:
                raise ValueError(file.problem)
            texts = _texts_of_notebook(file) if notebook else {name: _text(file, found)}
        except ValueError as error:
            problem = f"{printable(file.name)} {error}"
            if is_exercise(file.name):
                found.problems.setdefault(name, problem)
            else:
                found.obstacles.append(problem)
            continue
        for name, text in texts.items():
            if name in had or (
                notebook and name in found.texts and name[:4] not in found.in_notebook
            ):
                continue
            if found.texts.setdefault(name, text) != text:
                flag = f"{name}.py is there twice"
                found.problems[name] = f"{flag}, and not the same: hand in one."
                found.flags += [flag] if flag not in found.flags else []
            if notebook:
                found.in_notebook.add(name[:4])


def _text(file: File, found: _Found) -> str:
    text, flag = decode(file.data)
    found.flags += [f"{file.name} {flag}"] if flag else []
    return text


def _texts_of_notebook(file: File) -> dict[str, str]:
    """By exercise. A file that a cell writes is a file; all else is the notebook."""
    book = cells.code(file.data)
    found = dict.fromkeys(_exercises_of(file.name, book), book)
    for name, text in cells.written_files(book).items():
        right = right_name(name.replace("\\", "/"))
        if is_exercise(right) and right.endswith(".py"):
            found[right.removesuffix(".py")] = text
    return found


def _submission(found: _Found) -> Submission:
    """Say of each exercise that isn't there why, and whether something was seen that may be it."""
    problems = dict(found.problems)
    texts = {name: text for name, text in found.texts.items() if name not in problems}
    unread = set(problems)
    aside = {right_name(path).rpartition(".")[0]: path for path in found.aside}
    for name in kit.FILES.values():
        if name in texts or name in problems:
            continue
        problems[name], near = missing(f"{name}.py", found.names)
        if name in aside:
            where = f"the kit keeps {' and '.join(sorted(NO_STUDENTS))} in such folders"
            problems[name] += f" {printable(aside[name])} isn't read: {where}."
        elif not near and found.obstacles:
            problems[name] = " ".join([problems[name], *found.obstacles[:3]])
        elif not near and not texts and found.names:
            seen = shorten(", ".join(found.names), 200)
            problems[name] += f" What is there: {seen}."
        elif not near and not (not texts and found.flags):
            continue
        unread.add(name)
    return Submission(texts, problems, frozenset(unread))


def _exercises_of(name: str, text: str) -> list[str]:
    """Which exercises a notebook holds: its name says so, or its functions do."""
    there = cells.functions(text)
    return [
        file for key, file in kit.FILES.items() if key in name.lower() or _asked_for(file) & there
    ]


@cache
def _asked_for(file: str) -> set[str]:
    """The functions of an exercise, as its starter has them, and no other starter."""
    own = {name: cells.functions(kit.starter(kit.exercise(name))) for name in kit.FILES.values()}
    return own[file] - set().union(*(names for name, names in own.items() if name != file))
