"""What people really hand in: full marks for a right answer, or a blank with a true reason.

One real graded run over all of it; each test looks at the rows of one case. Nothing of a case is a
file in the repository: all archives, notebooks and encodings are made here.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import struct
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAME = "ex05_masking.py"
RIGHT = (ROOT / "solutions" / NAME).read_text("utf-8")
RAW = RIGHT.encode()
pytestmark = pytest.mark.timeout(300)

Case = Callable[[Path, str], None]
"""Writes into the folder of submissions what the student of this name hands in."""
CASES: dict[str, tuple[Case, str, str]] = {}
"""Who → what is written, why it has no mark ("" for full marks), and what a flag says."""


def add(who: str, case: Case, blank: str = "", flag: str = "") -> None:
    assert who not in CASES
    CASES[who] = case, blank, flag


def file(name: str, data: bytes) -> Case:
    def write(root: Path, who: str) -> None:
        path = root / who / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    return write


def loose(name: str, data: bytes) -> Case:
    return lambda root, who: (root / name.format(who)).write_bytes(data) and None


def files(**of: bytes) -> Case:
    def write(root: Path, who: str) -> None:
        for name, data in of.items():
            file(name.replace("__", "."), data)(root, who)

    return write


def several(found: Mapping[str, bytes]) -> Case:
    def write(root: Path, who: str) -> None:
        for name, data in found.items():
            file(name, data)(root, who)

    return write


# ---------------------------------------------------------------- sources

text = RIGHT.replace("§", "section ")
add("bom", file(NAME, b"\xef\xbb\xbf" + RAW))
add("latin-1", file(NAME, f"# -*- coding: latin-1 -*-\n# Müller\n{text}".encode("latin-1")))
add(
    "cp1252 in line 2",
    file(NAME, f"\n# vim: set fileencoding=cp1252 :\n# “é”\n{text}".encode("cp1252")),
)
add("shift-jis", file(NAME, f"# coding: shift_jis\n# 日本\n{text}".encode("shift_jis")))
add("koi8", file(NAME, f"#coding=koi8-r\n# Привет\n{text}".encode("koi8-r")))
add("utf-16", file(NAME, text.encode("utf-16")), flag="UTF-16, which Python doesn't read")
add("utf-32", file(NAME, text.encode("utf-32")), flag="UTF-32, which Python doesn't read")
add("klingon", file(NAME, f"# coding: klingon\n{text}".encode()), flag="klingon")
add("bom and latin-1", file(NAME, b"\xef\xbb\xbf# coding: latin-1\n" + RAW), flag="Python refuses")
add("not utf-8", file(NAME, b"# caf\xe9\n" + RAW), "not text in UTF-8: see line 1")
add("utf-16 without a mark", file(NAME, text.encode("utf-16-le")), "NUL bytes")
add("nul at the end", file(NAME, RAW + bytes(512)), "NUL bytes")
add("utf-7", file(NAME, b"# coding: utf-7\n" + RAW), "says that it's in utf-7")
add("crlf", file(NAME, RAW.replace(b"\n", b"\r\n")))
add("cr", file(NAME, RAW.replace(b"\n", b"\r")))
add(
    "cr and latin-1",
    file(NAME, f"# coding: latin-1\r# é\r{text}".replace("\n", "\r").encode("latin-1")),
)
add("form feeds", file(NAME, RAW.replace(b"\ndef ", b"\n\x0c\ndef ")))
add("tabs", file(NAME, RAW.replace(b"    ", b"\t")))
add("no newline at the end", file(NAME, RAW.rstrip()))
add(
    "numpy for nothing",
    file(
        NAME,
        b"import numpy as np\nimport matplotlib.pyplot as plt\n"
        + RAW.replace(b"from __future__ import annotations\n", b""),
    ),
    flag="numpy",
)
add(
    "checks itself",
    file(NAME, RAW + b"\nfrom wslab import check\nprint(check('ex05'))\n"),
    flag="wslab",
)
add(
    "numpy if it is there",
    file(NAME, RAW + b"\ntry:\n    import numpy\nexcept ImportError:\n    numpy = None\n"),
)

# ---------------------------------------------------------------- names

for number, name in enumerate([
    "ex05_masking.py.txt", "ex05_masking.py.py", "ex05_masking (1).py", "ex05_masking.PY",
    "ex05_masking - Copy.py", "ex05_masking - Copy (2).py", "EX05_Masking.Py", "ex05 masking.py",
    "ex05-masking.py", "ex05_masking-1.py", "ex05.py", "ex05_masking.txt",
    "ex05_masking - Kopie.py",
    "week 5/Übung/ex05_masking.py", ".hidden/ex05_masking.py",
]):  # fmt: skip
    add(f"name {number}", file(name, RAW))
add("two the same", several({f"a/{NAME}": RAW, f"b/{NAME}": RAW}))
add("two that differ", several({f"a/{NAME}": RAW, f"b/{NAME}": RAW + b"#"}), "twice")
add("near", file("ex05_maskin.py", RAW), "Is it 'ex05_maskin.py'")
add("another name", file("solution.py", RAW), "solution.py")
add("a document", file("homework.docx", b"PK\x03\x04"), "homework.docx")
add("in solutions", file(f"solutions/{NAME}", RAW), f"solutions/{NAME}")
add("too deep", file(f"a/b/c/d/e/f/g/{NAME}", RAW), NAME)
add("..hidden", file(NAME, RAW))
add("Anna-Lena Müller-Øst", file(NAME, RAW))

# ---------------------------------------------------------------- archives


def zipped(names: Mapping[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in names.items():
            about = zipfile.ZipInfo("x")
            about.filename = name  # as it is: not as this system would write it
            archive.writestr(about, data, kind)
    return target.getvalue()


def tarred(names: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, data in names.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return target.getvalue()


def locked(data: bytes) -> bytes:
    """As if it were encrypted: one bit in the header and in the directory says so."""
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.index(mark) + at
        data = data[:place] + bytes([data[place] | 1]) + data[place + 1 :]
    return data


def packed_with(data: bytes, method: int) -> bytes:
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        place = data.index(mark) + at
        data = data[:place] + struct.pack("<H", method) + data[place + 2 :]
    return data


for who, name in {
    "zip": NAME, "zip dot": f"./{NAME}", "zip backslash": f"week5\\{NAME}",
    "zip backslash and dot": f".\\{NAME}", "zip absolute": f"/home/anna/{NAME}",
    "zip drive": f"C:\\Users\\anna\\{NAME}", "zip up": f"../{NAME}",
    "zip share": f"\\\\srv\\x\\{NAME}",
    "zip doubled": f"a//{NAME}",
}.items():  # fmt: skip
    add(who, loose("{}.zip", zipped({name: RAW})))
    add(f"tar of {who}", loose("{}.tar", tarred({name: RAW})))
add("zip stored", loose("{}.zip", zipped({NAME: RAW}, zipfile.ZIP_STORED)))
add("zip bz2", loose("{}.zip", zipped({NAME: RAW}, zipfile.ZIP_BZIP2)))
add("zip lzma", loose("{}.zip", zipped({NAME: RAW}, zipfile.ZIP_LZMA)))
add("zip deflate64", loose("{}.zip", packed_with(zipped({NAME: RAW}), 9)), "packed in a way")
add("zip encrypted", loose("{}.zip", locked(zipped({NAME: RAW}))), "is encrypted")
add("zip aside junk", loose("{}.zip", zipped({f"w/{NAME}": RAW, f"__MACOSX/w/._{NAME}": b"\0"})))
add("zip of a zip", loose("{}.zip", zipped({"inner.zip": zipped({NAME: RAW})})))
add("zip of a tgz", loose("{}.zip", zipped({"inner.tgz": gzip.compress(tarred({NAME: RAW}))})))
add("zip cut off", loose("{}.zip", zipped({NAME: RAW})[:400]), "damaged")
add("zip empty", loose("{}.zip", zipped({})), "nothing in the archive")
add("zip is a tgz", loose("{}.zip", gzip.compress(tarred({NAME: RAW}))))
add("zip is a page", loose("{}.zip", b"<!DOCTYPE html><p>Log in"), "a web page")
add("zip is 7z", loose("{}.zip", b"7z\xbc\xaf\x27\x1c" + bytes(90)), "a 7z archive")
add("tgz", loose("{}.tgz", gzip.compress(tarred({NAME: RAW}))))
add("tar.bz2", loose("{}.tar.bz2", bz2.compress(tarred({NAME: RAW}))))
add("tar.xz", loose("{}.tar.xz", lzma.compress(tarred({f"./x/{NAME}": RAW}))))
add("py.gz", file(f"{NAME}.gz", gzip.compress(RAW)))
add("rar", loose("{}.rar", b"Rar!\x1a\x07\x01\0" + bytes(90)), "a RAR archive")
add("7z", loose("{}.7z", b"7z\xbc\xaf\x27\x1c" + bytes(90)), "a 7z archive")
add("two zips", several({"ex03.zip": zipped({"ex03_opening_handshake.py": b""}),
                         "ex05.zip": zipped({NAME: RAW})}))  # fmt: skip
add("rar beside", several({"ex03_opening_handshake.py": b"", "work.rar": b"Rar!\x1a\x07\0"}), "RAR")

# ---------------------------------------------------------------- notebooks

FUTURE = "from __future__ import annotations\n"
BODY = RIGHT.split('"""', 2)[2].replace(FUTURE, "")
IMPORTS, *FUNCTIONS = WHOLE = BODY.split("\n\n\n")
ALL, BELOW = "\n\n\n".join(WHOLE), "\n\n\n".join(FUNCTIONS)


