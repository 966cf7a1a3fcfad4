"""A check: a plain function that asks the student's code questions, with a name and points.

This is a whole check, in ``tests/exercises/checks/ex03.py``:

    @check("ex03", points=2, title="The accept value", lesson="04", rfc="4.2.2")
    def accept_value(student: Student) -> None:
        for key in student.vectors(a_key, 12):
            student.expect("accept_key", key, right=reference.accept_key)

All questions or nothing within a check; each check counts for itself. At least 8 questions, most of
them random, from `Student.random` alone. What a check can use:

- ``student.expect("f", *args, right=…)``: the right function, or the right value
- ``student.refuses("f", *args, because="…")``: a ValueError is due; with ``needs=`` its partner
- ``student.satisfies("f", *args, fault=…)``: many answers are right; ``fault`` says what is wrong
- `scripts`: ``Recv(b"He", b"llo")``, ``Send(3)``, ``Socket(…)`` as arguments, in place of a socket
- ``with student.serving() as server``: the whole file as a program, see `server`
- ``student.claim(holds, "…")``: for all else; the student reads the sentence

A title says what is right when the check passes. The words of a check never contain the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from types import ModuleType

from .beliefs import Belief
from .student import Student, Trial


class Status(Enum):
    """How a check came out."""

    PASSED = "passed"
    FAILED = "failed"
    MISSING = "missing"
    """The file is not there, or cannot be loaded, or the function is not written yet."""
    WAITING = "waiting"
    """It builds on another check that has not passed: fix that one first."""
    FAULT = "fault"
    """The grader itself failed: no mark, and a person has to look. Never a zero."""


@dataclass(frozen=True)
class Check:
    """A check, and what is said about it."""

    exercise: str
    name: str
    points: int
    title: str
    """What is checked, in a few words that a student understands."""
    lesson: str
    """Where to read on: the number of a lesson, as "04"."""
    rfc: str
    """The section of RFC 6455, if there is one."""
    needs: tuple[str, ...]
    """Names of checks of the same exercise that must pass, or this one says nothing."""
    public: bool
    """Whether the student runs it too; the graded run has all of them, with a seed of its own."""
    run: Callable[[Student], None]

    @property
    def id(self) -> str:
        """As "ex03.accept_value"; the seed of its random questions comes from it."""
        return f"{self.exercise}.{self.name}"


def check(
    exercise: str,
    *,
    points: int,
    title: str,
    lesson: str,
    rfc: str = "",
    needs: Iterable[str] = (),
    public: bool = True,
) -> Callable[[Callable[[Student], None]], Check]:
    """Make a check of a function; its name is the function's."""

    def make(run: Callable[[Student], None]) -> Check:
        name: str = run.__name__
        return Check(exercise, name, points, title, lesson, rfc, tuple(needs), public, run)

    return make


def checks_in(module: ModuleType) -> tuple[Check, ...]:
    """The checks of a module, in their order."""
    return tuple(value for value in vars(module).values() if isinstance(value, Check))


@dataclass(frozen=True)
class Outcome:
    """What came of one check on one submission."""

    check: Check
    status: Status
    trial: Trial | None = None
    """The first wrong answer, with the smallest question first where sizes can be compared."""
    beliefs: tuple[Belief, ...] = ()
    """The beliefs that answer every question of the check as the student's code does."""
    note: str = ""
    """What else there is to say."""
    wrong: int = 0
    """So many of the questions were answered wrongly …"""
    asked: int = 0
    """… of so many."""
    source_line: str = ""
    """The line of the student's file where an error came from."""
    doubtful: bool = False
    """It failed, perhaps for want of something that its neighbours on the machine had taken."""

    @property
    def score(self) -> int:
        """All points of the check, or none."""
        return self.check.points if self.status is Status.PASSED else 0
