"""Attack before a line runs: by what is handed in, and how it is packed and called."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

from wslab.grading import kit

from .attack import handed_in

NAME = "ex05_masking.py"


def solution() -> bytes:
    return (kit.root() / "solutions" / NAME).read_bytes()


@handed_in("ex05")
def bury_it_deep(folder: Path) -> None:
    """Folders in folders, 400 deep. The search goes to a certain depth, and no further."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(400):
        os.mkdir("d", dir_fd=here)
        deeper = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)


@handed_in("ex05")
def a_file_of_64_megabytes(folder: Path) -> None:
    """Far too long a source. Its size is looked at before it is read."""
    with open(folder / NAME, "wb") as file:
        file.truncate(64 << 20)


@handed_in("ex05")
def a_fifo(folder: Path) -> None:
    """Whoever opens it waits for ever. It is opened without waiting, and is no plain file."""
    os.mkfifo(folder / NAME)


@handed_in("ex05")
def a_link_to_the_solution(folder: Path) -> None:
    """A link, which the grader may follow where the student may not. It does not."""
    (folder / NAME).symlink_to(kit.root() / "solutions" / NAME)


@handed_in("ex05")
def a_link_to_the_solutions(folder: Path) -> None:
    """The folder as a link, and a link to itself. Links are not gone through either."""
    (folder / "mine").symlink_to(kit.root() / "solutions")
    (folder / "loop").symlink_to(folder)


@handed_in("ex05")
def thousands_of_files(folder: Path) -> None:
    """So many files that all are read, or none is found. Only names are looked at, in bounds."""
    for number in range(20):
        (folder / f"{number:02}").mkdir()
        for other in range(100):
            (folder / f"{number:02}" / f"{other}.py").touch()


@handed_in("ex05", deserves=10)
def names_that_act(folder: Path) -> None:
    """Names for a terminal, a table, a shell, a browser, beside honest work. Made harmless."""
    for name in ("\x1b[2J\n", "\u202egnp.yp", "=cmd|' C calc'!A0.py", "$(id).py", "<b>.py"):
        (folder / name).touch()
    (folder / NAME).write_bytes(solution())


@handed_in("ex05")
def modules_to_be_taken_for_others(folder: Path) -> None:
    """json.py, sitecustomize.py, conftest.py: to run in the grader. Only exercises are taken."""
    for name in ("json", "os", "sitecustomize", "usercustomize", "conftest", "pytest", "wslab"):
        (folder / f"{name}.py").write_text("raise SystemExit('ran')\n")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --co\n")
    (folder / NAME).write_text("import sitecustomize\n")


@handed_in("ex05")
def a_stale_byte_code(folder: Path) -> None:
    """A .pyc of another source beside an empty one. The text is compiled, and nothing else."""
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "ex05_masking.cpython-311.pyc").write_bytes(b"\xa7\r\r\n" + bytes(12))
    (folder / NAME).write_text("")


@handed_in("ex05")
def an_encoding_that_hides(folder: Path) -> None:
    """UTF-7 and a cookie to say so, so that a reader sees other code. Only Unicode is read."""
    (folder / NAME).write_bytes(b"# coding: utf-7\n# +AAo-raise SystemExit\n\xff\xfe\x00")


@handed_in("ex05")
def a_source_to_choke_the_compiler(folder: Path) -> None:
    """Brackets nested far too deep, a number without an end. Compiled in the worker only."""
    (folder / NAME).write_text("x = " + "(" * 90_000 + ")" * 90_000 + "\ny = " + "9" * 500_000)


@handed_in("ex05")
def a_zip_bomb(folder: Path) -> None:
    """32 MiB in a small zip. What comes out is counted, and the reading ends."""
    with (
        zipfile.ZipFile(folder / "work.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(NAME, "w", force_zip64=True) as file,
    ):
        for _ in range(32):
            file.write(bytes(1 << 20))


@handed_in("ex05")
def a_tar_bomb(folder: Path) -> None:
    """The same as a compressed tar, behind a small file."""
    with tarfile.open(folder / "work.tar.gz", "w:gz") as archive:
        for name, size in (("a.txt", 1), ("b.txt", 20 << 20), (NAME, 20 << 20)):
            member = tarfile.TarInfo(name)
            member.size = size
            archive.addfile(member, io.BytesIO(bytes(size)))


@handed_in("ex05", deserves=10)
def archives_that_lead_out(folder: Path) -> None:
    """Names with .. and roots in a zip, to write over the kit. Read, and never written."""
    with zipfile.ZipFile(folder / "work.zip", "w") as archive:
        for name in (f"../../{NAME}", f"/etc/{NAME}", f"..\\{NAME}", f"C:/{NAME}"):
            archive.writestr(name, solution())


@handed_in("ex05")
def links_in_an_archive(folder: Path) -> None:
    """Links and devices in a tar, which some unpack as they are. They are no plain files."""
    with tarfile.open(folder / "work.tar", "w") as archive:
        for name, kind in ((NAME, tarfile.SYMTYPE), ("ex04_frames.py", tarfile.CHRTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, str(kit.root() / "solutions" / NAME)
            archive.addfile(member)


@handed_in("ex05")
def an_archive_in_an_archive(folder: Path) -> None:
    """Zip in zip in zip in zip. The third one is not opened."""
    data, name = solution(), NAME
    for _ in range(5):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(name, data)
        data, name = packed.getvalue(), "inner.zip"
    (folder / "work.zip").write_bytes(data)


@handed_in("ex05", deserves=10)
def a_file_that_nobody_may_read(folder: Path) -> None:
    """A folder without rights beside honest work. What cannot be read is said, and passed by."""
    (folder / NAME).write_bytes(solution())
    (folder / "locked").mkdir(stat.S_IXUSR)
