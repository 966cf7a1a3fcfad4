"""From the files of one submission to its record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from wslab.grading import kit, record, task
from wslab.grading.check import check
from wslab.grading.coordinator import Coordinator, NotIsolated
from wslab.grading.intake import entries
from wslab.grading.journal import Journal
from wslab.grading.judge_process import Judge
from wslab.grading.student import Student
from wslab.grading.task import Task, grade, survey

from .graded_runs import WRONG, submission


def a_task(root: Path, *exercises: str) -> Task:
    (entry,) = entries(root, exercises)
    return Task(entry, survey(entry), exercises, "seed", "kit")


def test_a_record_says_what_the_student_reads(tmp_path: Path) -> None:
    submission(tmp_path / "anna", ex05=WRONG)
    found = grade(a_task(tmp_path, "ex03", "ex05"))
    assert found.status == record.GRADED
    assert found.score == sum(one.score or 0 for one in found.checks)
    assert 0 < found.score < found.max_score
    assert record.Record.from_json(found.to_json()) == found
    failed = [one for one in found.checks if one.status == "failed"]
    assert failed
    assert all(one.lines[-1].startswith("  Read on:") for one in failed)
    assert found.isolation.startswith("own process; ")


def test_what_is_there_decides_the_status(tmp_path: Path) -> None:
    submission(tmp_path / "anna")
    assert grade(a_task(tmp_path, "ex05")).status == record.GRADED
    some = grade(a_task(tmp_path, "ex04", "ex05"))
    assert (some.status, some.note) == (record.PARTIAL, "There is no ex04_frames.py in the folder.")
    none = grade(a_task(tmp_path, "ex04"))
    assert (none.status, none.score) == (record.EMPTY, 0)
    assert none.max_score == sum(one.points for one in kit.checks("ex04"))


def test_a_fault_of_the_grader_is_no_zero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @check("ex05", points=3, title="t", lesson="05")
    def broken(student: Student) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr(kit, "checks", lambda key: (broken,))
    submission(tmp_path / "anna")
    found = grade(a_task(tmp_path, "ex05"))
    assert (found.status, found.score, found.max_score) == (record.NEEDS_A_PERSON, None, 3)
    assert found.checks[0].score is None


def test_what_changes_under_our_hands_gets_no_mark(tmp_path: Path) -> None:
    submission(tmp_path / "anna")
    old = a_task(tmp_path, "ex05")
    (tmp_path / "anna" / "ex05_masking.py").write_text("")
    found = grade(old)
    assert (found.status, found.score) == (record.NEEDS_A_PERSON, None)
    assert "It changed" in found.note


def test_the_key_knows_all_that_can_change_a_mark(tmp_path: Path) -> None:
    submission(tmp_path / "anna")
    one = a_task(tmp_path, "ex05")
    elsewhere = replace(one.entry, folder="x")
    others = [replace(one, seed="x"), replace(one, kit_hash="x"), replace(one, exercises=()),
              replace(one, submission_hash="x"), replace(one, entry=elsewhere)]  # fmt: skip
    assert len({each.key for each in [one, *others]}) == 6
    assert replace(one, entry=replace(one.entry, flags=("x",))).key == one.key
    assert len(task.kit_hash()) == 16


def test_without_isolation_somebody_must_say_yes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(judge: Judge, patience: float) -> None:
        judge.isolated = False

    monkeypatch.setattr(Judge, "start", start)
    submission(tmp_path / "in" / "anna")
    (tmp_path / "out").mkdir()
    coordinator = Coordinator(tmp_path / "in", tmp_path / "out", "s", ["ex05"])
    with Journal(tmp_path / "out") as journal, pytest.raises(NotIsolated):
        coordinator.run(journal, lambda graded: None)
