"""The checks as pytest runs them: ``pytest tests/exercises/test_submission.py --submission DIR``.

Without the option they judge the solutions, which must pass them all. The same checks, the same
questions and the same words as in ``python -m wslab check``.
"""

from __future__ import annotations

from functools import cache

import pytest

from wslab.grading import feedback, kit
from wslab.grading.check import Check, Status
from wslab.grading.judge import Verdict, judge
from wslab.grading.submission import Submission

CHECKS = [check for exercise in kit.written() for check in kit.checks(exercise)]
_cached = cache(lambda texts, exercise, seed: judge(texts.submission, exercise, seed))


class Same:
    """A submission that counts as the same one, so that each exercise is judged once."""

    def __init__(self, submission: Submission) -> None:
        self.submission = submission

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.submission is self.submission

    def __hash__(self) -> int:
        return id(self.submission)


def verdict(submission: Submission, exercise: str, seed: str) -> Verdict:
    return _cached(Same(submission), exercise, seed)


@pytest.mark.parametrize("check", CHECKS, ids=[check.id for check in CHECKS])
def test_check(check: Check, submission: Submission, seed: str) -> None:
    outcomes = verdict(submission, check.exercise, seed).outcomes
    outcome = next(outcome for outcome in outcomes if outcome.check.id == check.id)
    if outcome.status is not Status.PASSED:
        lines = [feedback.heading(outcome), *feedback.explain(outcome)]
        pytest.fail("\n".join(lines), pytrace=False)
