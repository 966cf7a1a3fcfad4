"""The checks are checked: starters wait, each belief is found and named, and explained well."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.grading.drafts import PATIENT
from wslab.grading import feedback, kit
from wslab.grading.beliefs import Belief
from wslab.grading.check import Status
from wslab.grading.judge import judge
from wslab.grading.submission import read_folder
from wslab.views.columns import columns, wrap

from .needed import CAUGHT_ONLY
from .promised import PROMISED
from .wrong import wrong_submission

HURRIED = replace(PATIENT, step=3)
"""A wrong program is often silent, and each time that has to be waited for."""

EXERCISES = kit.written()
BELIEFS = [(exercise, belief) for exercise in EXERCISES for belief in kit.beliefs(exercise)]
EACH_BELIEF = pytest.mark.parametrize(
    ("exercise", "belief"), BELIEFS, ids=[f"{exercise}-{b.name}" for exercise, b in BELIEFS]
)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_a_starter_is_told_what_to_do_next(exercise: str) -> None:
    verdict = judge(read_folder(kit.root() / "exercises"), exercise, "tests")
    assert verdict.score == 0
    to_do = [outcome for outcome in verdict.outcomes if outcome.status is Status.MISSING]
    waiting = [outcome for outcome in verdict.outcomes if outcome.status is Status.WAITING]
    assert to_do
    assert len(to_do) + len(waiting) == len(verdict.outcomes), feedback.report(verdict)
    assert all("is still to be written, in" in outcome.note for outcome in to_do)


@pytest.mark.slow
@EACH_BELIEF
def test_a_belief_costs_points_and_is_named(exercise: str, belief: Belief) -> None:
    checks = kit.checks(exercise)
    only = [check for check, name in CAUGHT_ONLY.get(exercise, {}).items() if name == belief.name]
    if only:  # all checks are asked, also those that would wait for another one
        checks = tuple(replace(check, needs=()) for check in checks)
    submission = wrong_submission(exercise, belief)
    verdict = judge(submission, exercise, "tests", limits=HURRIED, checks=checks)
    report = feedback.report(verdict)
    failed = [o for o in verdict.outcomes if o.status is not Status.PASSED]
    if only:
        assert [outcome.check.name for outcome in failed] == only, report
    assert 0 < verdict.score < verdict.most, report
    # A belief is wrong in one thing, so no other may be put into its mouth.
    assert {outcome.beliefs[0] for outcome in failed if outcome.beliefs} == {belief}, report
    for outcome in failed:
        lines = [feedback.heading(outcome), *feedback.explain(outcome)]
        assert len(lines) <= feedback.MOST_LINES, report
        assert max(map(columns, lines)) <= feedback.WIDTH, report


@EACH_BELIEF
def test_what_is_said_of_a_belief_fits(exercise: str, belief: Belief) -> None:
    assert len(wrap(f'you think: "{belief.says}"', 66)) <= 2
    assert len(wrap(belief.look, 66)) <= 2
    assert belief.lesson in kit.LESSONS


@pytest.mark.parametrize("belief", PROMISED)
def test_what_the_course_promises_is_there(belief: str) -> None:
    there = {f"{exercise} {one.name}" for exercise, one in BELIEFS}
    assert set(PROMISED[belief]) <= there


@pytest.mark.parametrize("exercise", EXERCISES)
def test_names_are_unique_and_needs_are_there(exercise: str) -> None:
    names = [check.name for check in kit.checks(exercise)]
    assert len(set(names)) == len(names)
    beliefs = [belief.name for belief in kit.beliefs(exercise)]
    assert len(set(beliefs)) == len(beliefs)
    assert all(check.lesson in kit.LESSONS for check in kit.checks(exercise))
    assert all(set(check.needs) <= set(names) for check in kit.checks(exercise))


@pytest.mark.parametrize("exercise", CAUGHT_ONLY)
def test_every_check_is_needed(exercise: str) -> None:
    """Without it, somebody with a catalogued belief would get full marks: see the test above."""
    names = {belief.name for belief in kit.beliefs(exercise)}
    assert set(CAUGHT_ONLY[exercise]) == {check.name for check in kit.checks(exercise)}
    assert set(CAUGHT_ONLY[exercise].values()) <= names


def test_another_seed_asks_other_questions() -> None:
    """Whoever writes the answers of one seed into the code fails with the next one."""
    exercise, belief = next(pair for pair in BELIEFS if pair[1].name == "hex-digest")
    shown = set()
    for seed in ("1", "2", "1"):
        verdict = judge(wrong_submission(exercise, belief), exercise, seed)
        shown.add(feedback.report(verdict))
    assert len(shown) == 2
