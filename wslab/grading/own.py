"""The student's own run: their files where they are, the public checks, a fresh seed."""

from __future__ import annotations

import secrets
from pathlib import Path

from . import kit, learner
from .judge import Verdict, judge
from .notebook import Report
from .submission import read_folder

HONEST = (
    "All public checks have passed.\nThe graded run asks them again, with other random questions."
)


def verdicts(
    exercise: str | None = None, seed: str = "", folder: str | None = None
) -> list[Verdict]:
    """Judge the files in ``folder``, or those that `own_files` finds.

    All exercises that have checks, or one. Raises KitError if there is no such exercise.
    """
    place = Path(folder) if folder else own_files()
    keys = [kit.exercise(exercise)] if exercise else kit.written()
    submission = read_folder(place)
    return [judge(submission, key, seed, only_public=True) for key in keys]


def check(
    exercise: str | None = None, *, seed: str | None = None, folder: str | None = None
) -> Report:
    """Check your own solution: ``wslab.check("ex03")`` shows a table, what is right and what not.

    The questions are random: ``seed`` asks the same ones again. The points are noted for
    ``progress``, on this machine alone. Raises KitError if there is no such exercise.
    """
    seed = seed or fresh_seed()
    found = verdicts(exercise, seed, folder)
    learner.record(found)
    return Report(found, conclusion(found, seed))


def conclusion(found: list[Verdict], seed: str) -> str:
    """The last lines: what the result means, or what can be done next."""
    open_ = [verdict.exercise for verdict in found if verdict.score < verdict.most]
    if not open_:
        later = [key for key in kit.FILES if len(found) == 1 and key > found[0].exercise]
        return "\n".join([HONEST, *(f"Go on with:  {kit.FILES[key]}.py" for key in later[:1])])
    one = f"python -m wslab check {open_[0]}"
    return "\n".join(
        [
            f"Stuck?  python -m wslab hint {open_[0]}",
            *([f"One exercise at a time:  {one}"] if len(found) > 1 else []),
            f"Random questions; again the same:  {one} --seed {seed}",
        ]
    )


def fresh_seed() -> str:
    """A seed that is short enough to be typed."""
    return secrets.token_hex(3)


def own_file(key: str, folder: str | None = None) -> Path:
    """The student's file of an exercise, whether it is there or not."""
    return (Path(folder) if folder else own_files()) / f"{kit.FILES[key]}.py"


def own_files() -> Path:
    """The current folder if there are exercises in it, or its ``exercises``, else the kit's."""
    for folder in (Path.cwd(), Path.cwd() / "exercises"):
        if any((folder / f"{name}.py").is_file() for name in kit.FILES.values()):
            return folder
    return kit.root() / "exercises"
