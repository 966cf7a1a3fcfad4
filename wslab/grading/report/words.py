"""The words that the pages, the summary and the exports share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from ...views.columns import columns, pad, printable, shorten
from .. import feedback, kit
from ..beliefs import Belief
from ..check import Status
from ..record import CheckRecord, Record

WIDTH = 80

STATUS_WORDS = {status.value: word for status, word in feedback.WORDS.items()}
"""How a check came out, in a word or two for the student."""

FAULT = Status.FAULT.value


def status_word(check: CheckRecord) -> str:
    """A word or two; what we do not know stands for itself."""
    return STATUS_WORDS.get(check.status, printable(check.status))


def points(score: int | None, most: int) -> str:
    """The points, or that a person has to give them.

    >>> points(2, 3), points(None, 3)
    ('2 of 3', '? of 3')
    """
    return f"{'?' if score is None else score} of {most}"


def heading(check: CheckRecord) -> str:
    """One line of 80 columns: how it came out, what was checked, the points."""
    end = f"{printable(check.id)}  {points(check.score, check.points)}"
    title = f"{status_word(check):8} {shorten(check.title, WIDTH - 10 - columns(end))}"
    return pad(title, WIDTH - columns(end)) + end


def by_exercise(record: Record) -> Iterator[tuple[str, list[CheckRecord]]]:
    """The checks of a record, exercise after exercise."""
    found: dict[str, list[CheckRecord]] = {}
    for check in record.checks:
        found.setdefault(check.exercise, []).append(check)
    yield from sorted(found.items())


def file_of(exercise: str) -> str:
    """The name of the file that is asked for."""
    return f"{kit.FILES[exercise]}.py" if exercise in kit.FILES else printable(exercise)


def total(checks: Iterable[CheckRecord]) -> tuple[int | None, int]:
    """Points reached and points to be reached; the first is None if the grader failed in one."""
    score: int | None = 0
    most = 0
    for check in checks:
        score = None if score is None or check.score is None else score + check.score
        most += check.points
    return score, most


@cache
def belief(name: str) -> Belief | None:
    """The belief with a name as "ex03.hex-digest", if the catalogue still has it."""
    exercise, _, short = name.partition(".")
    if exercise not in kit.FILES:
        return None
    try:
        return next((one for one in kit.beliefs(exercise) if one.name == short), None)
    except kit.KitError:
        return None