def book(*cells: Any, before: str = "", **more: Any) -> bytes:
    made = [{"cell_type": "markdown", "metadata": {}, "source": "```python\nraise 1\n```"}]
    for cell in cells:
        kind = cell if isinstance(cell, dict) else {"cell_type": "code", "source": cell}
        made.append({"metadata": {}, "outputs": [], "execution_count": None, **kind})
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, **more, "cells": made}
    ).encode()


for who, cells in {
    "book": WHOLE, "book in lists": [cell.splitlines(keepends=True) for cell in WHOLE],
    "book future late": ["x = 1", FUTURE + IMPORTS, *FUNCTIONS],
    "book scratch raises": ["1 / 0", *WHOLE, "apply_mask(b'a', b'')[99]", "assert False"],
    "book broken cell": ["def half(", *WHOLE, "print 'Python 2'"],
    "book percent continued": [*WHOLE, "y = (7\n% 2)\nz = 7 \\\n  % 2\nassert (y, z) == (1, 1)"],
    "book help": [*WHOLE[:2], "apply_mask?\n?apply_mask\napply_mask??", *WHOLE[2:]],
    "book shell": [
        "files = !ls\nfor f in files:\n    !echo {f}\n!pip install it's\n" + IMPORTS, *FUNCTIONS,
    ],
    "book indented magic": ["if True:\n    %matplotlib inline\n" + IMPORTS, *FUNCTIONS],
    "book magics around": ["%load_ext autoreload\n%autoreload 2\n" + ALL + "\n%timeit 1"],
    "book time": [
        "%%time\n" + IMPORTS, "\n%%capture out --no-stderr\n" + FUNCTIONS[0], *FUNCTIONS[1:],
    ],
    "book other cells": ["%%bash\necho 'hi\nrm -rf /", "%%html\n<b>", "%%javascript\n1", *WHOLE],
    "book check": ["from wslab import check\n" + IMPORTS, *FUNCTIONS, "check('ex05')"],
    "book check without import": [*WHOLE, "check('ex05')"],
    "book check in the cell": ["import wslab\n" + IMPORTS + "\nwslab.check('ex05')\n" + BELOW],
    "book numpy": ["import numpy as np, matplotlib.pyplot as plt\n%matplotlib inline\n" + ALL],
    "book display": [
        *WHOLE, "from IPython.display import display, HTML\ndisplay(HTML('x'))\nget_ipython()",
    ],
    "book await": [
        "import asyncio\nawait asyncio.sleep(0)\nx = [n async for n in []] if 0 else 1", *WHOLE,
    ],
    "book async scratch": [*WHOLE, "async with nothing: pass"],
    "book exit": [*WHOLE, "import sys\nsys.exit(3)", "exit()", "raise SystemExit"],
    "book prompts": [">>> x = 1\n>>> y = 2", "In [3]: z = 1\n   ...: w = 2", *WHOLE],
    "book indented": ["    " + IMPORTS.strip().replace("\n", "\n    "), *FUNCTIONS],
    "book twice written": ["def apply_mask(data, key):\n    return b'first try'", *WHOLE],
    "book crlf": [cell.replace("\n", "\r\n") for cell in WHOLE],
    "book raw": [{"cell_type": "raw", "source": "raise 1"}, *WHOLE],
    "book writefile": [f"%%writefile {NAME}\n{RIGHT}"],
    "book half a pair": [*WHOLE, "x = '\ud800'"],
    "book nul": [*WHOLE, "x = '\0'"],
}.items():  # fmt: skip
    add(who, file("homework.ipynb", book(*cells)))
