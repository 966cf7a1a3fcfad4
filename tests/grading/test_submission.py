"""What is read of a student's folder, and what is said about the rest."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from wslab.grading import kit
from wslab.grading.submission import Submission, missing, read_folder

NAME = "ex04_frames.py"


def read(folder: Path, data: bytes) -> str:
    (folder / NAME).write_bytes(data)
    return read_folder(folder).texts["ex04_frames"]


@pytest.mark.parametrize(
    "data",
    ["é = 1\n".encode(), b"\xef\xbb\xbf" + "é = 1\n".encode(), "é = 1\n".encode("utf-16"),
     "\ufeffé = 1\n".encode("utf-16-be"), "é = 1\r\n".encode(), "é = 1\r".encode()],
)  # fmt: skip
def test_any_unicode_and_any_line_end(tmp_path: Path, data: bytes) -> None:
    assert read(tmp_path, data) == "é = 1\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"a\nb \xe9", "see line 2"), (b"a\0b", "no text"), (b"#" * (1 << 20) + b"\n", "too long")],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / NAME).write_bytes(data)
    found = read_folder(tmp_path)
    assert found.texts == {}
    assert words in found.problems["ex04_frames"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs links and FIFOs")
def test_links_fifos_and_folders_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ex03_opening_handshake.py")
    (tmp_path / NAME).symlink_to("/etc/passwd")
    (tmp_path / "ex05_masking.py").mkdir()
    found = read_folder(tmp_path)
    assert found.texts == {}
    assert "no plain file" in found.problems["ex03_opening_handshake"]
    assert "is a link: links are not followed." in found.problems["ex04_frames"]
    assert "no plain file" in found.problems["ex05_masking"]


def test_a_near_name_is_suggested(tmp_path: Path) -> None:
    (tmp_path / "ex04_frame.py").write_text("")
    (tmp_path / "EX05.py").write_text("")
    problems = read_folder(tmp_path).problems
    assert "'ex04_frame.py'" in problems["ex04_frames"]
    assert "'EX05.py'" in problems["ex05_masking"]
    assert problems["ex06_messages"] == "There is no ex06_messages.py in the folder."
    assert len(read_folder(tmp_path / "nowhere").problems) == len(kit.FILES)


def test_a_misspelt_file_is_taken_for_the_one_that_it_resembles_most_only() -> None:
    assert "Is it 'ex4_frames.py'?" in missing("ex04_frames.py", ["ex4_frames.py"])[0]
    why, near = missing("ex06_messages.py", ["ex4_frames.py"])
    assert (why, near) == ("There is no ex06_messages.py in the folder.", False)


def test_a_file_without_the_right_to_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    (tmp_path / NAME).write_text("")
    monkeypatch.setattr(os, "open", denied)
    problems = read_folder(tmp_path).problems
    assert problems["ex04_frames"] == "ex04_frames.py cannot be read (Permission denied)."


def test_what_helps_comes_first_and_the_rest_is_one_sentence() -> None:
    names = list(kit.FILES.values())[:5]
    found = Submission({}, {name: missing(f"{name}.py", ["ex4_frames.py"])[0] for name in names})
    assert found.reasons(names) == (
        "There is no ex04_frames.py. Is it 'ex4_frames.py'? Then give it that name. "
        "Not there: ex01, ex02, ex03, ex05."
    )
    assert found.reasons(names[:1]) == "There is no ex01_echo_over_tcp.py in the folder."
    assert found.reasons([]) == ""
