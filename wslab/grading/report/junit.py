"""JUnit XML: a suite for each submission, a case for each check.

Jenkins, GitLab and others read it. It is as the schema of Jenkins' xUnit plugin has it
(junit-10.xsd). There are no times in it: they are never the same twice. Who has no mark and was
asked nothing has one case, with an error: without any, a reader takes the suite for passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from ...views.columns import printable
from ..check import Status
from ..record import CheckRecord, Record
from . import words

_FAILED = {Status.FAILED.value, Status.MISSING.value}


def report(records: Sequence[Record]) -> bytes:
    """All submissions in one document."""
    checks = [check for record in records for check in _checks(record)]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="wslab" {_counts(checks)}>',
    ]
    for record in records:
        lines += _suite(record)
    return ("\n".join([*lines, "</testsuites>"]) + "\n").encode()


def _suite(record: Record) -> list[str]:
    checks = _checks(record)
    skipped = sum(map(_is_skipped, checks))
    facts = {
        "folder": record.folder, "status": record.status, "max_score": str(record.max_score),
        "score": "" if record.score is None else str(record.score),
        "flags": "; ".join(record.flags), "isolation": record.isolation, "note": record.note,
        "submission_hash": record.submission_hash, "kit_hash": record.kit_hash,
    }  # fmt: skip
    lines = [
        f'<testsuite name="{_safe(record.student_id)}" {_counts(checks)} skipped="{skipped}">',
        "<properties>",
        *(f'<property name="{name}" value="{_safe(text)}"/>' for name, text in facts.items()),
        "</properties>",
    ]
    for check in checks:
        lines += _case(check)
    return [*lines, "</testsuite>"]


def _checks(record: Record) -> Sequence[CheckRecord]:
    """What was asked; if that is nothing, one check that has the note."""
    if record.checks or record.score is not None:
        return record.checks
    title = "The submission as a whole"
    return [CheckRecord(
        "submission.mark", "submission", title, record.max_score, None, record.status,
        lines=(record.note,),
    )]  # fmt: skip


def _case(check: CheckRecord) -> list[str]:
    begin = f'<testcase classname="{_safe(check.exercise)}" name="{_safe(_name(check))}"'
    if check.status == Status.PASSED.value:
        return [f"{begin}/>"]
    tag = "failure" if check.status in _FAILED else "skipped" if _is_skipped(check) else "error"
    kind = check.belief or check.status
    text = "\n".join([words.heading(check), *check.lines])
    # Older readers know no attributes of <skipped>.
    about = "" if tag == "skipped" else f' type="{_safe(kind)}" message="{_safe(check.title)}"'
    return [
        f"{begin}>",
        f"<{tag}{about}>{_safe(text)}</{tag}>",
        "</testcase>",
    ]


def _name(check: CheckRecord) -> str:
    return check.id.removeprefix(f"{check.exercise}.")


def _is_skipped(check: CheckRecord) -> bool:
    return check.status == Status.WAITING.value


def _counts(checks: Sequence[CheckRecord]) -> str:
    failures = sum(check.status in _FAILED for check in checks)
    passed = sum(check.status == Status.PASSED.value for check in checks)
    errors = len(checks) - passed - failures - sum(map(_is_skipped, checks))
    return f'tests="{len(checks)}" failures="{failures}" errors="{errors}"'


def _safe(text: str) -> str:
    """Text for XML 1.0, which has no way at all to write most control characters."""
    lines = map(printable, text.split("\n"))
    return escape("\n".join(lines), {'"': "&quot;"})