V3 = {"worksheets": [{"cells": [{"cell_type": "heading", "level": 1, "source": "H"}] + [
    {"cell_type": "code", "language": "python", "input": cell, "outputs": []} for cell in WHOLE
]}], "nbformat": 3, "metadata": {"name": ""}}  # fmt: skip
add("book of 2014", file("homework.ipynb", json.dumps(V3).encode()))
add("book bom", file("homework.ipynb", b"\xef\xbb\xbf" + book(*WHOLE)))
add("book utf-16", file("homework.ipynb", book(*WHOLE).decode().encode("utf-16")))
add("book nul tail", file("homework.ipynb", book(*WHOLE) + bytes(4096)))
add("book in a zip", loose("{}.zip", zipped({"a\\Homework.ipynb": book(*WHOLE)})))
add("book big outputs", file("a.ipynb", book(
    *WHOLE, {"cell_type": "code", "source": "1", "outputs": [{"text": "x" * 5_000_000}]},
)))  # fmt: skip
add("book too big", file("ex05.ipynb", book(*WHOLE, metadata={"x": "x" * 9_000_000})), "too long")
add("book cut off", file("homework.ipynb", book(*WHOLE)[:-300]), "ends in the middle")
add("book no json", file("homework.ipynb", b"import this\n"), "isn't JSON, see line 1")
add("book empty", file("homework.ipynb", b""), "the file is empty")
add("book latin-1", file("homework.ipynb", b'{"cells": "\xe9"}'), "isn't text in utf-8: see line 1")
add("book no cells", file("homework.ipynb", b'{"nbformat": 4}'), "isn't a notebook")
add("book other half", several({"a.ipynb": book(*WHOLE[:-1]), NAME: RAW}))
add("empty lines", file("homework.ipynb", book("\n" * 400_000, *WHOLE, "x" + " \n" * 200_000)))


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    root = tmp_path_factory.mktemp("handed in")
    (root / "in").mkdir()
    for who, (case, _, _) in CASES.items():
        case(root / "in", who)
    return rows(root / "in", root / "out")[0]


