"""Beliefs that remember, and beliefs that only show when a whole program runs."""

from __future__ import annotations

from typing import Any

from wslab.grading.answers import Answer, Kind
from wslab.grading.beliefs import Belief, belief, explaining
from wslab.grading.student import Trial


@belief("count", says="It goes on.", look="Ask twice.", lesson="01", signs=["It stays", "It goes"])
def goes_on(step: int, so_far: list[int] = [0]) -> int:  # noqa: B006 - it remembers
    so_far[0] += step
    return so_far[0]


def trial(step: int, came: int) -> Trial:
    """It should have given back ``step``."""
    return Trial("count", (step,), {}, returned(came), returned(step))


def returned(value: Any) -> Answer:
    return Answer(Kind.RETURNED, value)


def test_a_belief_that_remembers_starts_afresh_with_each_check() -> None:
    trials = [trial(1, 1), trial(1, 2), trial(5, 7)]
    for _ in range(2):
        assert explaining([goes_on], trials) == (goes_on,)
    assert explaining([goes_on], [trial(1, 1), trial(1, 2), trial(5, 8)]) == ()


def test_a_belief_about_a_program_is_known_by_its_signs() -> None:
    assert goes_on.is_behind(["All was well.", "It stays open.\nIts last words: none"])
    assert not goes_on.is_behind(["Nobody knows why it stays open."])
    assert not goes_on.is_behind([])
    without = Belief("count", "quiet", "", "", "01", "", goes_on.wrong)
    assert not without.is_behind(["It stays open."])
