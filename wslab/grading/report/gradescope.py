"""Gradescope's ``results.json``: one for each submission.

The format is described at https://gradescope-autograders.readthedocs.io/en/latest/specs/.
"""

from __future__ import annotations

import json
from typing import Any

from ... import __version__
from ..check import Status
from ..record import CheckRecord, Record
from . import page, words


def results(record: Record) -> bytes | None:
    """The file for one submission, or None where a person has to give the mark.

    Without the file, Gradescope says that the autograder failed, and gives no mark: a zero would
    be taken for one.
    """
    if record.score is None:
        return None
    data: dict[str, Any] = {
        "score": record.score,
        "output": page.text(record).decode(),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_test(check) for check in record.checks],
        "extra_data": {
            "wslab": __version__,
            "status": record.status,
            "submission_hash": record.submission_hash,
            "kit_hash": record.kit_hash,
            "seed_hash": record.seed_hash,
            "isolation": record.isolation,
            "flags": list(record.flags),
        },
    }
    # Everything but ASCII as \uXXXX: right in any encoding, also where a name is no real Unicode.
    return (json.dumps(data, indent=1) + "\n").encode()


def _test(check: CheckRecord) -> dict[str, Any]:
    return {
        "name": f"{check.id}: {check.title}",
        "name_format": "text",
        "number": check.id,
        "score": check.score or 0,
        "max_score": check.points,
        "status": "passed" if check.status == Status.PASSED.value else "failed",
        "output": "\n".join([words.heading(check), *check.lines]),
        "output_format": "text",
        "tags": [check.exercise, *([check.belief] if check.belief else [])],
        "visibility": "visible",
    }
