"""From the files that were handed in to the texts that are asked: archives, notebooks, encodings.

The judge does this, so that what breaks here breaks one submission.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from . import archives, cells, kit
from .archives import Refused
from .intake import File
from .layout import ARCHIVES, NOTEBOOK, Pick, kind
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
    files, flags = list(files), list(chosen.flags)
    if len(files) == 1 and files[0].name.lower().endswith(ARCHIVES):
        (archive,) = files
        if archive.problem:
            return Opened(_submission([], chosen), flags, f"The archive {archive.problem}")
        try:
            files, chosen = archives.open_archive(archive, limits)
        except Refused as error:
            return Opened(_submission([], chosen), flags, str(error))
        flags += [f"unpacked from {kind(archive.name)}", *chosen.flags]
    submission = _submission(files, chosen)
    from_notebook = sorted(
        name[:4] for name in submission.texts if f"{name}.py" not in {f.name for f in files}
    )
    if from_notebook:
        flags.append(f"from a notebook: {', '.join(from_notebook)}")
    return Opened(submission, flags)


def _submission(files: Iterable[File], chosen: Pick) -> Submission:
    """Python files first; a notebook stands in for those that are not there."""
    texts: dict[str, str] = {}
    problems: dict[str, str] = {}
    for file in sorted(files, key=lambda file: (file.name.lower().endswith(NOTEBOOK), file.name)):
        try:
            if file.problem:
                raise ValueError(file.problem)
            if file.name.lower().endswith(NOTEBOOK):
                text = cells.code(file.data)
                for name in _exercises_of(file.name, text):
                    texts.setdefault(name, text)
            else:
                text = decode(file.data).replace("\r\n", "\n").replace("\r", "\n")
                texts[file.name.removesuffix(".py")] = text
        except ValueError as error:
            problems.setdefault(file.name.rpartition(".")[0], f"{file.name} {error}")
    for file_name, where in chosen.twice.items():
        name = file_name.rpartition(".")[0]
        if name not in texts:
            problems[name] = f"{file_name} is there twice: {where}. Hand in one."
    for name in kit.FILES.values():
        if name not in texts:
            problems.setdefault(name, missing(f"{name}.py", chosen.names))
    return Submission(texts, {name: why for name, why in problems.items() if name not in texts})


def _exercises_of(name: str, text: str) -> list[str]:
    """Which exercises a notebook holds: its name says so, or its functions do."""
    named = [file for key, file in kit.FILES.items() if name.lower().startswith(key)]
    there = cells.functions(text)
    return named or [file for file in kit.FILES.values() if _asked_for(file) & there]


@cache
def _asked_for(file: str) -> set[str]:
    """The functions of an exercise, as its starter has them."""
    return cells.functions(kit.starter(kit.exercise(file)))
