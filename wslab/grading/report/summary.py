"""The class in numbers: how many points, which checks are hard, what is still believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..check import Status
from ..record import CheckRecord, Record
from . import words

BARS = 10
"""The distribution has so many bars, each a tenth of all points."""


@dataclass(frozen=True)
class CheckCount:
    """How one check came out for the class."""

    id: str
    title: str
    points: int
    states: dict[str, int]
    """For each state, how many submissions."""

    @property
    def asked(self) -> int:
        """So many submissions it was asked of; those where the grader failed do not count."""
        return sum(self.states.values()) - self.states.get(words.FAULT, 0)

    @property
    def passed(self) -> int:
        """So many passed."""
        return self.states.get(Status.PASSED.value, 0)


@dataclass(frozen=True)
class BeliefCount:
    """How many seem to think so."""

    name: str
    says: str
    lesson: str
    students: int


@dataclass(frozen=True)
class Summary:
    """All that the summary shows; it names nobody."""

    statuses: dict[str, int]
    """"graded" → how many submissions, and so on."""
    scores: tuple[int, ...]
    """All marks, sorted; those that a person has to give are not among them."""
    most: int
    """The points that could be reached."""
    checks: tuple[CheckCount, ...]
    beliefs: tuple[BeliefCount, ...]
    """The most frequent first."""
    isolation: dict[str, int]
    """The walls around the students' code → for how many submissions."""

    @property
    def submissions(self) -> int:
        """All, with those that have no mark."""
        return sum(self.statuses.values())

    def bars(self) -> list[int]:
        """How many have less than a tenth of the points, and so on; the last: nine tenths or more.

        >>> Summary({}, (0, 9, 10, 99, 100), 100, (), (), {}).bars()
        [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]
        """
        counts = [0] * BARS
        for score in self.scores:
            counts[min(BARS - 1, score * BARS // self.most if self.most else 0)] += 1
        return counts

    def at(self, percent: int) -> int:
        """So many percent of the marks are not above this one (the nearest rank).

        Raises IndexError if there are no marks.
        """
        return self.scores[max(0, -(-len(self.scores) * percent // 100) - 1)]


def summarize(records: Sequence[Record]) -> Summary:
    """Count. The order of the records does not matter."""
    checks = [check for record in records for check in record.checks]
    walls = Counter(record.isolation for record in records if record.isolation)
    return Summary(
        dict(sorted(Counter(record.status for record in records).items())),
        tuple(sorted(record.score for record in records if record.score is not None)),
        max((record.max_score for record in records), default=0),
        tuple(_checks(checks)),
        tuple(_beliefs(records)),
        dict(sorted(walls.items())),
    )


def _checks(checks: Sequence[CheckRecord]) -> list[CheckCount]:
    found: dict[str, CheckRecord] = {}
    states: dict[str, Counter[str]] = {}
    for check in checks:
        found.setdefault(check.id, check)
        states.setdefault(check.id, Counter())[check.status] += 1
    counts = [
        CheckCount(one.id, one.title, one.points, dict(sorted(states[one.id].items())))
        for one in found.values()
    ]
    return sorted(counts, key=lambda one: one.id.partition(".")[0])


def _beliefs(records: Sequence[Record]) -> list[BeliefCount]:
    students: Counter[str] = Counter()
    for record in records:
        students.update({check.belief for check in record.checks if check.belief})
    counts = []
    for name, number in students.items():
        known = words.belief(name)
        counts.append(
            BeliefCount(name, known.says if known else "", known.lesson if known else "", number)
        )
    return sorted(counts, key=lambda one: (-one.students, one.name))
