"""Records of a class as the tests need them: ordinary ones, and one for each kind of attack."""

from __future__ import annotations

from dataclasses import replace

from wslab.grading.record import CheckRecord, Graded, Record

RIGHT = CheckRecord("ex03.accept_value", "ex03", "The accept value", 3, 3, "passed")
WRONG = replace(
    RIGHT,
    score=0,
    status="failed",
    belief="ex03.hex-digest",
    lines=("  Asked:      accept_key('a')", "  Came:       b'1'", "  Due:        b'2'"),
)
SECOND = CheckRecord("ex03.whole_response", "ex03", "The 101, whole", 2, 2, "passed")
WAITS = replace(SECOND, score=0, status="waiting", lines=("  Counts as soon as ...",))
OTHER = CheckRecord("ex04.short_frame", "ex04", "A short frame, written", 2, 2, "passed")
ABSENT = replace(OTHER, score=0, status="missing", lines=("  There is no ex04_frames.py.",))
BROKEN = replace(OTHER, score=None, status="fault", lines=("  The grader failed here, not you.",))


def record(student_id: str = "anna", *checks: CheckRecord, status: str = "graded") -> Record:
    checks = checks or (RIGHT, SECOND, OTHER)
    scores = [check.score for check in checks]
    return Record(
        student_id, f"{student_id}-folder", status,
        None if None in scores else sum(score or 0 for score in scores), 7,
        flags=("late",), isolation="own process; landlock files (ABI 4)",
        submission_hash="ab" * 32, kit_hash="cd" * 8, seed_hash="ef" * 8, checks=checks,
    )  # fmt: skip


def refused(student_id: str) -> Record:
    return Record(student_id, "x.zip", "refused", None, 7, note="The archive is too large.")


def graded(*records: Record, at: str = "2026-03-01T12:00:00Z") -> list[Graded]:
    return [Graded(one, at, 1.5) for one in records]


CLASS = (
    record("anna"),
    record("ben", WRONG, WAITS, OTHER),
    record("chris", WRONG, SECOND, ABSENT, status="partial"),
    record("dora", RIGHT, SECOND, BROKEN, status="needs a person"),
    refused("emil"),
)

HOSTILE = (
    "=cmd|' /C calc'!A0", "+1+2", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "a\n=1", "x;=1+1", " =1",
    '"quoted", and comma', "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>",
    "&amp;", "{{7*7}}", "]]>", "$(touch gone)", "`id`", "; rm -rf ~", "--help", "-rf", "../../up",
    "..", ".", "a/b", "a\\b", "C:evil", "CON", "nul.txt", "com1", "a.", "a ", "", " ", "\x1b[2J",
    "\x1b]0;title\x07", "\x00", "\u202egnp.exe", "\ud800", "\ufeffbom", "回声" * 60, "x" * 300,
    "Anna", "anna", "é", "e\u0301", "\uff1d1", "a|b", "a:b", "a*b?", "…", "~", "%PATH%",
)  # fmt: skip
"""Names of students that attack a spreadsheet, a browser, a shell, a terminal, a file system."""
