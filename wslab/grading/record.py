"""What is kept of one graded submission: a line of the journal, and all that reports are made of.

Nothing here depends on the clock, on the machine or on the order of the run, so that the same
submission with the same seed gives the same record, byte for byte. When it was graded, and how
long that took, stands beside it in the journal: see `Graded`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

GRADED = "graded"
"""All files were there, and all checks could be asked."""
PARTIAL = "partial"
"""Some files were there. The others count as zero."""
EMPTY = "empty"
"""Nothing was there that could be one of the exercises: zero points."""
REFUSED = "refused"
"""Something was handed in that isn't read, and the note says why: no mark."""
NEEDS_A_PERSON = "needs a person"
"""The grader itself failed: no mark, never a zero."""


@dataclass(frozen=True)
class CheckRecord:
    """One check on one submission."""

    id: str
    """As "ex03.accept_value"."""
    exercise: str
    title: str
    points: int
    """What it is worth."""
    score: int | None
    """What it got: all, or nothing. None where the grader failed."""
    status: str
    """The value of a `wslab.grading.check.Status`: "passed", "failed", "missing", …"""
    belief: str = ""
    """What the student seems to think, as "ex03.hex-digest"; "" if nothing fits."""
    lines: tuple[str, ...] = ()
    """What the student reads below the title: at most ten lines of 80 columns."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CheckRecord:
        """From what `Record.to_json` made of it."""
        return cls(**{**data, "lines": tuple(data["lines"])})


@dataclass(frozen=True)
class Record:
    """One submission: its mark, and everything that is said about it.

    ``student_id``, ``folder`` and ``note`` come from the names of files: here they hold no control
    characters any more, but a spreadsheet and a browser have dangers of their own.
    """

    student_id: str
    """From the name of the folder; two submissions never have the same one."""
    folder: str
    """The name of the folder, file or archive, inside the folder of submissions."""
    status: str
    score: int | None
    """The sum of the points; None where a person has to decide."""
    max_score: int
    flags: tuple[str, ...] = ()
    """What an instructor should know, in a few words each, as "same id as 'anna-2'"."""
    isolation: str = ""
    """The walls around the student's code, as names with "; " between them."""
    submission_hash: str = ""
    kit_hash: str = ""
    seed_hash: str = ""
    checks: tuple[CheckRecord, ...] = ()
    note: str = ""
    """What happened, where the status alone does not say it; whole sentences."""
    texts_hash: str = ""
    """Of what was graded, however it was handed in: the same for a folder and its archive."""

    def to_json(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Record:
        """From what `to_json` made of it. Raises KeyError or TypeError if it is something else."""
        checks = tuple(map(CheckRecord.from_json, data["checks"]))
        return cls(**{**data, "flags": tuple(data["flags"]), "checks": checks})

    def line(self) -> str:
        """On one line of ASCII, always in the same way: to be compared byte for byte."""
        return json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True)
class Graded:
    """A record, and what the clock says about it."""

    record: Record
    at: str
    """When it was finished: UTC, as "2026-03-01T12:00:00Z"."""
    seconds: float = 0.0
    """How long it took."""
