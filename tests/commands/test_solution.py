"""``python -m wslab solution``: after all points, or after giving up, which is noted."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

import pytest

import wslab
from tests.support.shell import trouble
from wslab.cli import main
from wslab.grading import kit, learner

ROOT = Path(__file__).resolve().parents[2]
OURS = (ROOT / "solutions" / "ex05_masking.py").read_text("utf-8")


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_after_all_points_it_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    wslab.check("ex05", folder=str(ROOT / "solutions"))
    assert main(["solution", "ex05"]) == 0
    assert capsys.readouterr() == (OURS, "")
    assert learner.standing("ex05").solution == learner.SOLVED


def test_before_that_it_asks_and_a_no_is_a_no(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wslab.check("ex05", folder=str(ROOT / "exercises"))
    answer(monkeypatch, "n\n")
    assert main(["solution", "ex05"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "You have 0 of 10 points. To give up is noted" in err
    assert "python -m wslab hint ex05" in err
    assert learner.standing("ex05").solution == ""


def test_a_yes_is_noted_and_not_asked_for_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, "y\n")
    assert main(["solution", "5"]) == 0
    out, err = capsys.readouterr()
    assert out == OURS
    assert "You have not checked yours yet." in err
    assert learner.standing("ex05").solution == learner.GAVE_UP
    assert main(["solution", "5"]) == 0
    assert capsys.readouterr() == (OURS, "")


def test_to_give_up_can_be_said_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solution", "ex05", "--give-up"]) == 0
    assert capsys.readouterr() == (OURS, "")
    assert learner.standing("ex05").solution == learner.GAVE_UP


def test_what_stands_in_the_way(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "Is it ex05?" in trouble(capsys, "solution", "ex5")
    checks = tmp_path / "tests" / "exercises" / "checks"
    shutil.copytree(ROOT / "tests" / "exercises" / "checks", checks)
    monkeypatch.setattr(kit, "root", lambda: tmp_path)
    assert "no solutions: ask who teaches you" in trouble(capsys, "solution", "ex05", "--give-up")
    assert learner.standing("ex05").solution == "", "what was not shown was not seen"
