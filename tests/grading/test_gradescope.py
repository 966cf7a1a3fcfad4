"""The autograder for Gradescope: its archive, and its run on a tree as Gradescope lays it out."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.grading.report.test_exports import TEST, TOP, faults
from tests.support.shell import environment, posix, sentence, wslab
from wslab.grading import gradescope_bundle, kit

NAME = "ex03_opening_handshake.py"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("gradescope") / "autograder.zip"
    done = wslab("release", "--gradescope", str(out), "--exercise", "ex03", "--seed", "spring")
    assert done.returncode == 0, done.stderr
    assert b"Seed spring" in done.stdout
    return out


def autograder(archive: Path, root: Path) -> Path:
    """The tree that Gradescope makes of the archive; see its documentation."""
    with zipfile.ZipFile(archive) as file:
        file.extractall(root / "source")
    shutil.copy(root / "source" / "run_autograder", root / "run_autograder")
    for name in ("submission", "results"):
        (root / name).mkdir()
    return root


def run(root: Path) -> subprocess.CompletedProcess[bytes]:
    """As Gradescope does, but under our own user, and with the Python of this test."""
    (root / "bin").mkdir()
    (root / "bin" / "python3").symlink_to(sys.executable)
    path = f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}"
    env = {**environment(PATH=path, WSLAB_WORKER_USER="")}
    del env["PYTHONPATH"]
    return subprocess.run(
        ["bash", str(root / "run_autograder"), str(root)],
        capture_output=True,
        timeout=50,
        check=False,
        env=env,
        cwd=root,
    )


def test_the_archive_has_what_gradescope_asks_for(archive: Path) -> None:
    with zipfile.ZipFile(archive) as file:
        names = file.namelist()
        assert {"setup.sh", "run_autograder"} <= set(names), "at the top, or it is not found"
        for name in ("setup.sh", "run_autograder"):
            assert file.getinfo(name).external_attr >> 16 == 0o100755
            assert file.read(name).startswith(b"#!/usr/bin/env bash\n")
            assert b"\r" not in file.read(name)
        assert json.loads(file.read("config.json")) == {"seed": "spring", "exercises": ["ex03"]}
    assert all(not name.startswith("/") and ".." not in name for name in names)


@posix
def test_the_scripts_are_bash(archive: Path, tmp_path: Path) -> None:
    for text in (gradescope_bundle.SETUP, gradescope_bundle.RUN):
        (tmp_path / "script").write_text(text)
        done = subprocess.run(["bash", "-n", str(tmp_path / "script")], timeout=20, check=False)
        assert done.returncode == 0


@posix
def test_a_submission_gets_its_results(archive: Path, tmp_path: Path) -> None:
    root = autograder(archive, tmp_path)
    shutil.copy(kit.root() / "solutions" / NAME, root / "submission" / NAME)
    about = {"users": [{"email": "anna@example.org", "name": "Anna"}]}
    (root / "submission_metadata.json").write_text(json.dumps(about))
    done = run(root)
    assert done.returncode == 0, done.stderr
    data = json.loads((root / "results" / "results.json").read_bytes())
    assert faults(data, TOP) == []
    assert [faults(test, TEST) for test in data["tests"]] == [[]] * len(data["tests"])
    most = sum(check.points for check in kit.checks("ex03"))
    assert data["score"] == most == sum(test["max_score"] for test in data["tests"])
    assert data["output"].startswith("Feedback for anna@example.org\n")
    assert os.listdir(root / "results") == ["results.json"]
    assert b"own process" in done.stdout


@posix
def test_an_empty_submission_has_zero_points_and_a_reason(archive: Path, tmp_path: Path) -> None:
    root = autograder(archive, tmp_path)
    assert run(root).returncode == 0
    data = json.loads((root / "results" / "results.json").read_bytes())
    assert data["score"] == 0
    assert f"There is no {NAME}" in data["output"]


@posix
def test_what_is_seen_and_not_read_has_no_points_and_a_reason(
    archive: Path, tmp_path: Path
) -> None:
    root = autograder(archive, tmp_path)
    (root / "submission" / "ex03_opening_handshak.py").write_text("x = 1")
    done = run(root)
    assert done.returncode == 1, "a blank, and no zero"
    assert not (root / "results" / "results.json").exists()
    assert b"Is it 'ex03_opening_handshak.py'?" in done.stdout + done.stderr


@posix
def test_when_the_grader_fails_there_is_no_mark(archive: Path, tmp_path: Path) -> None:
    root = autograder(archive, tmp_path)
    broken = root / "source" / "kit" / "tests" / "exercises" / "checks" / "ex03.py"
    text = broken.read_text("utf-8")
    start = "def accept_value(student: Student) -> None:\n"
    assert start in text
    broken.write_text(text.replace(start, f"{start}    raise RuntimeError('ours')\n"))
    shutil.copy(kit.root() / "solutions" / NAME, root / "submission" / NAME)
    (root / "results" / "results.json").write_text("old")
    done = run(root)
    assert done.returncode == 1
    assert b"No mark" in done.stderr
    assert os.listdir(root / "results") == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may do that")
def test_setup_closes_the_seed_and_opens_the_worker(archive: Path, tmp_path: Path) -> None:
    """The part of setup.sh that sets permissions, without the part that adds a user."""
    root = autograder(archive, tmp_path)
    script = gradescope_bundle.SETUP.partition("chmod -R")
    lines = f"source_folder={root / 'source'}\n{script[1]}{script[2]}"
    subprocess.run(["bash", "-euc", lines], timeout=20, check=True)

    def others(name: str) -> int:
        return (root / "source" / name).stat().st_mode & 0o007

    assert not (root / "source/kit/solutions").exists()
    assert others("config.json") == others("kit/exercises") == others("kit/tests") == 0
    assert others("kit/wslab/grading/worker.py") == 4
    assert others("kit/wslab/grading") == 5
    assert others("kit/wslab/protocol") == 0
    assert others("kit") == 1


def test_an_autograder_that_is_there_keeps_its_seed(archive: Path) -> None:
    before = archive.read_bytes()
    done = wslab("release", "--gradescope", str(archive), "--exercise", "ex03")
    assert done.returncode == 2
    assert "there already" in sentence(done.stderr)
    assert archive.read_bytes() == before


def test_the_name_must_be_that_of_an_archive(tmp_path: Path) -> None:
    done = wslab("release", "--gradescope", str(tmp_path / "folder"))
    assert done.returncode == 2
    assert ".zip" in sentence(done.stderr)