def rows(submissions: Path, out: Path, *more: str) -> tuple[dict[str, dict[str, str]], str]:
    """The rows of ``grades.csv`` by their ids, and what the command says."""
    words = [sys.executable, "-m", "wslab", "grade", str(submissions), "-o", str(out)]
    done = subprocess.run(
        [*words, "--seed", "s", "--allow-unsandboxed", *(more or ("--exercise", "ex05"))],
        cwd=ROOT, text=True, capture_output=True, timeout=280,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    with open(out / "grades.csv", encoding="utf-8-sig", newline="") as table:
        return {row["student_id"]: row for row in csv.DictReader(table)}, done.stdout


@pytest.mark.parametrize("who", CASES)
def test_full_marks_or_a_blank_with_a_true_reason(
    who: str, graded: dict[str, dict[str, str]]
) -> None:
    _, blank, flag = CASES[who]
    row = graded[who]
    if blank:
        assert (row["status"], row["score"]) == ("refused", ""), row
        assert blank in row["note"]
        assert row["ex05.mask_it"] == "", "not even a check has a zero"
    else:
        assert (row["status"], row["score"]) == ("graded", row["max_score"]), row
    assert flag in row["flags"]
    assert "lead out" not in row["flags"] + row["note"], "nobody is accused"


def test_there_is_one_row_for_each(graded: dict[str, dict[str, str]]) -> None:
    assert set(graded) == set(CASES)


# ---------------------------------------------------------------- learning platforms

WHEN = "attempt_2026-03-{:02}-10-00-00"
WRONG = b"def apply_mask(data, key):\n    return data\n"
RECEIPT = b"Name: Anna Ruiz (anna)\nAssignment: Masking\nFiles:\n"
PAGE = b"<p>My answer is in the file.</p>"
DOWNLOAD = {
    # Moodle, in folders and without
    f"Anna Ruiz_381_assignsubmission_file_/{NAME}": RAW,
    "Anna Ruiz_381_assignsubmission_onlinetext_/onlinetext.html": PAGE,
    f"Jean-Luc d'Été_382_assignsubmission_file_{NAME}": RAW,
    "Jean-Luc d'Été_382_assignsubmission_onlinetext_onlinetext.html": PAGE,
    "王 小明_383_assignsubmission_file_work.zip": zipped({NAME: RAW}),
    "Only Text_384_assignsubmission_onlinetext_onlinetext.html": PAGE,
    # Blackboard: a receipt beside each attempt, and the last attempt counts
    f"Masking_mia_{WHEN.format(1)}.txt": RECEIPT,
    f"Masking_mia_{WHEN.format(1)}_{NAME}": WRONG,
    f"Masking_mia_{WHEN.format(2)}.txt": RECEIPT,
    f"Masking_mia_{WHEN.format(2)}_{NAME}": RAW,
    f"Masking_noah-b_{WHEN.format(3)}_my answer.py": RAW,
    f"Masking_noah-b_{WHEN.format(3)}.txt": RECEIPT,
    # Canvas: a late one, one uploaded again, a text, two students of one name
    f"ruizanna_LATE_1234_56789_{NAME}": RAW,
    f"smithjo_1235_56790_{NAME}": WRONG,
    "smithjo_1235_56800_ex05_masking-1.py": RAW,
    "smithjo_1236_56791_homework.ipynb": book(*WHOLE),
    "smithjo_1236_text.html": PAGE,
    # GitHub Classroom, Gradescope
    f"masking-octo-cat/{NAME}": RAW,
    "masking-octo-cat/.git/config": b"",
    f"submission_7001/{NAME}": RAW,
    # by hand
    f"Zoë Müller-Lüdenscheidt_{NAME}": RAW,
    "kim.zip": zipped({NAME: RAW}),
    f"..lee/{NAME}": RAW,
    # what is no submission at all
    "submission_metadata.yml": b"submission_7001: {}",
    "grades.csv": b"id,mark\n", "README.txt": b"Look here", "kim.txt": b"Well done!",
    ".DS_Store": b"", "index.html": PAGE,
}  # fmt: skip
STUDENTS = {
    "Anna Ruiz_381", "Jean-Luc d'Été_382", "王 小明_383", "Only Text_384", "mia", "noah-b",
    "ruizanna_1234", "smithjo_1235", "smithjo_1236", "masking-octo-cat", "submission_7001",
    "Zoë Müller-Lüdenscheidt", "kim", "..lee",
}  # fmt: skip


def test_a_download_has_one_row_for_each_student(tmp_path: Path) -> None:
    several(DOWNLOAD)(tmp_path, "in")
    found, said = rows(tmp_path / "in", tmp_path / "out")
    assert set(found) == STUDENTS
    text_only = found.pop("Only Text_384")
    assert (text_only["status"], text_only["score"]) == ("refused", "")
    assert "onlinetext" in text_only["note"]
    for who, row in found.items():
        assert (row["status"], row["score"]) == ("graded", row["max_score"]), (who, row)
    assert "late" in found["ruizanna_1234"]["flags"]
    assert "onlinetext" in found["Anna Ruiz_381"]["flags"], "what isn't read is said"
    assert "earlier attempt" in found["mia"]["flags"]
    assert "earlier upload" in found["smithjo_1235"]["flags"]
    for name in ("submission_metadata.yml", "grades.csv", "README.txt", "kim.txt", "index.html"):
        assert name in said
    summary = (tmp_path / "out" / "summary.txt").read_text("utf-8")
    assert "mean 10.0" in summary, "people count, and what lies beside their work does not"


@pytest.mark.parametrize(
    "how", ["itself", "in a folder", "of moodle", "a tar", "a folder", "wrapped"]
)
def test_one_archive_for_the_whole_class(tmp_path: Path, how: str) -> None:
    people = {f"anna/{NAME}": RAW, f"ben/{NAME}": RAW + b"# ben", "ben/notes.md": b"",
              "roster.csv": b"anna, ben", f"__MACOSX/anna/._{NAME}": b"\0"}  # fmt: skip
    if how == "of moodle":
        people = {
            f"{who}_{n}_assignsubmission_file_{NAME}": RAW for n, who in enumerate(["a b", "c"])
        }
    ids = {"anna", "ben"} if how != "of moodle" else {"a b_0", "c_1"}
    (tmp_path / "in").mkdir()
    given = tmp_path / "in"
    if how in ("a folder", "wrapped"):
        several({f"Course 7/{name}": data for name, data in people.items()})(tmp_path, "in")
    if how == "wrapped":
        people = {f"Course 7/{name}": data for name, data in people.items()}
        given = tmp_path / "download.zip"
        given.write_bytes(zipped(people))
    elif how == "a tar":
        (given / "class.tgz").write_bytes(gzip.compress(tarred(people)))
    elif how != "a folder":
        (given / "class.zip").write_bytes(
            zipped({f"..\\..\\{name}": people[name] for name in people})
        )
    if how == "itself":
        given = given / "class.zip"
    found, said = rows(given, tmp_path / "out")
    assert set(found) == ids
    assert all(row["score"] == row["max_score"] for row in found.values()), found
    assert "several students" in said
    assert not (tmp_path / "out" / "class").exists()
    assert not (tmp_path / "anna").exists()
    assert not (tmp_path.parent / "anna").exists()


def test_the_only_student_is_no_class(tmp_path: Path) -> None:
    kit = {f"kit/{place}/{NAME}": RAW for place in ("exercises", "solutions", "tests/x")}
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "anna.zip").write_bytes(
        zipped({**kit, "kit/tests/checks/ex05.py": b"1 / 0"})
    )
    found, _ = rows(tmp_path / "in", tmp_path / "out")
    assert found["anna"]["score"] == found["anna"]["max_score"]


