"""Whose is what in the folder of submissions, and which files of it count."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from wslab.grading import intake, layout
from wslab.grading.intake import Entry, entries
from wslab.grading.limits import Limits
from wslab.grading.unpack import unpack

NAME = "ex04_frames.py"
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs names and files of POSIX")


def make(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(f"# {path}\n")


def found(root: Path, *exercises: str) -> dict[str, Entry]:
    return {entry.folder: entry for entry in entries(root, exercises or ("ex03", "ex04"))}


def texts(folder: Path) -> dict[str, str]:
    (entry,) = [one for one in entries(folder.parent, ()) if one.folder == folder.name]
    return unpack(*intake.files(entry)).submission.texts


def test_folders_archives_and_loose_files(tmp_path: Path) -> None:
    make(tmp_path, f"anna/{NAME}", "bob.tar.gz", "carl.zip", "dora_ex03.py", "dora-ex04.ipynb",
         "eve_ex03_opening_handshake.py", ".DS_Store", "__MACOSX/x", "Thumbs.db")  # fmt: skip
    ids = {entry.student_id: entry for entry in found(tmp_path).values()}
    assert sorted(ids) == ["anna", "bob", "carl", "dora", "eve"]
    assert [name for _, name in ids["dora"].paths] == [
        "ex04_frames.ipynb", "ex03_opening_handshake.py",
    ]  # fmt: skip
    assert not any(entry.refusal or entry.flags for entry in ids.values())


def test_one_exercise_needs_no_name_of_it(tmp_path: Path) -> None:
    make(tmp_path, "anna.py")
    assert "anna_ex03.py" in found(tmp_path)["anna.py"].refusal
    assert found(tmp_path, "ex04")["anna.py"].paths[0][1] == NAME


def test_what_a_learning_platform_adds_is_no_part_of_an_id(tmp_path: Path) -> None:
    make(tmp_path, f"Anna Ruiz_381_assignsubmission_file_/{NAME}")
    assert [entry.student_id for entry in entries(tmp_path, ())] == ["Anna Ruiz_381"]


def test_ids_that_clash_are_made_different_and_said(tmp_path: Path) -> None:
    make(tmp_path, f"anna/{NAME}", "anna.zip", "ANNA.tar", "anna~2.zip", f"bob/{NAME}")
    all_of_them = found(tmp_path)
    ids = [entry.student_id for entry in all_of_them.values()]
    assert len({one.casefold() for one in ids}) == 5
    assert all_of_them["anna"].flags == ("same id as 'ANNA.tar', 'anna.zip'",)
    assert all_of_them["bob"].flags == ()


@posix
def test_the_same_letters_in_two_codings_clash(tmp_path: Path) -> None:
    make(tmp_path, f"Zo\u00eb/{NAME}", f"Zoe\u0308/{NAME}")
    ids = [entry.student_id for entry in entries(tmp_path, ())]
    assert sorted(ids) == ["Zo\u00eb", "Zo\u00eb~2"]


@posix
def test_names_cannot_act_on_a_terminal(tmp_path: Path) -> None:
    os.mkdir(os.fsencode(tmp_path) + b"/a\x1b[2J\nb\xff")
    (tmp_path / "\u202egnp.exe").mkdir()
    for entry in entries(tmp_path, ()):
        assert entry.folder.isprintable()
        assert entry.student_id.isprintable()


@posix
def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("/etc")
    os.mkfifo(tmp_path / "b")
    make(tmp_path, "notes.txt", "c.rar")
    reasons = {name: entry.refusal for name, entry in found(tmp_path).items()}
    assert "symbolic link" in reasons["a"]
    assert "neither a file nor a folder" in reasons["b"]
    assert "no archive" in reasons["c.rar"]
    assert "no archive" in reasons["notes.txt"]


# ---------------------------------------------------------------- inside one folder


def test_the_file_nearest_to_the_top_counts(tmp_path: Path) -> None:
    make(tmp_path, f"anna/old/{NAME}", f"anna/kit/exercises/{NAME}", f"anna/kit/a/b/{NAME}",
         f"anna/kit/solutions/{NAME}", f"anna/.git/{NAME}")  # fmt: skip
    assert texts(tmp_path / "anna") == {"ex04_frames": f"# anna/kit/exercises/{NAME}\n"}
    make(tmp_path, f"anna/{NAME}")
    assert texts(tmp_path / "anna") == {"ex04_frames": f"# anna/{NAME}\n"}


def test_model_answers_alone_are_no_submission(tmp_path: Path) -> None:
    make(tmp_path, f"anna/Solutions/{NAME}")
    assert texts(tmp_path / "anna") == {}


def test_two_that_are_equally_near_are_a_question_for_the_student(tmp_path: Path) -> None:
    make(tmp_path, f"anna/a/{NAME}", f"anna/b/{NAME}")
    opened = unpack(*intake.files(entries(tmp_path, ())[0]))
    assert opened.submission.texts == {}
    assert "twice: a/ex04_frames.py and b/ex04" in opened.submission.problems["ex04_frames"]


def test_a_misspelt_name_is_suggested(tmp_path: Path) -> None:
    make(tmp_path, "anna/work/ex04_frame.py")
    problems = unpack(*intake.files(entries(tmp_path, ())[0])).submission.problems
    assert "Is it 'ex04_frame.py'?" in problems["ex04_frames"]


@posix
def test_links_fifos_and_long_files_inside(tmp_path: Path) -> None:
    make(tmp_path, "anna/x")
    (tmp_path / "anna" / NAME).symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "anna" / "ex03_opening_handshake.py")
    with open(tmp_path / "anna" / "ex05_masking.py", "wb") as file:
        file.truncate(64 << 20)
    (tmp_path / "anna" / "ex06_messages.py").mkdir()
    problems = unpack(*intake.files(entries(tmp_path, ())[0])).submission.problems
    assert "cannot be read" in problems["ex04_frames"]
    assert "no plain file" in problems["ex03_opening_handshake"]
    assert "67,108,864 bytes" in problems["ex05_masking"]
    assert "There is no ex06" in problems["ex06_messages"]


def test_five_thousand_files_are_looked_through(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / "anna" / f"{number:02}").mkdir(parents=True)
        for other in range(100):
            (tmp_path / "anna" / f"{number:02}" / f"{other}.py").write_bytes(b"")
    make(tmp_path, f"anna/{NAME}")
    assert set(texts(tmp_path / "anna")) == {"ex04_frames"}


def test_far_too_many_files_hide_nothing_at_the_top(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "MOST_SEEN", 3)
    make(tmp_path, *(f"anna/a{number}" for number in range(9)), f"anna/{NAME}")
    opened = unpack(*intake.files(entries(tmp_path, ())[0]))
    assert set(opened.submission.texts) == {"ex04_frames"}
    assert "the rest was not looked at" in opened.flags[0]


def test_an_archive_in_a_folder_counts_if_it_is_alone(tmp_path: Path) -> None:
    make(tmp_path, "anna/work.zip")
    entry = entries(tmp_path, ())[0]
    assert [file.name for file in intake.files(entry)[0]] == ["work.zip"]
    make(tmp_path, f"anna/{NAME}")
    files, chosen = intake.files(entry)
    assert [file.name for file in files] == [NAME]
    assert chosen.flags == ("not opened: work.zip",)


def test_the_hash_knows_every_byte_that_counts_and_no_other(tmp_path: Path) -> None:
    make(tmp_path, f"anna/{NAME}", "anna/other.txt")
    entry = entries(tmp_path, ())[0]
    before = intake.digest(*intake.files(entry))
    (tmp_path / "anna" / "other.txt").write_text("changed")
    assert intake.digest(*intake.files(entry)) == before
    (tmp_path / "anna" / NAME).write_text("changed")
    assert intake.digest(*intake.files(entry)) != before


def test_all_files_together_are_bounded(tmp_path: Path) -> None:
    make(tmp_path, f"anna/{NAME}", "anna/ex05_masking.py")
    files, _ = intake.files(entries(tmp_path, ())[0], Limits(unpacked=0, archive=30))
    assert [bool(file.problem) for file in files] == [False, True]
