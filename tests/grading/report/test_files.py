"""All files or none: also with a full disk, and on a second run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.shell import PYTHON, environment, posix
from wslab.errors import Error
from wslab.grading.report.files import write_all


def everything(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_files_appear_in_their_folders_and_replace_old_ones(tmp_path: Path) -> None:
    write_all(tmp_path, {"a": b"1", "deep/er/b": b"2"})
    paths = write_all(tmp_path, {"a": b"3", "c": b"4"}, gone=["deep/er/b", "never/there"])
    assert paths == [tmp_path / "a", tmp_path / "c"]
    assert everything(tmp_path) == {"a": b"3", "c": b"4"}


def test_if_one_cannot_be_written_all_the_old_ones_stay(tmp_path: Path) -> None:
    (tmp_path / "z").mkdir()
    write_all(tmp_path, {"a": b"old"})
    with pytest.raises(Error, match=r"^Cannot write \S+z: something of that name is there\.$"):
        write_all(tmp_path, {"a": b"new", "z": b"new"})
    assert everything(tmp_path) == {"a": b"old"}


@posix
def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "grades.csv").symlink_to(tmp_path / "mine")
    with pytest.raises(Error):
        write_all(tmp_path / "out", {"grades.csv": b"new"})
    assert (tmp_path / "mine").read_bytes() == b"mine"


@posix
def test_a_full_disk_leaves_the_old_files(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: the system refuses in the same way."""
    write_all(tmp_path, {"a": b"old", "b": b"old"})
    program = """
import resource, signal, sys
from pathlib import Path
from wslab.errors import Error
from wslab.grading.report.files import write_all
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_all(Path(sys.argv[1]), {"a": b"new", "b": b"x" * 5000})
except Error as error:
    print(error)
"""
    result = subprocess.run(
        [*PYTHON, "-c", program, str(tmp_path)],
        capture_output=True,
        timeout=30,
        check=True,
        env=environment(),
    )
    assert b"file too large" in result.stdout, result
    assert everything(tmp_path) == {"a": b"old", "b": b"old"}
