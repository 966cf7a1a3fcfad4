"""Whoever is right gets full marks, whatever the code looks like and whatever is asked."""

from __future__ import annotations

import pytest

from tests.grading.drafts import PATIENT
from wslab.grading import feedback, kit
from wslab.grading.judge import judge

from .honest_variants import HOW_MANY, WRITTEN, honest_submission, versions
from .wrong import solution


@pytest.mark.parametrize("seed", ["", "2027-spring", "🦊"])
@pytest.mark.parametrize("exercise", kit.written())
def test_a_solution_gets_full_marks_with_any_seed(exercise: str, seed: str) -> None:
    verdict = judge(solution(), exercise, seed, limits=PATIENT)
    assert verdict.score == verdict.most, feedback.report(verdict)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(HOW_MANY))
@pytest.mark.parametrize("exercise", WRITTEN)
def test_an_honest_variant_loses_no_point(exercise: str, number: int) -> None:
    # Each with a seed of its own: so many seeds have been tried as there are variants.
    verdict = judge(
        honest_submission(exercise, number), exercise, f"honest {number}", limits=PATIENT
    )
    assert verdict.score == verdict.most, feedback.report(verdict)


@pytest.mark.parametrize("exercise", WRITTEN)
def test_the_variants_differ(exercise: str) -> None:
    by_function = versions(exercise)
    assert all(len(several) >= 3 for several in by_function.values()), by_function
    texts = {str(honest_submission(exercise, number).texts) for number in range(HOW_MANY)}
    assert len(texts) == HOW_MANY
