"""The graded run, whole: the same marks whatever happens, and nothing is touched on the way."""

from __future__ import annotations

import csv
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wslab.cli import main
from wslab.grading.journal import Journal

from .graded_runs import HANGS, grade, result, some, start, submission, tree

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


def rows(out: Path) -> dict[str, dict[str, str]]:
    with open(out / "grades.csv", encoding="utf-8-sig", newline="") as file:
        return {row["student_id"]: row for row in csv.DictReader(file)}


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def test_any_number_of_jobs_gives_the_same_bytes(tmp_path: Path) -> None:
    submissions = some(tmp_path / "in", 5)
    for jobs in ("1", "2", "5"):
        grade(submissions, tmp_path / jobs, "--seed", "s", "--jobs", jobs)
    one = result(tmp_path / "1")
    assert len(one) > 15
    assert result(tmp_path / "2") == one
    assert result(tmp_path / "5") == one
    found = rows(tmp_path / "1")
    assert [found[f"s0{n}"]["status"] for n in range(5)] == [
        "graded", "graded", "graded", "empty", "graded",
    ]  # fmt: skip
    scores = [int(found[f"s0{n}"]["score"]) for n in range(5)]
    assert scores[0] == scores[4] == int(found["s00"]["max_score"])
    assert 0 == scores[3] < scores[2] <= scores[1] < scores[0]
    assert "the very same files as 's00'" in found["s04"]["flags"]


def test_paths_may_begin_at_the_current_folder(tmp_path: Path) -> None:
    """As in the guide: ``grade submissions -o marks``."""
    some(tmp_path / "submissions", 3)
    said = grade(Path("submissions"), Path("marks"), "--seed", "s", cwd=tmp_path)
    assert f"{Path('marks') / 'grades.csv'}: the marks." in said
    grade(tmp_path / "submissions", tmp_path / "other", "--seed", "s")
    assert result(tmp_path / "marks") == result(tmp_path / "other")


def test_another_seed_is_another_run(tmp_path: Path) -> None:
    submissions = some(tmp_path / "in", 2)
    out = tmp_path / "out"
    grade(submissions, out)
    seed = (out / "seed").read_text()
    before = result(out)
    marks = (out / "journal").read_bytes()
    grade(submissions, out)
    assert (out / "seed").read_text() == seed
    assert result(out) == before
    assert (out / "journal").read_bytes() == marks, "nothing had to be graded again"
    grade(submissions, out, "--seed", "other")
    assert len((out / "journal").read_bytes()) > len(marks)


@posix
def test_killed_ten_times_it_gives_the_same_bytes(tmp_path: Path) -> None:
    submissions = some(tmp_path / "in", 12)
    grade(submissions, tmp_path / "whole", "--seed", "s")
    out = tmp_path / "out"
    chance = random.Random("ten times")
    kills = 0
    for _ in range(10):
        process = start(submissions, out, "--seed", "s")
        size = _size(out)
        lines = chance.randrange(3)
        try:
            wait_for(
                lambda p=process, s=size, n=lines: _size(out) > s + 300 * n or p.poll() is not None,
                "nothing is graded",
            )
            time.sleep(chance.random() / 5)
        finally:
            process.kill()
            process.communicate(timeout=60)
        kills += process.returncode == -signal.SIGKILL
    assert kills >= 5
    grade(submissions, out, "--seed", "s")
    assert result(out) == result(tmp_path / "whole")


def _size(out: Path) -> int:
    path = out / "journal"
    return path.stat().st_size if path.exists() else 0


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    root = tmp_path / "in"
    submission(root / "anna")
    submission(root / "=1+1")
    submission(root / "zip me")
    shutil.make_archive(str(root / "anna"), "zip", root / "zip me")
    (root / "broken.zip").write_bytes(b"PK\x03\x04 rubbish")
    (root / "empty").mkdir()
    (root / "utf16").mkdir()
    text = (root / "anna" / "ex05_masking.py").read_text("utf-8")
    (root / "utf16" / "ex05_masking.py").write_bytes(text.replace("\n", "\r\n").encode("utf-16"))
    (root / "syntax").mkdir()
    (root / "syntax" / "ex05_masking.py").write_text("def apply_mask(data, key:\n")
    with open(root / "syntax" / "ex03_opening_handshake.py", "wb") as file:
        file.truncate(64 << 20)
    if sys.platform != "win32":
        os.mkfifo(root / "fifo")
        (root / "link").symlink_to("/")
        submission(root / "\x1b[2J\u202e")
        submission(root / "<img src=x>;$(touch x)")
    return root


