"""What a student's code leaves in its folder is removed, whatever it is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from wslab.grading.remove import remove


@pytest.mark.skipif(sys.platform == "win32", reason="needs paths that are relative to a folder")
def test_a_folder_that_is_deeper_than_any_path_is_long(tmp_path: Path) -> None:
    top = tmp_path / "deep"
    top.mkdir()
    fd = os.open(top, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d" * 100, dir_fd=fd)
        inner = os.open("d" * 100, os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = inner
    os.close(os.open("file", os.O_CREAT, dir_fd=fd))
    os.close(fd)
    remove(top)
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs links and permissions")
def test_locked_folders_and_links(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("")
    top = tmp_path / "top"
    (top / "locked" / "inner").mkdir(parents=True)
    (top / "link").symlink_to(outside)
    (top / "locked" / "inner").chmod(0)
    (top / "locked").chmod(0o500)
    remove(top)
    assert os.listdir(tmp_path) == ["outside"]
    assert os.listdir(outside) == ["kept"]
    remove(top)  # what is not there needs no removing
