"""What comes out of a graded run: marks, a page for each student, a summary, exports.

Everything is a pure function of the records, so the same records give the same bytes. Only
``times.csv`` knows the clock. `write` lays all files beside the old ones first and renames them
last: when the disk is full, the old ones stay, all of them.

    OUT/grades.csv                       one row for each submission, one column for each check
    OUT/times.csv                        when each was graded, and how long it took
    OUT/summary.html, summary.txt        the class: nobody is named, so it can be shown
    OUT/feedback/NAME.html, NAME.txt     for the student
    OUT/exports/junit.xml, nbgrader.csv, gradescope/NAME.json
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..record import Graded
from . import gradescope, junit, nbgrader, page, summary_page, tables
from .files import write_all
from .names import file_names
from .summary import summarize


def write(graded: Sequence[Graded], out: Path) -> list[Path]:
    """Write all files of a run into the folder ``out``; returns their paths, the marks first.

    The order of ``graded`` is the order of the rows. Raises Error where nothing can be written:
    then what was there before is there still.
    """
    records = [one.record for one in graded]
    names = file_names(record.student_id for record in records)
    summary = summarize(records)
    drawn = summary_page.pictures(summary)
    files = {
        "grades.csv": tables.grades(records, names),
        "times.csv": tables.times(graded),
        "summary.html": summary_page.html(summary, drawn),
        "summary.txt": summary_page.text(summary, drawn),
        "exports/junit.xml": junit.report(records),
        "exports/nbgrader.csv": nbgrader.table(records),
    }
    gone = []
    for record in records:
        name = names[record.student_id]
        files[f"feedback/{name}.html"] = page.html(record)
        files[f"feedback/{name}.txt"] = page.text(record)
        results = gradescope.results(record)
        if results is None:  # no mark: an old one must not stay either
            gone.append(f"exports/gradescope/{name}.json")
        else:
            files[f"exports/gradescope/{name}.json"] = results
    return write_all(out, files, gone)
