"""How learning platforms call what they download: whose it is, and which of it is the work.

A name alone is looked at here, of a file or a folder at the top of the folder of submissions.

- Moodle: "Anna Ruiz_381_assignsubmission_file_" with or without a file's name after it, and
  "…_onlinetext_" for what was typed into Moodle itself
- Blackboard: "Masking_anna_attempt_2026-03-01-10-00-00_ex05.py", and without a file's name, but
  with ".txt", a receipt of each attempt
- Canvas: "ruizanna_LATE_1234_56789_ex05-1.py": the student, the upload, the file; "…_text.html" is
  what was typed into Canvas itself
- and what people do by hand: "anna_ex05.py"
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from . import kit
from .layout import NOTEBOOK, is_archive, is_exercise, right_name

NO_WORK = (
    ".csv", ".tsv", ".xls", ".xlsx", ".ods", ".json", ".yml", ".yaml", ".xml", ".html", ".htm",
    ".md", ".txt", ".log", ".ini", ".toml", ".cfg", ".css", ".js", ".url", ".lnk", ".webloc",
)  # fmt: skip
"""Lists, notes, feedback: beside the submissions, a file of this kind is none."""

_MOODLE = re.compile(
    r"(?P<owner>.+?)_assign(?:submission|feedback)_(?P<kind>[a-z]+)(?:_(?P<file>.*))?",
    re.IGNORECASE,
)
_BLACKBOARD = re.compile(
    r"(?P<group>.+_(?P<owner>[^_]+))_attempt_(?P<attempt>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)"
)
_CANVAS = re.compile(
    r"(?P<owner>.+?)_(?P<late>LATE_)?(?P<uid>\d+)_(?:(?P<upload>\d+)_(?P<file>.+)|text\.html)"
)
_LOOSE = re.compile(r"(?P<owner>.+?)[-_. ]+(?P<key>ex\d\d)(?!\d)", re.IGNORECASE)
_KEY = re.compile(r"ex\d\d(?!\d)", re.IGNORECASE)
_CODE = re.compile(r"(?:\.(?:py|ipynb|txt))+$", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """A file or a folder that belongs to one student."""

    name: str
    """In the folder of submissions."""
    owner: str
    """The student's id."""
    file: str
    """As the student called it; "" for a folder."""
    group: str
    """All parts with the same one belong together."""
    platform: str = ""
    attempt: str = ""
    """The latest one counts."""
    upload: int = 0
    """Of files of one name, the highest one counts."""
    late: bool = False
    beside: bool = False
    """The platform has written it: it can't be the work."""

    def counts_as(self, exercises: Sequence[str]) -> str | None:
        """The name that it counts under; None if it can't be the work."""
        right = right_name(self.file)
        end = _end(self.file)
        if not self.file or is_exercise(right):
            return right
        if end == ".py":
            keys = {key.lower() for key in _KEY.findall(self.file)} or set(exercises)
            key = keys.pop() if len(keys) == 1 else ""
            return f"{kit.FILES[key]}.py" if key in kit.FILES else None
        return self.file if end or is_archive(self.file) else None


def part_of(name: str, exercises: Sequence[str]) -> Part | None:
    """What the name says, if it has one of these forms."""
    if match := _MOODLE.fullmatch(name):
        owner, beside = match["owner"], match["kind"].lower() != "file"
        return Part(name, owner, match["file"] or "", owner, "Moodle", beside=beside)
    if match := _BLACKBOARD.fullmatch(name):
        return Part(
            name, match["owner"], match["file"] or name, match["group"], "Blackboard",
            attempt=match["attempt"], beside=match["file"] is None,
        )  # fmt: skip
    if match := _CANVAS.fullmatch(name):
        owner = f"{match['owner']}_{match['uid']}"
        return Part(
            name, owner, match["file"] or name, owner, "Canvas",
            upload=int(match["upload"] or 0), late=bool(match["late"]), beside=not match["file"],
        )  # fmt: skip
    end = _end(name)
    if match := _LOOSE.match(name):
        if match["key"].lower() in kit.FILES and (end or is_archive(name)):
            return Part(name, match["owner"], name[len(match["owner"]) :], match["owner"])
    elif end and len(exercises) == 1 and not _KEY.match(name):
        stem = _CODE.sub("", name)
        return Part(name, stem, f"{exercises[0]}{end}", stem)
    return None


def _end(name: str) -> str:
    """How code ends, ".py" or ".ipynb", whatever other ending comes after it; else ""."""
    found = _CODE.search(name)
    ends = found[0].lower() if found else ""
    return NOTEBOOK if NOTEBOOK in ends else ".py" if ".py" in ends else ""
