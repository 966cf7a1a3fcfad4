"""What is remembered about a learner: of honest notes all, of damaged ones nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

import wslab
from wslab import notes
from wslab.grading import kit, learner

ROOT = Path(__file__).resolve().parents[2]
SOLUTIONS, EXERCISES = str(ROOT / "solutions"), str(ROOT / "exercises")


def test_a_check_is_remembered_also_from_a_notebook() -> None:
    assert learner.standing("ex05") == learner.Standing()
    wslab.check("ex05", folder=EXERCISES)
    now = learner.standing("ex05")
    assert (now.score, now.solved) == (0, False)
    assert now.most == sum(check.points for check in kit.checks("ex05"))
    assert now.stuck == ("apply_mask", "unmask_stream", "eavesdrop")


def test_who_has_solved_it_once_has_solved_it() -> None:
    wslab.check("ex05", folder=SOLUTIONS)
    now = learner.standing("ex05")
    assert (now.score, now.solved, now.stuck) == (now.most, True, ())
    wslab.check("ex05", folder=EXERCISES)
    after = learner.standing("ex05")
    assert after.score == after.most, "a worse save takes no points away"
    assert after.solved
    assert after.stuck


def test_hints_are_counted_to_the_last_one() -> None:
    assert [learner.take_hint("ex05.eavesdrop") for _ in range(5)] == [1, 2, 3, 3, 3]
    learner.take_hint("ex05.apply_mask")
    learner.take_hint("ex06.encode_close")
    assert learner.standing("ex05").hints == 4


def test_to_give_up_stays_so() -> None:
    learner.see_solution("ex05", learner.GAVE_UP)
    learner.see_solution("ex05", learner.SOLVED)
    assert learner.standing("ex05").solution == learner.GAVE_UP


@pytest.mark.parametrize("note", [3, "all", [None], {"score": "7"}, {"stuck": 3, "solved": "yes"}])
def test_damaged_notes_count_as_none(note: object) -> None:
    notes.write("checks", "ex05", note)
    notes.write("hints", "ex05.eavesdrop", "many")
    notes.write("hints", "ex05.apply_mask", -3)
    notes.write("solutions", "ex05", ["seen"])
    assert learner.standing("ex05") == learner.Standing()
    assert learner.take_hint("ex05.eavesdrop") == 1


def test_where_nothing_can_be_written_a_check_is_shown_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("WSLAB_NOTES", str(tmp_path / "file"))
    assert not wslab.check("ex05", folder=EXERCISES).passed
    assert learner.take_hint("ex05.eavesdrop") == 1
