"""A parcel is there as a whole, or not at all."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

from tests.support.shell import posix
from wslab.errors import Error
from wslab.grading import parcel
from wslab.grading.parcel import Item

PARCEL = {"b/run": Item(b"#!/bin/sh\n", program=True), "a.txt": Item(b"text")}


@posix
def test_a_folder_with_its_files_and_permissions(tmp_path: Path) -> None:
    parcel.write(PARCEL, tmp_path / "out")
    assert (tmp_path / "out" / "a.txt").read_bytes() == b"text"
    assert os.access(tmp_path / "out" / "b" / "run", os.X_OK)
    assert not os.access(tmp_path / "out" / "a.txt", os.X_OK)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_archive_with_them_the_same_each_time(tmp_path: Path) -> None:
    out = tmp_path / "out.zip"
    parcel.write(PARCEL, out)
    assert out.read_bytes() == parcel.zipped(dict(reversed(PARCEL.items())))
    with zipfile.ZipFile(io.BytesIO(out.read_bytes())) as archive:
        assert archive.namelist() == ["a.txt", "b/run"]
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
    assert modes == {"a.txt": 0o100644, "b/run": 0o100755}


def test_what_is_there_already_stays(tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"mine")
    with pytest.raises(Error, match="there already"):
        parcel.write(PARCEL, tmp_path)
    with pytest.raises(Error, match="there already"):
        parcel.write(PARCEL, tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_an_archive_that_is_there_already_stays(tmp_path: Path) -> None:
    (tmp_path / "mine.zip").write_bytes(b"mine")
    with pytest.raises(Error, match=r"there already\. Choose a new name, or remove the old"):
        parcel.write(PARCEL, tmp_path / "mine.zip")
    assert (tmp_path / "mine.zip").read_bytes() == b"mine"


def test_all_in_one_folder() -> None:
    assert parcel.below("kit", PARCEL) == {"kit/b/run": PARCEL["b/run"], "kit/a.txt": Item(b"text")}


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    parcel.write(PARCEL, tmp_path / "out")
    assert (tmp_path / "out" / "a.txt").is_file()


def test_half_a_parcel_does_not_stay(tmp_path: Path) -> None:
    impossible = {**PARCEL, "a.txt/below": Item(b"")}
    with pytest.raises(Error):
        parcel.write(impossible, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
