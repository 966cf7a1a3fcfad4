"""Judge and worker under two users: what is the judge's own, the worker cannot read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.shell import sentence
from tests.support.users import USER, only_root, open_kit, open_python

PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
from wslab.grading.limits import Limits
from wslab.grading.session import Session
code = '''
import os
def f(path):
    open("mine", "w").close()
    try:
        with open(path) as file:
            said = file.read()
    except OSError as error:
        said = type(error).__name__
    return [os.getuid() == os.geteuid() != 0, os.getgroups(), said]
'''
limits = Limits(load=30, call=15, total=60, landlock=False)
with Session({"ex04_frames": code}, "ex04_frames", limits) as session:
    answer = session.call("f", (sys.argv[2],), {})
    print(json.dumps([answer.value, session.layers]))
"""
NEIGHBOURS = """
import json, os, subprocess, sys
sys.path.insert(0, sys.argv[1])
from wslab.grading import launch
from wslab.grading.limits import Limits
from wslab.grading.session import Session
code = '''
import os
def f(pids):
    said = []
    for pid in pids:
        try:
            said.append(len(os.listdir(f"/proc/{pid}/fd")) > 2)
        except OSError as error:
            said.append(type(error).__name__)
    return [os.getpid(), said]
'''
limits = Limits(load=30, call=15, total=60, landlock=False)
user, group = launch.other_user()
words = [sys.executable, "-c", "input()"]
ordinary = subprocess.Popen(words, stdin=-1, user=user, group=group, extra_groups=[], cwd="/")
with Session({"ex04_frames": code}, "ex04_frames", limits) as one:
    with Session({"ex04_frames": code}, "ex04_frames", limits) as other:
        pid, _ = other.call("f", ([],), {}).value
        print(json.dumps(one.call("f", ([ordinary.pid, pid],), {}).value[1]))
ordinary.communicate(b"")
"""
pytestmark = only_root


@pytest.fixture(scope="module")
def opened() -> Iterator[Path]:
    with open_kit() as kit:
        yield kit.parent


@pytest.fixture(scope="module")
def python() -> str:
    return open_python()


def run(
    python: str, kit: Path, *words: str, user: str = USER
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [python, *words],
        cwd=kit,
        capture_output=True,
        timeout=60,
        check=False,
        env={"PATH": os.environ["PATH"], "WSLAB_WORKER_USER": user},
    )


def test_the_worker_is_somebody_else(opened: Path, python: str) -> None:
    secret = opened / "seed"
    secret.write_text("secret")
    secret.chmod(0o600)

    def ask(user: str) -> tuple[list[object], list[str]]:
        done = run(python, opened, "-c", PROGRAM, str(opened / "kit"), str(secret), user=user)
        assert done.returncode == 0, done.stderr.decode()
        value, layers = json.loads(done.stdout)
        return value, layers

    said, layers = ask(USER)
    assert said == [True, [], "PermissionError"]
    assert "own user" in layers
    said, layers = ask("")
    assert said == [False, os.getgroups(), "secret"], "without it, only Landlock closes the file"
    assert "own user" not in layers


def test_no_worker_looks_into_another_one(opened: Path, python: str) -> None:
    """Where Landlock doesn't help: both have the same user, and a pipe holds a submission."""
    done = run(python, opened, "-c", NEIGHBOURS, str(opened / "kit"))
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == [True, "PermissionError"]


GRADE = ("-m", "wslab", "grade", "../submissions", "--exercise", "ex01", "--allow-unsandboxed")


@pytest.fixture
def submissions(opened: Path) -> Path:
    folder = opened / "submissions" / "anna"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(opened / "kit/solutions/ex01_echo_over_tcp.py", folder)
    return folder.parent


@pytest.mark.usefixtures("submissions")
def test_what_the_other_user_reaches_is_graded(opened: Path, python: str) -> None:
    done = run(python, opened / "kit", *GRADE, "-o", "../marks")
    assert done.returncode == 0, done.stderr.decode()
    assert "anna,anna,graded,16,16," in (opened / "marks/grades.csv").read_text("utf-8")


@pytest.mark.parametrize("closed", ["kit", "marks"])
def test_a_folder_that_is_closed_to_it_is_named_before_anything_is_graded(
    opened: Path, python: str, submissions: Path, tmp_path: Path, closed: str
) -> None:
    """Otherwise a right answer gets no points, since its program can't be opened."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    kit, out = opened / "kit", opened / "no marks"
    if closed == "kit":
        kit = Path(shutil.copytree(kit, private / "kit"))
        (private / "submissions").symlink_to(submissions)
    else:
        out = private / "marks"
    done = run(python, kit, *GRADE, "-o", str(out))
    line = sentence(done.stderr)
    assert done.returncode == 2
    assert str(private) in line
    assert "WSLAB_WORKER_USER" in line
    assert not (out / "grades.csv").exists()
    if closed == "kit":
        done = run(python, kit, "-m", "wslab", "check", "ex01", "--folder", "solutions")
        assert done.returncode == 2
        assert str(private) in sentence(done.stderr)


def test_a_user_that_is_not_there_is_named(opened: Path, python: str) -> None:
    words = ("-m", "wslab", "check", "ex01", "--folder", "solutions")
    done = run(python, opened / "kit", *words, user="no-such-user")
    assert done.returncode == 2
    assert "'no-such-user'" in sentence(done.stderr)
