"""The journal keeps every mark, whatever ends the run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wslab.grading.journal import Journal, JournalError
from wslab.grading.record import CheckRecord, Graded, Record

CHECK = CheckRecord("ex03.a", "ex03", "A", 2, None, "fault", "ex03.hex-digest", ("é", "two"))
MARK = Graded(
    Record("anna", "anna.zip", "graded", None, 2, ("x",), checks=(CHECK,)), "2026-01-01", 0.5
)


def test_a_mark_comes_back_as_it_was(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.start("k")
        journal.mark("k", MARK)
        assert not journal.begun
    with Journal(tmp_path) as journal:
        assert journal.done == {"k": MARK}
        assert journal.done["k"].record.line() == MARK.record.line()


def test_what_was_begun_and_not_finished_is_remembered(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.start("a")
        journal.start("b")
        journal.let_go("b")
    with Journal(tmp_path) as journal:
        assert dict(journal.begun) == {"a": 1}
        journal.start("a", alone=True)
    with Journal(tmp_path) as journal:
        assert (journal.begun["a"], journal.alone["a"]) == (2, 1)
        journal.mark("a", MARK)
        assert journal.begun["a"] == 0


def test_a_line_that_was_cut_anywhere_is_as_if_never_written(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.mark("a", MARK)
        whole = journal.path.stat().st_size
        journal.mark("b", MARK)
    data = (tmp_path / "journal").read_bytes()
    for cut in range(whole, len(data), 7):
        (tmp_path / "journal").write_bytes(data[:cut])
        with Journal(tmp_path) as journal:
            assert set(journal.done) == {"a"}
            journal.mark("c", MARK)
        with Journal(tmp_path) as journal:
            assert set(journal.done) == {"a", "c"}


def test_zeros_at_the_end_and_rubbish_in_the_middle_cost_only_themselves(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        for key in "abc":
            journal.mark(key, MARK)
    lines = (tmp_path / "journal").read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b"anna", b"otto")
    (tmp_path / "journal").write_bytes(b"".join(lines) + bytes(4096))
    with Journal(tmp_path) as journal:
        assert set(journal.done) == {"a", "c"}
        journal.mark("d", MARK)
    with Journal(tmp_path) as journal:
        assert set(journal.done) == {"a", "c", "d"}


def test_two_runs_cannot_have_it(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from wslab.grading.journal import *\n"
        "try: Journal(Path(sys.argv[1]))\n"
        "except JournalError as error: print(error)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]

    def other() -> str:
        root = Path(__file__).resolve().parents[2]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60)
        return done.stdout

    with Journal(tmp_path):
        assert "Another run is grading" in other()
    assert other() == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.mark("a", MARK)
        real, journal._fd = journal._fd, os.open("/dev/full", os.O_WRONLY)
        with pytest.raises(JournalError, match=r"No space left.*run the same command again"):
            journal.mark("b", MARK)
        os.close(journal._fd)
        journal._fd = real
    with Journal(tmp_path) as journal:
        assert set(journal.done) == {"a"}
