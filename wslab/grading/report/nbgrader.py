"""The marks in the columns of ``nbgrader export``, for scripts that read those.

nbgrader's exporter writes one row for each student and assignment; here an assignment is an
exercise. When it was due and handed in is not known to us, so those columns are empty.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..record import Record
from . import tables, words

COLUMNS = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
    "raw_score", "late_submission_penalty", "score", "max_score",
)  # fmt: skip


def table(records: Iterable[Record]) -> bytes:
    """The table; assignment after assignment, as nbgrader does it. A missing mark is empty."""
    rows = []
    for record in records:
        for exercise, checks in words.by_exercise(record):
            score, most = words.total(checks)
            mark = "" if score is None or record.score is None else f"{float(score)}"
            about = [exercise, "", "", record.student_id, "", "", ""]
            rows.append([*about, mark, "0.0", mark, f"{float(most)}"])
    rows.sort(key=lambda row: row[0])
    # No byte order mark: this one is for programs.
    return tables.table([COLUMNS, *rows])
