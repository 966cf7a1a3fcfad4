"""The work of a whole class that comes as one archive, or as a folder in a folder.

Learning platforms give it so. An archive is unpacked into the folder of the results, for as long as
the run takes; no name in it leads anywhere else.
"""

from __future__ import annotations

import contextlib
import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ..errors import Error
from ..views.columns import printable
from .archives import inside_name
from .intake import listing
from .layout import JUNK, NO_STUDENTS, is_exercise, is_skipped, right_name, walk
from .limits import GRADED, MIB
from .platforms import NO_WORK, part_of
from .remove import remove

MOST_FILES, MOST_BYTES = 200_000, 8192 * MIB


@contextlib.contextmanager
def unpacked(submissions: Path, out: Path) -> Iterator[tuple[Path, list[str]]]:
    """The folder that has an entry for each student, and what was opened to find it.

    Raises Error if an archive cannot be unpacked.
    """
    place = out / "class"
    remove(place)  # of a run that was killed
    opened = []
    try:
        for _ in range(3):  # an archive in a folder, and a folder in the archive
            inner = submissions if submissions.is_file() else _only_one(submissions)
            if inner is None:
                break
            opened.append(printable(inner.name))
            if inner.is_file():
                _unpack(inner, place)
            submissions = place if inner.is_file() else inner
        yield submissions, opened
    finally:
        remove(place)


def _only_one(folder: Path) -> Path | None:
    """The one thing that a folder holds, if that holds the work of several students."""
    found, _ = listing(folder, ())
    if len(found) != 1 or found[0].refusal or len(found[0].paths) != 1:
        return None
    path = Path(found[0].paths[0][0])
    if path.is_dir():
        names = walk(path)[0]
    else:
        try:
            names = [name for name, _, _ in _members(path)]
        except Exception:  # the judge says what is wrong with it
            return None
    return path if _of_a_class(names) else None


def _of_a_class(names: list[str]) -> bool:
    """Whether several have a folder with the same exercise, or the names that a platform gives."""
    names = list(filter(_may_count, names))
    tops = {name.partition("/")[0] for name in names}
    if len(tops) == 1 and all("/" in name for name in names):
        return _of_a_class([name.partition("/")[2] for name in names])
    parts = [part for top in tops if (part := part_of(top, ())) and part.platform]
    work = {(name.partition("/")[0], right_name(name)) for name in names if "/" in name}
    same = Counter(right for _, right in work if is_exercise(right))
    return len({part.group for part in parts}) > 1 or any(count > 1 for count in same.values())


def _may_count(name: str) -> bool:
    """Not what a system or the kit brings along, nor a list that lies beside the students."""
    parts = name.split("/")
    if any(JUNK.fullmatch(part) or is_skipped(part) for part in parts):
        return False
    beside = len(parts) == 1 and name.lower().endswith(NO_WORK)
    return not beside and NO_STUDENTS.isdisjoint(map(str.lower, parts))


def _members(path: Path) -> Iterator[tuple[str, int, IO[bytes]]]:
    """Name, size and content of each file. Raises whatever Python's readers do."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for one in archive.infolist():
                if not one.is_dir():
                    with archive.open(one) as file:
                        yield inside_name(one.filename), one.file_size, file
    else:
        with tarfile.open(path) as tar:
            for member in tar:
                if member.isreg() and (data := tar.extractfile(member)):
                    yield inside_name(member.name), member.size, data


def _unpack(path: Path, place: Path) -> None:
    advice = "Unpack it with another program, and give the folder."
    total, name = 0, ""
    try:
        for number, (name, size, file) in enumerate(_members(path)):
            target = place / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with open(target, "wb") as copy:
                if size > GRADED.archive:
                    copy.truncate(GRADED.archive + 1)  # no more is needed to say "too long"
                else:
                    total += copy.write(file.read(GRADED.archive + 1))
            if number > MOST_FILES or total > MOST_BYTES:
                raise Error(f"{path.name!a} is too large to be unpacked here. {advice}")
    except Error:
        raise
    except Exception as error:
        where = f" at {name!a}" if name else ""
        why = f"{type(error).__name__}: {error}"
        raise Error(f"{path.name!a} cannot be unpacked{where} ({why}). {advice}") from None
