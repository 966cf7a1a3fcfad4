"""What a learner has reached: points, hints, solutions. Kept with `wslab.notes`, on this machine.

It is a diary and no proof: who wants to change the file can do so. No mark depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .. import notes
from .check import Status
from .hints import STEPS
from .judge import Verdict

CHECKS, HINTS, SOLUTIONS = "checks", "hints", "solutions"

GAVE_UP, SOLVED = "gave up", "solved"
"""Why somebody has seen a solution."""


@dataclass(frozen=True)
class Standing:
    """One exercise, as its last check and the notes have it."""

    score: int | None = None
    """The best points of any check; None before the first one."""
    most: int = 0
    solved: bool = False
    """Whether any check so far gave all points."""
    stuck: tuple[str, ...] = ()
    """The functions that gave wrong answers in the last check."""
    hints: int = 0
    """How many hints were taken."""
    solution: str = ""
    """`GAVE_UP` or `SOLVED`, if the solution was shown."""


def standing(key: str) -> Standing:
    """What the notes say about an exercise; what is damaged there counts as nothing."""
    note = notes.read(CHECKS).get(key)
    note = note if isinstance(note, dict) else {}
    score, most, stuck = note.get("score"), note.get("most"), note.get("stuck")
    if not (isinstance(score, int) and isinstance(most, int)):
        score, most = None, 0
    taken = [step for name, step in notes.read(HINTS).items() if name.startswith(f"{key}.")]
    seen = notes.read(SOLUTIONS).get(key)
    return Standing(
        score=score,
        most=most,
        solved=note.get("solved") is True,
        stuck=tuple(map(str, stuck)) if isinstance(stuck, list) else (),
        hints=sum(map(_step, taken)),
        solution=seen if seen in (GAVE_UP, SOLVED) else "",
    )


def record(verdicts: Iterable[Verdict]) -> bool:
    """Keep the points of a check. False if nothing can be written."""
    return all([notes.write(CHECKS, verdict.exercise, _note(verdict)) for verdict in verdicts])


def _note(verdict: Verdict) -> dict[str, Any]:
    missed = (Status.FAILED, Status.MISSING)
    stuck = [o.trial.function for o in verdict.outcomes if o.trial and o.status in missed]
    before = standing(verdict.exercise).score or 0
    return {
        "score": max(verdict.score, before) if verdict.most >= before else verdict.score,
        "most": verdict.most,
        "solved": verdict.score == verdict.most or standing(verdict.exercise).solved,
        "stuck": list(dict.fromkeys(stuck)),
    }


def hints_taken(name: str) -> int:
    """How many hints were given about a function, as "ex03.accept_key"."""
    return _step(notes.read(HINTS).get(name))


def take_hint(name: str) -> int:
    """The number of the next hint, from 1; after the last one there is no other."""
    step = min(hints_taken(name) + 1, len(STEPS))
    notes.write(HINTS, name, step)
    return step


def see_solution(key: str, why: str) -> bool:
    """Note that the solution is shown; who gave up first has given up. False if not written."""
    return notes.write(SOLUTIONS, key, standing(key).solution or why)


def _step(note: object) -> int:
    return note if isinstance(note, int) and 0 <= note <= len(STEPS) else 0
