"""``python -m wslab watch``: it sees every way to save, and ends well."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from tests.support.shell import PYTHON, ended, environment, posix, running, trouble
from wslab.commands import watch
from wslab.grading import learner

ROOT = Path(__file__).resolve().parents[2]
NAME = "ex05_masking.py"
STARTER = (ROOT / "exercises" / NAME).read_text("utf-8")
SOLUTION = (ROOT / "solutions" / NAME).read_text("utf-8")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / NAME).write_text(STARTER)
    return tmp_path / NAME


def round_of(process: subprocess.Popen[bytes]) -> str:
    """What is shown after one save."""
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line.decode())
        if "Ctrl-C ends it." in lines[-1]:
            return "".join(lines)
    pytest.fail("it ended: " + "".join(lines))


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_checks_at_once_and_after_each_save(file: Path, number: signal.Signals) -> None:
    with running("watch", "ex05", "--folder", str(file.parent)) as process:
        assert "0 of 10 points." in round_of(process)
        assert learner.standing("ex05").score == 0

        file.write_text(SOLUTION)  # in place
        assert "10 of 10 points." in round_of(process)

        other = file.with_name(f".{NAME}.swp")  # a new file that takes the name
        other.write_text(STARTER)
        other.replace(file)
        assert "\n0 of 10 points." in round_of(process)

        file.unlink()  # gone for a moment
        file.write_text(SOLUTION)
        text = round_of(process)
        assert "10 of 10 points." in text
        assert "\x1b" not in text, "this is no terminal"
        assert learner.standing("ex05").solved

        process.send_signal(number)
        status, out, err = ended(process)
        assert (status, out.strip(), err) == (0, "", "")


@posix
def test_it_ends_well_in_the_middle_of_a_check(file: Path) -> None:
    with running("watch", "ex05", "--folder", str(file.parent)) as process:
        round_of(process)
        file.write_text("while True:\n    pass\n")  # such a check takes seconds
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        process.send_signal(signal.SIGINT)
        status, _out, err = ended(process)
        assert (status, err) == (0, "")


@posix
def test_on_a_terminal_each_check_has_the_screen_for_itself(file: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    words = [*PYTHON, "-m", "wslab", "watch", "ex05", "--folder", str(file.parent)]
    shown = b""
    with (
        open(ours, "rb", buffering=0) as screen,
        subprocess.Popen(words, stdout=theirs, env=environment(TERM="xterm")) as process,
    ):
        while b"Ctrl-C ends it." not in shown:
            shown += screen.read(10_000)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        os.close(theirs)
    assert shown.startswith(watch.CLEAR.encode())


def test_what_cannot_be_watched(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Is it ex05?" in trouble(capsys, "watch", "exo5")


# ---------------------------------------------------------------- what counts as a save


def seen(looks: list[watch.Look], count: int) -> list[watch.Look]:
    """The saves in a series of looks; a look is taken whenever there is one."""
    series: Iterator[watch.Look] = iter(looks)
    return list(islice(watch.saves(lambda: next(series), lambda _: None), count))


def test_a_change_counts_when_it_is_at_rest() -> None:
    half, whole = ("half",), ("whole",)
    assert seen([("old",), ("old",), half, whole, whole, whole], 2) == [("old",), whole]


def test_a_file_that_is_gone_has_not_been_saved() -> None:
    old, gone, new = ("old",), (None,), ("new",)
    assert seen([old, gone, gone, old, gone, new, new], 2) == [old, new]
    with pytest.raises(RuntimeError):  # no look is left: nothing more was seen
        seen([old, gone, old, gone], 2)


def test_one_missing_file_does_not_hide_the_others() -> None:
    looks: list[watch.Look] = [("a", None), ("b", None), ("b", None)]
    assert seen(looks, 2) == [("a", None), ("b", None)]


def test_a_look_sees_content_length_and_time(file: Path) -> None:
    first = watch.look([file])
    assert watch.look([file]) == first
    fact = file.stat()
    file.write_text(STARTER.replace("5", "6"))  # as long as before
    os.utime(file, ns=(fact.st_atime_ns, fact.st_mtime_ns))  # a network drive with a coarse clock
    second = watch.look([file])
    assert second != first
    os.utime(file, ns=(0, 0))  # saved again, without a change
    assert watch.look([file]) != second


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    paths = [tmp_path / "folder", tmp_path / "nothing"]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        paths.append(tmp_path / "pipe")
    assert set(watch.look(paths)) == {None}


def test_exercise_7_looks_at_all_that_it_is_built_from(tmp_path: Path) -> None:
    assert len(watch.files("ex07", tmp_path)) == 7
    assert watch.files("ex05", tmp_path) == [tmp_path / NAME]


def test_a_folder_that_goes_away_is_no_end(tmp_path: Path) -> None:
    shutil.rmtree(tmp_path)
    assert watch.look(watch.files("ex05", tmp_path)) == (None,)