def test_an_archive_that_cannot_be_unpacked_is_no_mark(tmp_path: Path) -> None:
    (tmp_path / "class.zip").write_bytes(locked(zipped({f"anna/{NAME}": RAW})))
    words = ["grade", str(tmp_path / "class.zip"), "-o", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-m", "wslab", *words],
        cwd=ROOT,
        text=True,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "Unpack it with another program" in done.stderr
    assert "Traceback" not in done.stderr


# ---------------------------------------------------------------- week after week


def test_another_exercise_next_week_keeps_this_weeks_columns(tmp_path: Path) -> None:
    week3 = (ROOT / "solutions" / "ex03_opening_handshake.py").read_bytes()
    for who in ("anna", "ben"):
        file("ex03_opening_handshake.py", week3 + who.encode().join([b"# ", b""]))(
            tmp_path / "3", who
        )
    for who in ("anna", "eve"):
        file(NAME, RAW)(tmp_path / "5", who)
    out = tmp_path / "marks"
    first, _ = rows(tmp_path / "3", out, "--exercise", "ex03")
    both, _ = rows(tmp_path / "5", out)
    assert set(both) == {"anna", "ben", "eve"}
    most = {who: int(row["max_score"]) for who, row in first.items()}
    for who in ("anna", "ben"):
        assert both[who]["ex03.accept_value"] == first[who]["ex03.accept_value"] != ""
    assert int(both["anna"]["score"]) == most["anna"] + 10
    assert both["eve"]["ex03.accept_value"] == both["ben"]["ex05.mask_it"] == ""
    assert "earlier run" in both["anna"]["flags"]
    again, _ = rows(tmp_path / "3", out, "--exercise", "ex03", "ex05")
    assert set(again) == {"anna", "ben"}, "what is asked now comes from what is there now"


def test_an_empty_seed_is_refused(tmp_path: Path) -> None:
    """As a workflow writes it whose secret isn't set: everyone could guess the questions."""
    file(NAME, RAW)(tmp_path / "in", "anna")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "seed").write_text("\n")
    words = ["grade", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--exercise", "ex05"]
    done = subprocess.run(
        [sys.executable, "-m", "wslab", *words],
        cwd=ROOT,
        text=True,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "seed' is empty" in done.stderr


def test_programs_and_what_they_are_built_from_may_be_notebooks(tmp_path: Path) -> None:
    for name in ("ex04_frames", "ex07_websocket_echo"):
        text = (ROOT / "solutions" / f"{name}.py").read_text("utf-8")
        cells = ["1 / 0\n%matplotlib inline", *text.split("\n\n\n")]
        file(f"{name[:4]} final.ipynb", book(*cells))(tmp_path / "in", "anna")
    words = ["check", "ex07", "--folder", str(tmp_path / "in" / "anna")]
    done = subprocess.run(
        [sys.executable, "-m", "wslab", *words],
        cwd=ROOT,
        text=True,
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    assert "decode_frame" not in done.stdout, "it is in their own notebook"
    assert "cell 2, line 1: ZeroDivisionError" in done.stdout
