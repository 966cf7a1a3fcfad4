"""The student's own run: on the command line, in a notebook, and in words that help."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import wslab
from wslab.cli import main
from wslab.grading import kit, own

ROOT = Path(__file__).resolve().parents[2]


def test_the_command_says_what_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "ex03", "--folder", str(ROOT / "solutions")]) == 0
    out = capsys.readouterr().out
    assert out.count("\nok ") == len(kit.checks("ex03"))
    assert own.HONEST in out
    assert "Go on with:  ex04_frames.py" in out


def test_the_command_says_what_is_not(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = (ROOT / "solutions" / "ex05_masking.py").read_text("utf-8")
    (tmp_path / "ex05_masking.py").write_text(
        text.replace("turns = cycle(key)", "turns = iter(key * 9)")
    )
    assert main(["check", "5", "--folder", str(tmp_path), "--seed", "abc"]) == 1
    out = capsys.readouterr().out
    assert "not yet" in out
    assert "--seed abc" in out
    assert "python -m wslab hint ex05" in out
    assert main(["check", "ex77"]) == 2
    assert "There is no exercise" in capsys.readouterr().err


def test_a_folder_is_read_as_the_graded_run_reads_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Who argues about a mark must see what the mark came from."""
    inside = tmp_path / "anna" / "week 5"
    inside.mkdir(parents=True)
    shutil.copy(ROOT / "solutions" / "ex05_masking.py", inside)
    archive = shutil.make_archive(str(tmp_path / "ben"), "zip", inside)
    for place in (str(tmp_path / "anna"), archive):
        assert main(["check", "ex05", "--folder", place]) == 0
    capsys.readouterr()
    assert main(["check", "ex03", "--folder", str(tmp_path / "anna"), "--seed", "s"]) == 1
    assert f"check ex03 --folder {tmp_path / 'anna'} --seed s" in capsys.readouterr().out
    assert main(["check", "ex05", "--folder", "nowhere"]) == 2
    assert "There is no 'nowhere'." in capsys.readouterr().err


def test_far_from_the_exercises_it_says_which_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert f"The files are those in {os.path.relpath(ROOT / 'exercises')}" in repr(own.check("5"))
    monkeypatch.chdir(ROOT)
    assert "The files are those" not in repr(own.check("5"))


def test_a_file_that_is_gone_can_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ex03_opening_handshake.py").touch()
    assert "python -m wslab reset ex05" in repr(own.check("5"))
    assert main(["reset", "ex05"]) == 0
    assert "python -m wslab reset" not in repr(own.check("5"))


def test_what_wslab_lends_is_said_openly(tmp_path: Path) -> None:
    shutil.copy(ROOT / "solutions" / "ex07_websocket_echo.py", tmp_path)
    for name in ("ex01_echo_over_tcp", "ex03_opening_handshake", "ex05_masking", "ex06_messages"):
        shutil.copy(ROOT / "solutions" / f"{name}.py", tmp_path)
    report = own.check("7", folder=str(tmp_path))
    assert "Not yours, but lent by wslab: decode_frame, encode_frame." in repr(report)
    assert "lent by wslab" in report._repr_html_()
    assert "lent" not in repr(own.check("3", folder=str(tmp_path)))


def test_it_says_when_nothing_can_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a_file").touch()
    monkeypatch.setenv("WSLAB_NOTES", str(tmp_path / "a_file"))
    assert "Points are not kept: cannot write" in repr(own.check("5"))
    main(["hint", "ex05.apply_mask"])
    assert "the next time it is the same hint: cannot write" in capsys.readouterr().err
    main(["solution", "ex05", "--give-up"])
    assert "that you saw it is not noted: cannot write" in capsys.readouterr().err
    main(["progress"])
    assert "Nothing is kept yet." in capsys.readouterr().out


def test_the_current_folder_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert own.own_files() == ROOT / "exercises"
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "ex03_opening_handshake.py").write_text("")
    assert own.own_files() == tmp_path / "exercises", "another copy than the kit's own"
    (tmp_path / "ex05_masking.py").write_text("")
    assert own.own_files() == tmp_path


def test_in_a_notebook_it_is_a_table() -> None:
    report = wslab.check("ex05", seed="1", folder=str(ROOT / "exercises"))
    html = report._repr_html_()
    assert html.count("<tr") == len(kit.checks("ex05")) + 2
    assert html.count("<table") == html.count("</table>") == 1
    assert "class=" not in html
    assert "<script" not in html
    assert "apply_mask is still to be written" in html
    assert repr(report).splitlines()[0] == "ex05  ex05_masking.py"
    assert not report.passed


def test_a_students_text_is_text_in_html(tmp_path: Path) -> None:
    (tmp_path / "ex05_masking.py").write_text("def apply_mask(data, key): return '<b>&'")
    html = wslab.check("ex05", folder=str(tmp_path))._repr_html_()
    assert "&lt;b&gt;&amp;" in html
    assert "'<b>&'" not in html


def test_what_the_code_prints_is_shown(tmp_path: Path) -> None:
    code = "print('begin')\ndef apply_mask(data, key):\n    print('key', len(key), '\\x1b[2J')\n"
    (tmp_path / "ex05_masking.py").write_text(code)
    report = wslab.check("ex05", folder=str(tmp_path))
    assert "Printed by ex05_masking.py:\n  begin\n  key 4 \\x1b[2J\n" in repr(report)
    assert "... and " in repr(report)
    assert "Printed by ex05_masking.py" in report._repr_html_()


def test_without_the_kits_folder_it_says_where_to_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit, "__file__", "/nowhere/wslab/grading/kit.py")
    with pytest.raises(kit.KitError, match=r"start\.py"):
        kit.root()


def test_check_is_loaded_when_it_is_used() -> None:
    program = "import sys, wslab; print([n for n in sys.modules if 'grading' in n]); wslab.check"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True,
                          timeout=60, check=True)  # fmt: skip
    assert done.stdout.strip() == "[]"
