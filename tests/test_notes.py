"""The learner's notes: kept in one file, never in the way."""

import json
import os
import sys
from pathlib import Path

import pytest

from wslab import notes


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WSLAB_NOTES", str(tmp_path / "not there yet"))
    return tmp_path / "not there yet"


def test_nothing_is_there_before_something_is_written(somewhere: Path) -> None:
    assert notes.read("predictions") == {}
    assert not somewhere.exists()


def test_what_is_written_can_be_read_again_topic_by_topic() -> None:
    assert notes.write("predictions", "02.one-recv", ["how many?", 7])
    assert notes.write("checks", "ex01", True)

    assert notes.read("predictions") == {"02.one-recv": ["how many?", 7]}
    assert notes.read("checks") == {"ex01": True}


def test_none_forgets_a_note_and_leaves_the_others() -> None:
    notes.write("predictions", "a", 1)
    notes.write("predictions", "b", 2)
    notes.write("predictions", "a", None)

    assert notes.read("predictions") == {"b": 2}


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"predictions": 3}', "\xff"])
def test_a_damaged_file_counts_as_none_and_is_replaced(somewhere: Path, damage: str) -> None:
    somewhere.mkdir()
    (somewhere / notes.FILE).write_bytes(damage.encode("latin-1"))

    assert notes.read("predictions") == {}
    assert notes.write("predictions", "a", 1)
    assert notes.read("predictions") == {"a": 1}


def test_only_the_file_itself_stays_in_the_folder(somewhere: Path) -> None:
    notes.write("predictions", "a", 1)

    assert [path.name for path in somewhere.iterdir()] == [notes.FILE]
    assert json.loads((somewhere / notes.FILE).read_text()) == {"predictions": {"a": 1}}


def test_where_nothing_can_be_written_the_lesson_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").touch()
    monkeypatch.setenv("WSLAB_NOTES", str(tmp_path / "a file"))

    assert not notes.write("predictions", "a", 1)
    assert notes.read("predictions") == {}


def test_what_cannot_be_replaced_leaves_no_half_file(
    somewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    notes.write("predictions", "a", 1)
    monkeypatch.setattr(os, "replace", full)

    assert not notes.write("predictions", "b", 2)
    assert [path.name for path in somewhere.iterdir()] == [notes.FILE]
    assert notes.read("predictions") == {"a": 1}


def test_without_the_variable_they_lie_beside_the_lessons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WSLAB_NOTES")

    assert notes.folder() == Path(__file__).resolve().parent.parent / ".wslab"


@pytest.mark.skipif(sys.platform == "win32", reason="there the home folder is found otherwise")
def test_where_no_lessons_are_they_lie_in_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WSLAB_NOTES")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(notes, "__file__", str(tmp_path / "site" / "wslab" / "notes.py"))

    assert notes.folder() == tmp_path / ".wslab"
