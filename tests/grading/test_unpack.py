"""Archives, notebooks and encodings: what is inside is found, what is hostile is said."""

from __future__ import annotations

import io
import json
import stat
import tarfile
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest

from wslab.grading.intake import File
from wslab.grading.layout import Pick
from wslab.grading.limits import GRADED
from wslab.grading.unpack import Opened, unpack

NAME = "ex04_frames.py"
KINDS = ["a.zip", "a.tar", "a.tar.gz", "a.tgz"]


def packed(name: str, files: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    if name.endswith(".zip"):
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, data in files.items():
                archive.writestr(path, data)
    else:
        mode: Any = "w" if name.endswith(".tar") else "w:gz"
        with tarfile.open(fileobj=target, mode=mode) as tar:
            for path, data in files.items():
                member = tarfile.TarInfo(path)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    return target.getvalue()


def opened(name: str, data: bytes) -> Opened:
    return unpack([File(name, data)], Pick(()))


@pytest.mark.parametrize("name", KINDS)
def test_what_is_in_an_archive_counts(name: str) -> None:
    files = {f"work/exercises/{NAME}": b"good = 1\r\n", f"work/solutions/{NAME}": b"not mine",
             "work/ex05_masks.py": b""}  # fmt: skip
    found = opened(name, packed(name, files))
    assert found.submission.texts == {"ex04_frames": "good = 1\n"}
    assert "'ex05_masks.py'" in found.submission.problems["ex05_masking"]
    assert found.flags == [f"unpacked from {name[1:]}"]


@pytest.mark.parametrize("name", KINDS)
def test_a_whole_copy_of_the_kit_is_not_too_much(name: str) -> None:
    kit = {f"kit/wslab/{number}.py": b"#" for number in range(600)}
    found = opened(name, packed(name, {**kit, f"kit/exercises/{NAME}": b"good = 1"}))
    assert found.submission.texts == {"ex04_frames": "good = 1"}


@pytest.mark.parametrize("name", KINDS)
def test_names_in_an_archive_that_are_nearly_right(name: str) -> None:
    book = notebook("x = 1")
    files = {"w/Ex04_Frames.py": b"good = 1", "w/ex05_masking (1).ipynb": book, "a/ex03": b"",
             "a/ex06_messages.py": b"1", "b/ex06_messages.py": b"2"}  # fmt: skip
    found = opened(name, packed(name, files))
    assert found.submission.texts == {"ex04_frames": "good = 1", "ex05_masking": "\0x = 1"}
    assert found.flags[1:] == [
        "taken for ex04_frames.py: 'Ex04_Frames.py'",
        "taken for ex05_masking.ipynb: 'ex05_masking (1).ipynb'",
        "ex06_messages.py is there twice",
        "from a notebook: ex05",
    ]


@pytest.mark.parametrize("name", KINDS)
def test_names_that_lead_out_of_an_archive_lead_nowhere(name: str) -> None:
    """Nothing is written, so a name is only a name: Windows and `tar -P` make such archives."""
    files = {f"../{NAME}": b"1", "/etc/ex05_masking.py": b"2", "a/../ex06_messages.py": b"3",
             "c:/ex02_messages_over_a_stream.py": b"4",
             "ex03_opening_handshake.py": b"5"}  # fmt: skip
    found = opened(name, packed(name, files))
    assert sorted(found.submission.texts.values()) == ["1", "2", "3", "4", "5"]
    assert found.flags == [f"unpacked from {name[1:]}"]


@pytest.mark.parametrize("name", KINDS)
def test_too_many_files(name: str) -> None:
    files = {f"{number}": b"" for number in range(GRADED.entries + 1)}
    found = opened(name, packed(name, {**files, NAME: b""}))
    assert found.submission.texts == {}
    assert f"{GRADED.entries} " in found.refusal


@pytest.mark.parametrize("name", KINDS)
def test_a_bomb_is_read_no_further_than_it_may(name: str) -> None:
    bomb = bytes(GRADED.unpacked + 1)
    found = opened(name, packed(name, {NAME: bomb[: 30 << 20]}))
    assert found.submission.texts == {}
    assert "too long" in found.submission.problems["ex04_frames"] or "far more" in found.refusal


def test_many_files_of_a_bomb_are_counted_together() -> None:
    data = packed("a.tgz", {f"{number}/{NAME}": bytes(1 << 20) for number in range(25)})
    assert "far more than it may" in opened("a.tgz", data).refusal


@pytest.mark.parametrize("name", KINDS)
def test_a_damaged_archive_is_refused(name: str) -> None:
    whole = packed(name, {NAME: b"# " + bytes(range(1, 256)) * 40})
    assert opened(name, whole).submission.problems
    for data in (b"", b"rubbish", whole[: len(whole) // 2]):
        found = opened(name, data)
        assert found.submission.texts == {}
        why = "damaged" if data and data != b"rubbish" else "file" if not data else "nothing that"
        assert why in found.refusal or (name == "a.tar" and not found.refusal), data[:9]


def test_many_central_entries_are_not_even_listed() -> None:
    end = b"PK\x05\x06" + bytes(4) + b"\x10\0\x10\0" + bytes(10)
    assert (
        f"more than {GRADED.entries} files"
        in opened("a.zip", b"PK\x01\x02" * 100_000 + end).refusal
    )


def test_links_secrets_and_odd_packing_inside() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        link = zipfile.ZipInfo(NAME)
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("ex05_masking.py", b"x = 1", zipfile.ZIP_LZMA)
        archive.writestr("ex06_messages.py", b"x = 2", zipfile.ZIP_DEFLATED)
    # As if it were packed in a way that Python doesn't know: the directory says 8 for "deflated".
    whole = target.getvalue()
    target = io.BytesIO(whole.replace(b"\0\0\x08\0", b"\0\0\x63\0"))
    found = opened("a.zip", target.getvalue())
    assert "is a link" in found.submission.problems["ex04_frames"]
    assert found.submission.texts == {"ex05_masking": "x = 1"}
    assert "use the usual zip" in found.submission.problems["ex06_messages"]
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        member = tarfile.TarInfo(NAME)
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    assert "is a link" in opened("a.tar", target.getvalue()).submission.problems["ex04_frames"]


def test_an_archive_in_an_archive_is_opened_and_no_third_one() -> None:
    inner = packed("a.zip", {"b.zip": packed("b.zip", {NAME: b"x = 1"})})
    assert opened("a.zip", inner).submission.texts == {"ex04_frames": "x = 1"}
    assert "not opened" in opened("a.zip", packed("a.zip", {"c.zip": inner})).refusal


# ---------------------------------------------------------------- notebooks


def notebook(*sources: Any, kind: str = "code") -> bytes:
    return json.dumps({"cells": [{"cell_type": kind, "source": one} for one in sources]}).encode()


def test_a_file_comes_before_a_notebook_and_its_name_says_which_exercise_it_is() -> None:
    book = notebook(["def apply_mask(data, key):\n", "    return data\n"], "x = 1")
    found = unpack([File("homework.ipynb", book)], Pick(()))
    assert set(found.submission.texts) == {"ex05_masking"}
    assert found.flags == ["from a notebook: ex05"]
    both = unpack([File("ex05.ipynb", book), File("ex05_masking.py", b"y = 1")], Pick(()))
    assert both.submission.texts == {"ex05_masking": "y = 1"}
    found = unpack([File("ex03 and ex04 final.ipynb", notebook("x = 1"))], Pick(()))
    assert set(found.submission.texts) == {"ex03_opening_handshake", "ex04_frames"}


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"", "the file is empty"), (b"{}", "its cells"), (b"[]", "its cells"),
     (b"[" * 100_000, "nested"), (b'{"cells": [1]}', "its cells"), (b'{"cells": 3}', "its cells"),
     (b"\xff", "isn't text"), (notebook(3), "its cells"), (notebook([1]), "its cells"),
     (notebook("x = 1")[:-9], "ends in the middle"), (b"x = 1", "isn't JSON")],
)  # fmt: skip
def test_a_notebook_that_cannot_be_read(data: bytes, why: str) -> None:
    found = unpack([File("ex05_masking.ipynb", data)], Pick(())).submission
    assert found.problems["ex05_masking"].startswith("ex05_masking.ipynb isn't")
    assert why in found.problems["ex05_masking"]
    assert "ex05_masking" in found.unread


@pytest.mark.parametrize(
    "data",
    ["é = 1\n".encode(), b"\xef\xbb\xbf" + "é = 1\n".encode(), "é = 1\n".encode("utf-16"),
     "é = 1\r\n".encode(), "é = 1\r".encode()],
)  # fmt: skip
def test_any_unicode_and_any_line_end(data: bytes) -> None:
    assert unpack([File(NAME, data)], Pick(())).submission.texts == {"ex04_frames": "é = 1\n"}


def test_what_cannot_be_decoded_is_said() -> None:
    found = unpack([File(NAME, b"a\nb \xe9")], Pick(())).submission
    assert found.problems["ex04_frames"].startswith(
        "ex04_frames.py is not text in UTF-8: see line 2."
    )
    assert "ex04_frames" in found.unread
