"""``python -m wslab progress``: the table, before and after."""

from __future__ import annotations

from pathlib import Path

import pytest

import wslab
from wslab import notes
from wslab.cli import main
from wslab.grading import kit, learner

ROOT = Path(__file__).resolve().parents[2]


def rows(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    assert main(["progress"]) == 0
    out = capsys.readouterr().out
    assert str(notes.folder()) in out
    lines = out.split("\n\n")[0].splitlines()
    assert all(len(line) <= 80 for line in lines)
    return {line.split()[0][:4]: " ".join(line.split()[1:]) for line in lines[1:]}


def test_before_the_first_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert rows(capsys) == dict.fromkeys(kit.FILES, "- - -")


def test_points_hints_and_solutions(capsys: pytest.CaptureFixture[str]) -> None:
    wslab.check("ex05", folder=str(ROOT / "solutions"))
    wslab.check("ex02", folder=str(ROOT / "exercises"))
    learner.take_hint("ex02.pack")
    learner.see_solution("ex04", learner.GAVE_UP)
    learner.see_solution("ex06", learner.SOLVED)
    table = rows(capsys)
    assert table["ex05"] == "10 of 10 - may be seen"
    assert table["ex02"] == "0 of 10 1 of 9 -"
    assert table["ex04"] == "- - seen, gave up"
    assert table["ex06"] == "- - seen, solved before"
