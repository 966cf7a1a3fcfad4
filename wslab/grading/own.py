"""The student's own run: their files where they are, the public checks, a fresh seed."""

from __future__ import annotations

import os
import secrets
import shlex
from collections.abc import Iterator
from pathlib import Path

from .. import notes
from ..errors import Error
from . import intake, kit, launch, learner
from .judge import Verdict, judge
from .notebook import Report
from .remove import sweep
from .submission import Submission, read_folder
from .unpack import unpack

HONEST = (
    "All public checks have passed.\nThe graded run asks them again, with other random questions."
)


def verdicts(
    exercise: str | int | None = None, seed: str = "", folder: str | None = None
) -> list[Verdict]:
    """Judge what lies in ``folder``, or the files that `own_files` finds.

    All exercises that have checks, or one. Raises KitError if there is no such exercise, Error
    if there is no such folder, Error if the worker's user can't work.
    """
    sweep()
    keys = [kit.exercise(exercise)] if exercise else kit.written()
    launch.try_other_user()
    submission = handed_in(folder) if folder else read_folder(own_files())
    return [judge(submission, key, seed, only_public=True) for key in keys]


def handed_in(folder: str) -> Submission:
    """What lies there, read as the graded run reads it: also an archive, or a notebook.

    So that a student, and who argues with one about a mark, sees what the mark came from.
    """
    place = Path(folder).absolute()
    if not place.exists():
        raise Error(f"There is no {folder!a}. Give the folder with your files.")
    opened = unpack(*intake.files(intake.Entry("", place.name, ((str(place), ""),))))
    if opened.refusal:
        raise Error(opened.refusal)
    return opened.submission


def check(
    exercise: str | int | None = None, *, seed: str | None = None, folder: str | None = None
) -> Report:
    """Check your own solution: ``wslab.check("ex03")`` shows a table, what is right and what not.

    The questions are random: ``seed`` asks the same ones again. The points are noted for
    ``progress``, on this machine alone. Raises KitError if there is no such exercise, Error if
    there is no such folder.
    """
    seed = seed or fresh_seed()
    found = verdicts(exercise, seed, folder)
    lines = [conclusion(found, seed, folder)]
    if not folder:
        lines += _about_files(found)
    if not learner.record(found):
        lines.append(f"Points are not kept: {notes.not_kept()}.")
    return Report(found, "\n".join(lines))


def _about_files(found: list[Verdict]) -> Iterator[str]:
    """Which files these were, if that is a surprise; and how one comes back that is gone."""
    place, here = own_files(), Path.cwd()
    if place not in (here, here / "exercises"):
        yield f"The files are those in {_nearby(place)}"
    key = found[0].exercise
    if len(found) == 1 and not (place / f"{kit.FILES[key]}.py").exists():
        yield f"The file as it was:  python -m wslab reset {key}"


def conclusion(found: list[Verdict], seed: str, folder: str | None = None) -> str:
    """The last lines: what the result means, or what can be done next."""
    open_ = [verdict.exercise for verdict in found if verdict.score < verdict.most]
    if not open_:
        later = [key for key in kit.FILES if len(found) == 1 and key > found[0].exercise]
        return "\n".join([HONEST, *(f"Go on with:  {kit.FILES[key]}.py" for key in later[:1])])
    where = f" --folder {shlex.quote(folder)}" if folder else ""
    one = f"python -m wslab check {open_[0]}{where}"
    no_archive = not folder or Path(folder).is_dir()
    return "\n".join(
        [
            f"Stuck?  python -m wslab hint {open_[0]}{where if no_archive else ''}",
            *([f"One exercise at a time:  {one}"] if len(found) > 1 else []),
            f"Random questions; again the same:  {one} --seed {shlex.quote(seed)}",
        ]
    )


def _nearby(place: Path) -> str:
    """As one would type it from here."""
    try:
        return os.path.relpath(place)
    except ValueError:  # Windows: another drive
        return str(place)


def fresh_seed() -> str:
    """A seed that is short enough to be typed."""
    return secrets.token_hex(3)


def own_file(key: str, folder: str | None = None) -> Path:
    """The student's file of an exercise, whether it is there or not."""
    return (Path(folder) if folder else own_files()) / f"{kit.FILES[key]}.py"


def own_files() -> Path:
    """The current folder if there are exercises in it, or its ``exercises``, else the kit's."""
    for folder in (Path.cwd(), Path.cwd() / "exercises"):
        # Not Path.is_file: before Python 3.14 it raises where the folder may not be entered.
        if any(os.path.isfile(folder / f"{name}.py") for name in kit.FILES.values()):
            return folder
    return kit.root() / "exercises"
