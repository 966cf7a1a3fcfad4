"""The two tables of a run: ``grades.csv`` for people and their spreadsheets, and ``times.csv``."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence

from ... import __version__
from ...views.columns import printable
from ..record import Graded, Record

BOM = b"\xef\xbb\xbf"
"""Without it, Excel reads UTF-8 as Windows-1252, and Müller becomes MÃ¼ller. Programs read the
tables as ``utf-8-sig``; pandas, R and LibreOffice need not be told."""

COLUMNS = (
    "student_id", "folder", "status", "score", "max_score", "flags", "note", "isolation",
    "submission_hash", "kit_version", "kit_hash", "seed_hash", "feedback",
)  # fmt: skip

# A spreadsheet takes a cell that begins so for a formula. "=" is also known in full width, and
# where lists are separated by semicolons, a cell of ours can become several.
_FORMULA = re.compile(r"(^|;)(?=\s*[=+\-@|%\uff1d\uff0b\uff0d\uff20])")


def grades(records: Sequence[Record], names: Mapping[str, str]) -> bytes:
    """One row for each submission; ``names`` are those of their feedback pages.

    Nothing in it depends on the clock: two runs with one seed give the same bytes. A mark that a
    person has to give is an empty cell, and never a zero.
    """
    checks = check_ids(records)
    rows = [[*COLUMNS, *checks]]
    for record in records:
        scores = {check.id: check.score for check in record.checks}
        rows.append([*_about(record, names), *(_number(scores.get(name)) for name in checks)])
    return BOM + table(rows)


def _about(record: Record, names: Mapping[str, str]) -> list[str]:
    return [
        record.student_id, record.folder, record.status, _number(record.score),
        str(record.max_score), "; ".join(record.flags), record.note, record.isolation,
        record.submission_hash, __version__, record.kit_hash, record.seed_hash,
        f"feedback/{names[record.student_id]}.html",
    ]  # fmt: skip


def times(graded: Iterable[Graded]) -> bytes:
    """When each was graded. It stands apart, since it is never the same twice."""
    rows = [["student_id", "graded_at", "seconds"]]
    rows += [[one.record.student_id, one.at, f"{one.seconds:.2f}"] for one in graded]
    return BOM + table(rows)


def check_ids(records: Iterable[Record]) -> list[str]:
    """All checks that were asked, exercise after exercise."""
    found = {check.id: check.exercise for record in records for check in record.checks}
    return sorted(found, key=lambda name: found[name])


def table(rows: Iterable[Iterable[str]]) -> bytes:
    """The rows as CSV in UTF-8: a comma between, quotes where needed, every cell harmless."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(map(harmless, row) for row in rows)
    return text.getvalue().encode()


def harmless(cell: str) -> str:
    r"""The same for a reader; for a spreadsheet text and no formula, for a terminal no command.

    >>> harmless("=1+2"), harmless("a\tb\x1b[2J"), harmless("x;=1"), harmless("ordinary-1")
    ("'=1+2", 'a\\tb\\x1b[2J', "x;'=1", 'ordinary-1')
    """
    return _FORMULA.sub(r"\1'", printable(cell))


def _number(score: int | None) -> str:
    return "" if score is None else str(score)