def test_a_messy_folder(messy: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    before = tree(messy)
    environment = {**os.environ, "TMPDIR": str(elsewhere), "TEMP": str(elsewhere)}
    process = start(messy, tmp_path / "out", "--seed", "s", env=environment)
    said, errors = process.communicate(timeout=240)
    assert process.returncode == 1, errors  # not everybody has a mark
    assert tree(messy) == before
    assert os.listdir(elsewhere) == []
    assert not (tmp_path / "out" / "work").exists()
    assert said.isascii()
    found = {row["folder"]: row for row in rows(tmp_path / "out").values()}
    full = found["anna"]["max_score"]
    assert found["anna"]["score"] == full
    assert "same id as 'anna.zip'" in found["anna"]["flags"]
    assert found["anna.zip"]["score"] == full
    assert "the very same files as" in found["anna.zip"]["flags"]
    assert found["zip me"]["score"] == full
    assert (found["broken.zip"]["status"], found["broken.zip"]["score"]) == ("refused", "")
    assert "damaged" in found["broken.zip"]["note"]
    assert (found["empty"]["status"], found["empty"]["score"]) == ("empty", "0")
    assert found["utf16"]["status"] == "partial"
    assert int(found["utf16"]["score"]) > 0
    assert "too long" in found["syntax"]["note"]
    assert len(found) == len(list(messy.iterdir()))
    if sys.platform != "win32":
        assert found["link"]["status"] == found["fifo"]["status"] == "refused"
        assert found["\\x1b[2J\\u202e"]["score"] == full


# ---------------------------------------------------------------- what may end a run


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """One that is done at once, and one that hangs for some seconds."""
    submission(tmp_path / "in" / "a")
    sleepy = ("def accept_key", "import time\ntime.sleep(60)\ndef accept_key")
    submission(tmp_path / "in" / "b", ex03=sleepy, ex05=HANGS)
    return tmp_path / "in"


@posix
def test_ctrl_c_stops_it_and_nothing_stays_behind(slow: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start(slow, out, "--seed", "s", "--jobs", "1")
    wait_for(lambda: _lines(out, b'"mark"') == 1 and _lines(out, b'"started"') == 2, "no mark")
    judges = _children(process.pid) if sys.platform.startswith("linux") else []
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Stopped: 1 of 2 are graded. The same command goes on." in errors
    assert not (out / "work").exists()
    assert not any(os.path.exists(f"/proc/{pid}") for pid in judges)
    with Journal(out) as journal:
        assert len(journal.done) == 1
        assert not journal.begun, "it was stopped by us, so nothing speaks against it"
    grade(slow, out, "--seed", "s")
    grade(slow, tmp_path / "whole", "--seed", "s")
    assert result(out) == result(tmp_path / "whole")


def _lines(out: Path, what: bytes) -> int:
    path = out / "journal"
    return path.read_bytes().count(what) if path.exists() else 0


def _children(pid: int) -> list[int]:
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, timeout=30
    )
    return [int(word) for word in found.stdout.split()]


@linux
def test_a_submission_that_ends_the_judge_twice_needs_a_person(slow: Path, tmp_path: Path) -> None:
    """The judge is killed from outside: from inside, no attack is known that could."""
    out = tmp_path / "out"
    process = start(slow, out, "--seed", "s", "--jobs", "1")
    for attempt in (2, 3):
        wait_for(lambda n=attempt: _lines(out, b'"started"') == n, "it is not tried again")
        wait_for(lambda: bool(_children(process.pid)), "no judge")
        time.sleep(1)
        for pid in _children(process.pid):
            os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=120)
    assert process.returncode == 1
    found = rows(out)
    assert found["a"]["score"] == found["a"]["max_score"]
    assert (found["b"]["status"], found["b"]["score"]) == ("needs a person", "")
    assert "ended the judge twice" in found["b"]["note"]


def test_a_second_run_into_the_same_folder_is_refused(slow: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with Journal(out):
        process = start(slow, out)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "Another run is grading into" in errors


@posix
def test_a_disk_that_is_full_costs_nothing_but_time(tmp_path: Path) -> None:
    import resource

    submissions, out = some(tmp_path / "in", 3), tmp_path / "out"
    # First, since it leaves byte code on the disk: cut short, that would be in everybody's way.
    grade(submissions, tmp_path / "whole", "--seed", "s")

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (7_000, resource.RLIM_INFINITY))

    process = start(submissions, out, "--seed", "s", preexec_fn=small_files)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "The journal cannot be written" in errors
    assert "run the same command again" in errors
    assert not (out / "grades.csv").exists()
    grade(submissions, out, "--seed", "s")
    assert result(out) == result(tmp_path / "whole")


# ---------------------------------------------------------------- what the user can mend


def mistakes(tmp_path: Path) -> Iterator[tuple[Path, Path, list[str], str]]:
    some(tmp_path / "in", 1)
    (tmp_path / "none").mkdir()
    yield tmp_path / "nowhere", tmp_path / "o", [], "is no folder"
    yield tmp_path / "none", tmp_path / "o", [], "There are no submissions"
    yield tmp_path / "in", tmp_path / "in" / "o", [], "must not lie among the submissions"
    yield tmp_path / "in" / "s00", tmp_path / "o", [], "looks like the work of one student"
    yield tmp_path / "in", tmp_path / "o", ["--exercise", "ex77"], "There is no exercise"
    (tmp_path / "a_file").touch()
    yield tmp_path / "in", tmp_path / "a_file", [], "is no folder: choose another name with -o"
    (tmp_path / "home" / "work").mkdir(parents=True)
    (tmp_path / "home" / "work" / "thesis.txt").touch()
    yield tmp_path / "in", tmp_path / "home", [], "holds something else, as 'work'"
    (tmp_path / "seed").touch()
    yield tmp_path / "in", tmp_path / "seed" / "o", [], "Cannot write into"


def test_mistakes_are_explained(tmp_path: Path) -> None:
    for submissions, out, more, words in mistakes(tmp_path):
        process = start(submissions, out, *more)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 2, words
        assert words in errors
        assert "Traceback" not in errors
    assert not (tmp_path / "in" / "o").exists()
    assert (tmp_path / "home" / "work" / "thesis.txt").exists()


def test_without_a_folder_it_says_where_to_put_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grade", "--exercise", "ex03", "submissions"]) == 2
    assert "Put it first: grade SUBMISSIONS" in capsys.readouterr().err


@posix
def test_with_many_judges_ctrl_c_is_as_quick(tmp_path: Path) -> None:
    submissions, out = some(tmp_path / "in", 40), tmp_path / "out"
    process = start(submissions, out, "--seed", "s", "--jobs", "40")
    wait_for(lambda: _lines(out, b'"started"') > 0, "nothing begins")
    for _ in range(3):  # who is impatient tears nothing
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert _lines(out, b'"started"') < 20, "it went on to start judges, and to grade"
