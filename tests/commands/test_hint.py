"""``python -m wslab hint``: about which function, one at a time, and what has no hint."""

from __future__ import annotations

from pathlib import Path

import pytest

import wslab
from tests.support.shell import trouble
from wslab.cli import main
from wslab.grading import kit, learner

ROOT = Path(__file__).resolve().parents[2]
STARTERS = ("--folder", str(ROOT / "exercises"))


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["hint", *words]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert all(len(line) <= 80 for line in out.splitlines())
    return out


def test_three_steps_and_then_the_last_one_again(capsys: pytest.CaptureFixture[str]) -> None:
    first, second, third, again = (said(capsys, "ex03.accept_key") for _ in range(4))
    assert first.startswith("ex03.accept_key, hint 1 of 3: a question\n")
    assert "The next hint:  python -m wslab hint ex03.accept_key" in first
    assert second.startswith("ex03.accept_key, hint 2 of 3: a pointer\n")
    assert third.startswith("ex03.accept_key, hint 3 of 3: a skeleton\n\n  def accept_key(key):\n")
    assert "That was the last hint." in third
    assert again == third


def test_those_one_has_had_can_be_read_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no hint about ex03.accept_key yet" in trouble(
        capsys, "hint", "ex03.accept_key", "--again"
    )
    parts = [said(capsys, "ex03.accept_key").split("\n\nThink")[0] for _ in range(2)]
    text = said(capsys, "ex03.accept_key", "--again")
    assert text.startswith("\n\n".join(parts))
    assert "a skeleton" not in text
    assert learner.hints_taken("ex03.accept_key") == 2


def test_a_check_leads_to_its_function(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "ex03.accept_value").startswith("ex03.accept_key, hint 1")


def test_the_name_of_the_file_will_do(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "exercises/ex03_opening_handshake.py", *STARTERS)
    assert text.startswith("ex03.parse_request, hint 1")


def test_without_a_function_it_is_about_what_comes_next(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "ex05_masking.py"
    solution = (ROOT / "solutions" / file.name).read_text("utf-8")
    assert said(capsys, "5", *STARTERS).startswith("ex05.apply_mask, hint 1")

    file.write_text(solution)
    here = ("ex05", "--folder", str(tmp_path))
    assert "is all written" in trouble(capsys, "hint", *here)

    file.write_text(solution + "\ndef unmask_stream(chunks, key):\n    return b''\n")
    wslab.check("ex05", folder=str(tmp_path))
    assert said(capsys, *here).startswith("ex05.unmask_stream, hint 1")

    file.write_text(solution)
    wslab.check("ex05", folder=str(tmp_path))
    assert "nothing left to hint at" in trouble(capsys, "hint", *here)

    file.unlink()
    assert "ex05_masking.py cannot be read" in trouble(capsys, "hint", *here)


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ("ex33", "Is it ex03?"),
        ("ex03.acept_key", "Is it accept_key?"),
        ("ex03.nonsense", "ex03 has no function 'nonsense': there are parse_request,"),
        ("ex01.served", "runs the whole program: ask about send_all"),
    ],
)
def test_what_has_no_hint(about: str, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert expected in trouble(capsys, "hint", about)


@pytest.mark.parametrize("key", kit.FILES)
def test_every_exercise_has_a_first_hint(key: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "hint 1 of 3" in said(capsys, key, *STARTERS)
