"""The checks are checked: starters wait, each belief is found and named, and explained well."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wslab.grading import feedback, kit
from wslab.grading.beliefs import Belief
from wslab.grading.check import Status
from wslab.grading.judge import judge
from wslab.grading.submission import read_folder
from wslab.views.columns import columns, wrap

from .wrong import wrong_submission

EXERCISES = kit.written()
BELIEFS = [(exercise, belief) for exercise in EXERCISES for belief in kit.beliefs(exercise)]


@pytest.mark.parametrize("exercise", EXERCISES)
def test_a_starter_is_told_what_to_do_next(exercise: str) -> None:
    verdict = judge(read_folder(kit.root() / "exercises"), exercise, "tests")
    assert verdict.score == 0
    to_do = [outcome for outcome in verdict.outcomes if outcome.status is Status.MISSING]
    waiting = [outcome for outcome in verdict.outcomes if outcome.status is Status.WAITING]
    assert to_do
    assert len(to_do) + len(waiting) == len(verdict.outcomes), feedback.report(verdict)
    assert all("waits for you in" in outcome.note for outcome in to_do)


@pytest.mark.parametrize(
    ("exercise", "belief"), BELIEFS, ids=[f"{exercise}-{b.name}" for exercise, b in BELIEFS]
)
def test_a_belief_costs_points_and_is_named(exercise: str, belief: Belief) -> None:
    verdict = judge(wrong_submission(exercise, belief), exercise, "tests")
    report = feedback.report(verdict)
    assert 0 < verdict.score < verdict.most, report
    named = [outcome.beliefs[0] for outcome in verdict.outcomes if outcome.beliefs]
    assert belief in named, report
    # A belief is wrong in one thing, so no other may be put into its mouth.
    assert {one.name for one in named} == {belief.name}, report
    for outcome in verdict.outcomes:
        lines = [feedback.heading(outcome), *feedback.explain(outcome)]
        assert len(lines) <= feedback.MOST_LINES, report
        assert max(map(columns, lines)) <= feedback.WIDTH, report


@pytest.mark.parametrize(("exercise", "belief"), BELIEFS, ids=[b.name for _, b in BELIEFS])
def test_what_is_said_of_a_belief_fits(exercise: str, belief: Belief) -> None:
    assert len(wrap(f'you think: "{belief.says}"', 66)) <= 2
    assert len(wrap(belief.look, 66)) <= 2
    assert belief.lesson in kit.LESSONS


@pytest.mark.parametrize("exercise", EXERCISES)
def test_names_are_unique_and_needs_are_there(exercise: str) -> None:
    names = [check.name for check in kit.checks(exercise)]
    assert len(set(names)) == len(names)
    beliefs = [belief.name for belief in kit.beliefs(exercise)]
    assert len(set(beliefs)) == len(beliefs)
    assert all(check.lesson in kit.LESSONS for check in kit.checks(exercise))
    assert all(set(check.needs) <= set(names) for check in kit.checks(exercise))


@pytest.mark.parametrize("exercise", EXERCISES)
def test_every_check_is_needed(exercise: str) -> None:
    """Without it, somebody with one of the catalogued beliefs would get full marks."""
    alone = [replace(check, needs=()) for check in kit.checks(exercise)]
    only_here = set()
    for belief in kit.beliefs(exercise):
        outcomes = judge(wrong_submission(exercise, belief), exercise, "x", checks=alone).outcomes
        failed = [o.check.name for o in outcomes if o.status is not Status.PASSED]
        if len(failed) == 1:
            only_here.update(failed)
    assert {check.name for check in alone} - only_here == set()


def test_another_seed_asks_other_questions() -> None:
    """Whoever writes the answers of one seed into the code fails with the next one."""
    exercise, belief = next(pair for pair in BELIEFS if pair[1].name == "hex-digest")
    shown = set()
    for seed in ("1", "2", "1"):
        verdict = judge(wrong_submission(exercise, belief), exercise, seed)
        shown.add(feedback.report(verdict))
    assert len(shown) == 2
