"""What a student hands in: a folder with some or all of the files, under their names.

The texts are read here, once and within bounds; nothing of them is compiled or run.
"""

from __future__ import annotations

import codecs
import difflib
import io
import os
import re
import stat
import tokenize
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..views.columns import printable
from . import kit
from .limits import GRADED, Limits


@dataclass(frozen=True)
class Submission:
    """The texts of the files that are there, and why the others are not."""

    texts: dict[str, str] = field(default_factory=dict)
    """By the name of the module, as "ex04_frames"."""
    problems: dict[str, str] = field(default_factory=dict)
    """A sentence for the student, for each file that is not there or cannot be read."""
    unread: frozenset[str] = frozenset()
    """Those that may be there, as something that wasn't read: that is no zero."""

    def reasons(self, names: Sequence[str]) -> str:
        """Why these files are not there: what helps comes first, the rest is one sentence."""
        plain = [name for name in names if self.problems.get(name, _absent(name)) == _absent(name)]
        told = [self.problems[name] for name in names if name not in plain]
        if len(plain) > 1:
            told.append(f"Not there: {', '.join(name.partition('_')[0] for name in plain)}.")
        else:
            told += map(_absent, plain)
        return " ".join(told)


def read_folder(folder: Path, limits: Limits = GRADED) -> Submission:
    """The submission in a folder; what cannot be read is a problem of that file, and no error."""
    texts, problems = {}, {}
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        problem = f"The folder cannot be read: {error.strerror}."
        return Submission({}, dict.fromkeys(kit.FILES.values(), problem))
    for name in kit.FILES.values():
        try:
            texts[name] = read_text(folder / f"{name}.py", limits.source)
        except FileNotFoundError:
            problems[name] = missing(f"{name}.py", names)[0]
        except OSError as error:
            problems[name] = f"{name}.py cannot be read ({error.strerror})."
        except ValueError as error:
            problems[name] = f"{name}.py {error}"
    return Submission(texts, problems)


def read_text(path: Path, most: int) -> str:
    r"""A source file, in whatever Unicode an editor may have saved it, with ``\n`` at line ends.

    Raises OSError; ValueError with a text that goes on after the file's name.
    """
    return decode(read_plain(path, most))[0]


def read_plain(path: Path, most: int) -> bytes:
    """A plain file. Raises OSError; ValueError with a text that goes on after the file's name."""
    # First, since a link and a socket cannot be opened: that must not look like a fault of ours.
    _plain(os.lstat(path).st_mode)
    # Without O_NONBLOCK, a FIFO that has come in between would keep us waiting for ever.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    fd = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))
    try:
        about = os.fstat(fd)
        _plain(about.st_mode)
        if about.st_size > most:
            raise ValueError(f"is too long: {about.st_size:,} bytes, and {most:,} are the most.")
        with open(fd, "rb", closefd=False) as file:
            data = file.read(most + 1)
    finally:
        os.close(fd)
    if len(data) > most:
        raise ValueError(f"is too long: more than {most:,} bytes.")
    return data


def _plain(mode: int) -> None:
    if stat.S_ISLNK(mode):
        raise ValueError("is a link: links are not followed.")
    if not stat.S_ISREG(mode):
        raise ValueError("is no plain file.")


def decode(data: bytes) -> tuple[str, str]:
    r"""A source as Python reads it (PEP 263), with ``\n`` at line ends, and what is odd about it.

    What Python refuses is read all the same if only one reading is possible: UTF-16 with its byte
    order mark, and UTF-8 beside a line that names an encoding that doesn't exist. Then the second
    part says so, to go on after the file's name; else it is "". Nothing is guessed: raises
    ValueError.
    """
    odd = ""
    mark = next((mark for mark in _WIDE if data.startswith(mark)), None)
    if mark is not None:
        encoding = _WIDE[mark]
        odd = f"is in {encoding.upper()}, which Python doesn't read"
    else:
        # Old Macs end lines with CR alone, and the encoding is looked for in the first two.
        lines = io.BytesIO(re.sub(rb"\r\n?", b"\n", data)).readline
        try:
            encoding, _ = tokenize.detect_encoding(lines)
        except SyntaxError as error:
            encoding = "utf-8-sig"
            odd = f"has a line about its encoding that Python refuses ({printable(str(error))})"
        if not _is_ascii_and_more(encoding):
            raise ValueError(f"says that it's in {encoding}. Save it as UTF-8.")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        name = encoding.removesuffix("-sig").upper()
        raise ValueError(f"is not text in {name}: see line {line}. Save it as UTF-8.") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ValueError(f"holds NUL bytes, so it is no text: see line {line}. Save it as UTF-8.")
    return text.replace("\r\n", "\n").replace("\r", "\n"), odd


_WIDE = {  # in this order: the mark of UTF-32 begins as that of UTF-16
    codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip


def _is_ascii_and_more(encoding: str) -> bool:
    """Whether ASCII means the same in it: others hide code, and some take for ever."""
    ascii_text = bytes(range(32, 127))
    try:
        return ascii_text.decode(encoding) == ascii_text.decode("ascii")
    except (UnicodeError, LookupError):
        return False


def missing(name: str, names: Iterable[str]) -> tuple[str, bool]:
    """Why a file is not there, and whether one of those that are may have been meant."""
    others = tuple(key for key in kit.FILES if not name.startswith(key))
    free = [other for other in names if not other.lower().startswith(others)]
    # A file is taken for the one that its name resembles most, and for no other.
    due = [f"{file}.py" for file in kit.FILES.values()]
    likely = [other for other in free if name in difflib.get_close_matches(other, due, 1, 0.0)]
    near = difflib.get_close_matches(name, likely, 1, 0.6)
    near = near or [other for other in free if name[:4] in other.lower()]
    if near:
        code = near[0].lower().endswith((".py", ".ipynb"))
        then = "Then give it that name." if code else "Only .py files and notebooks are read."
        return f"There is no {name}. Is it {near[0]!a}? {then}", True
    return _absent(name.removesuffix(".py")), False


def _absent(name: str) -> str:
    return f"There is no {name}.py in the folder."
