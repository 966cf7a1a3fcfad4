"""What steps in for a student's missing pieces keeps the promises that those pieces make."""

from __future__ import annotations

import pytest

from tests.grading.drafts import PATIENT
from wslab.grading import feedback, kit
from wslab.grading.check import Status
from wslab.grading.judge import judge, run
from wslab.grading.session import Session
from wslab.grading.submission import Submission

from .wrong import solution

TEXT = "import os, sys\nsys.path.insert(0, os.getcwd())\nfrom fallback import *\n"
NOT_LENT = {
    "ex01": {"echoed", "left_open", "asked", "asked_in_vain", "served", "many_clients", "hangs_up"},
    "ex03": {"accept_value"},
    "ex04": {"from_a_stream", "stream_ends"},
    "ex05": {"in_chunks", "no_secret", "nothing_to_take_off"},
    "ex06": set[str](),
}
"""Checks of functions that ex07 and ex09 don't build on."""


@pytest.mark.parametrize("exercise", NOT_LENT)
def test_what_is_lent_passes_the_checks(exercise: str) -> None:
    asked = [check for check in kit.checks(exercise) if check.name not in NOT_LENT[exercise]]
    assert asked
    with Session({"mine": TEXT}, "mine", PATIENT, kit.companions("ex07")) as session:
        for check in asked:
            outcome = run(check, session, "a seed", ())
            assert outcome.status is Status.PASSED, feedback.explain(outcome)


@pytest.mark.parametrize(("exercise", "lent"), [("ex07", 10), ("ex09", 5)])
def test_one_exercise_alone_gets_full_marks_on_lent_pieces(exercise: str, lent: int) -> None:
    name = kit.FILES[exercise]
    alone = Submission({name: solution().texts[name]})
    verdict = judge(alone, exercise, "a seed", limits=PATIENT)
    assert verdict.score == verdict.most, feedback.report(verdict)
    assert len(verdict.borrowed) == lent


def test_a_chat_opens_and_refuses_as_exercise_7_has_to() -> None:
    """``shake_hands`` and ``next_message`` as they are lent, met by the checks of exercise 7."""
    text = solution().texts[kit.FILES["ex07"]]
    start, _, rest = text.partition("def shake_hands(")
    talk = rest[rest.index("def talk(") :].replace("shake_hands(", "fallback.shake_hands(")
    mine = start + "import fallback\n\n\n" + talk.replace("next_message(", "fallback.next_message(")
    with Session({"mine": mine}, "mine", PATIENT, kit.companions("ex09")) as session:
        for check in kit.checks("ex07"):
            outcome = run(check, session, "a seed", ())
            assert outcome.status is Status.PASSED, feedback.explain(outcome)
