"""``python -m wslab reset``: asks, keeps what was written, and loses nothing when it cannot."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from tests.support.shell import posix, trouble, wslab
from wslab.cli import main
from wslab.grading import kit

NAME = "ex05_masking.py"
STARTER = kit.starter("ex05").encode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / NAME).write_bytes(b"# mine\r\n")
    return tmp_path / NAME


def reset(file: Path, *words: str) -> list[str]:
    return ["reset", "ex05", "--folder", str(file.parent), *words]


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_after_a_yes_the_starter_is_back_and_the_work_beside_it(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, "y\n")
    assert main(reset(file)) == 0
    out, err = capsys.readouterr()
    assert "[y/N]" in err
    assert f"{file} is the starter again." in out
    assert file.read_bytes() == STARTER
    assert (file.parent / f"{NAME}.backup-1").read_bytes() == b"# mine\r\n"


@pytest.mark.parametrize("text", ["n\n", "\n", "yess\n", "never"])
def test_anything_else_is_a_no(
    text: str, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, text)
    assert main(reset(file)) == 1
    assert capsys.readouterr().out == "Nothing was changed.\n"
    assert [path.name for path in file.parent.iterdir()] == [NAME]


def test_an_answer_that_is_no_text_is_a_no(file: Path) -> None:
    done = wslab(*reset(file), stdin=b"\xff\n")
    assert (done.returncode, done.stdout) == (1, b"Nothing was changed.\n")


def test_where_nobody_can_answer_it_needs_yes(file: Path) -> None:
    done = wslab(*reset(file))
    assert done.returncode == 2
    assert done.stderr.decode().endswith("wslab: Nobody answers here: say --yes.\n")
    assert file.read_bytes() == b"# mine\r\n"
    assert wslab(*reset(file, "--yes")).returncode == 0
    assert file.read_bytes() == STARTER


def test_backups_are_numbered_and_none_is_replaced(file: Path) -> None:
    for text in (b"one", b"two", b"three"):
        file.write_bytes(text)
        assert main(reset(file, "--yes")) == 0
    kept = [(file.parent / f"{NAME}.backup-{n}").read_bytes() for n in (1, 2, 3)]
    assert kept == [b"one", b"two", b"three"]
    assert len(list(file.parent.iterdir())) == 4


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_starter_needs_no_backup(
    end: bytes, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(STARTER.replace(b"\n", end))
    assert main(reset(file)) == 0
    assert "is the starter already" in capsys.readouterr().out
    assert len(list(file.parent.iterdir())) == 1


def test_a_file_that_is_gone_comes_back(file: Path) -> None:
    file.unlink()
    assert main(reset(file)) == 0
    assert [path.read_bytes() for path in file.parent.iterdir()] == [STARTER]


def test_what_stands_in_the_way(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Is it ex05?" in trouble(capsys, "reset", "masking")
    file.unlink()
    file.mkdir()
    assert "Cannot read" in trouble(capsys, *reset(file, "--yes"))
    gone = file.parent / "gone" / NAME
    assert "Cannot write" in trouble(capsys, *reset(gone))


@posix
def test_without_a_backup_nothing_is_replaced(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a full disk."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    assert "no space left" in trouble(capsys, *reset(file, "--yes"))
    assert [path.read_bytes() for path in file.parent.iterdir()] == [b"# mine\r\n"]
