"""Whose is what in the folder of submissions, and which files of it count."""

from __future__ import annotations

import errno
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from wslab.grading import intake, layout, record
from wslab.grading.intake import Entry, entries
from wslab.grading.limits import Limits
from wslab.grading.task import Task, grade, survey
from wslab.grading.unpack import Opened, unpack

NAME = "ex04_frames.py"
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs names and files of POSIX")


def make(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(f"# {path}\n")


def found(root: Path, *exercises: str) -> dict[str, Entry]:
    return {entry.folder: entry for entry in entries(root, exercises or ("ex03", "ex04"))}


def opened(folder: Path) -> Opened:
    (entry,) = [one for one in entries(folder.parent, ()) if one.folder == folder.name]
    return unpack(*intake.files(entry))


def texts(folder: Path) -> dict[str, str]:
    return opened(folder).submission.texts


def test_folders_archives_and_loose_files(tmp_path: Path) -> None:
    make(tmp_path, f"anna/{NAME}", "bob.tar.gz", "carl.zip", "dora_ex03.py", "dora-ex04.ipynb",
         "eve_ex03_opening_handshake.py", ".DS_Store", "__MACOSX/x", "Thumbs.db")  # fmt: skip
    ids = {entry.student_id: entry for entry in found(tmp_path).values()}
    assert sorted(ids) == ["anna", "bob", "carl", "dora", "eve"]
    assert [name for _, name in ids["dora"].paths] == [
        "ex04_frames.ipynb", "ex03_opening_handshake.py",
    ]  # fmt: skip
    assert not any(entry.refusal or entry.flags for entry in ids.values())


def test_two_loose_files_for_one_exercise_are_said(tmp_path: Path) -> None:
    make(tmp_path, "anna_ex04.py", "anna_ex04 (1).py", "anna_ex03.py", "anna_ex03.ipynb")
    (entry,) = entries(tmp_path, ())
    assert entry.flags == ("ex04_frames.py is there twice",)


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
    assert reasons["c.rar"] == "", "what is inside decides"
    assert "notes.txt" not in reasons, "a note is no student"
    assert intake.listing(tmp_path, ())[1] == ["notes.txt"]


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
    found = opened(tmp_path / "anna")
    assert found.submission.texts == {}
    assert "is there twice" in found.submission.problems["ex04_frames"]
    assert "ex04_frames" in found.submission.unread, "no zero for that"
    assert found.flags == ["ex04_frames.py is there twice"]
    make(tmp_path, f"anna/{NAME}")
    assert opened(tmp_path / "anna").flags == []


@pytest.mark.parametrize("name", ["Ex04_Frames.py", "ex04_frames (1).py", "EX04_FRAMES(12).PY"])
def test_capitals_and_the_number_of_a_browser_are_no_other_name(tmp_path: Path, name: str) -> None:
    make(tmp_path, f"anna/{name}")
    found = opened(tmp_path / "anna")
    assert found.submission.texts == {"ex04_frames": f"# anna/{name}\n"}
    assert found.flags == [f"taken for {NAME}: '{name}'"]
    make(tmp_path, f"anna/kit/exercises/{NAME}")
    found = opened(tmp_path / "anna")
    assert found.submission.texts == {"ex04_frames": f"# anna/kit/exercises/{NAME}\n"}
    assert found.flags == [f"not looked at beside {NAME}: '{name}'"]


def test_two_that_are_nearly_right_are_a_question_for_the_student(tmp_path: Path) -> None:
    make(tmp_path, "anna/ex04_frames (1).py", "anna/ex04_frames (2).py")
    found = opened(tmp_path / "anna")
    assert "is there twice" in found.submission.problems["ex04_frames"]
    assert "ex04_frames.py is there twice" in found.flags
    for number in (1, 2):
        (tmp_path / "anna" / f"ex04_frames ({number}).py").write_text("x = 1")
    assert texts(tmp_path / "anna") == {"ex04_frames": "x = 1"}, "both are the same"


@pytest.mark.parametrize("name", ["ex04_frames_old.py", "ex04_frames (x).py", "(1)ex04_frames.py"])
def test_other_names_are_not_taken_for_the_right_one(tmp_path: Path, name: str) -> None:
    make(tmp_path, f"anna/{name}")
    assert texts(tmp_path / "anna") == {}


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
    files, chosen = intake.files(entries(tmp_path, ())[0])
    assert intake.unread(files, chosen) == "", "all of that is the student's own doing"
    problems = unpack(files, chosen).submission.problems
    assert problems["ex04_frames"] == "ex04_frames.py is a link: links are not followed."
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
    found = opened(tmp_path / "anna")
    assert set(found.submission.texts) == {"ex04_frames"}
    assert "the rest was not looked at" in found.flags[0]


def test_a_file_beside_an_archive_comes_first(tmp_path: Path) -> None:
    """And the archive is opened all the same: another exercise may be in it."""
    (tmp_path / "anna").mkdir()
    with zipfile.ZipFile(tmp_path / "anna" / "work.zip", "w") as archive:
        archive.writestr(NAME, "x = 1")
        archive.writestr("ex05_masking.py", "x = 2")
    assert texts(tmp_path / "anna") == {"ex04_frames": "x = 1", "ex05_masking": "x = 2"}
    make(tmp_path, f"anna/{NAME}")
    assert texts(tmp_path / "anna")["ex04_frames"].startswith("# anna")


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


# ---------------------------------------------------------------- what the grader may not read


def deny(patch: pytest.MonkeyPatch, function: str, name: str, code: int = errno.EACCES) -> None:
    """As if ``name`` could not be read. For root, to whom no mode of a file forbids anything."""
    real = getattr(os, function)

    def denying(path: Any, *more: Any) -> Any:
        if os.path.basename(path) == name:
            raise OSError(code, os.strerror(code), os.fspath(path))
        return real(path, *more)

    patch.setattr(os, function, denying)


def graded(root: Path) -> record.Record:
    (entry,) = entries(root, ("ex04",))
    return grade(Task(entry, survey(entry), ("ex04",), "seed", "kit"))


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM, errno.EIO])
@pytest.mark.parametrize(
    ("function", "name", "said"),
    [("open", NAME, f"{NAME} cannot"), ("scandir", "work", "The folder work cannot"),
     ("scandir", "anna", "The folder anna cannot")],
)  # fmt: skip
def test_what_the_grader_cannot_read_needs_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    function: str, name: str, said: str, code: int,
) -> None:  # fmt: skip
    make(tmp_path, f"anna/work/{NAME}")
    deny(monkeypatch, function, name, code)
    found = graded(tmp_path)
    assert (found.status, found.score) == (record.NEEDS_A_PERSON, None)
    assert found.note.startswith(f"{said} be read ({os.strerror(code)}). This is no fault")
    assert "give the grader the right to read it, and grade again" in found.note


def test_an_archive_that_the_grader_cannot_read_needs_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "anna.zip")
    deny(monkeypatch, "open", "anna.zip")
    found = graded(tmp_path)
    assert found.status == record.NEEDS_A_PERSON
    assert found.note.startswith("anna.zip cannot be read (")


def test_what_can_be_read_again_is_another_task(tmp_path: Path) -> None:
    make(tmp_path, f"anna/a/{NAME}")
    (entry,) = entries(tmp_path, ())
    hashes = [survey(entry)]
    for function, name in (("open", NAME), ("scandir", "a")):
        with pytest.MonkeyPatch.context() as patch:
            deny(patch, function, name)
            hashes.append(survey(entry))
    assert len(set(hashes)) == 3


def test_many_files_that_cannot_be_read_make_no_long_note(tmp_path: Path) -> None:
    files = [intake.File(f"{number}.py", problem="x.", ours=True) for number in range(9)]
    assert intake.unread(files, layout.Pick(())).count(".py x.") == intake.MOST_FAULTS
