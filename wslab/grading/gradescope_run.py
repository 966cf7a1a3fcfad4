"""What the autograder on Gradescope does with one submission: ``results.json``, or no mark."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from ..errors import Error
from ..views.columns import printable
from . import launch, orphans
from .intake import Entry
from .report import gradescope
from .report.files import write_all
from .task import Task, grade, kit_hash, survey


def main(root: Path) -> int:
    """Grade what is in ``root/submission``, as ``root/source/config.json`` says.

    Returns 1 where there is no mark: then there are no results either, Gradescope says that the
    autograder has failed, and a person looks.
    """
    results = root / "results" / "results.json"
    with contextlib.suppress(FileNotFoundError):
        results.unlink()
    config = json.loads((root / "source" / "config.json").read_text("utf-8"))
    entry = Entry(_owner(root), "submission", ((str(root / "submission"), ""),))
    task = Task(entry, survey(entry), tuple(config["exercises"]), config["seed"], kit_hash())
    try:
        launch.try_other_user()
    except Error as error:
        print(error, file=sys.stderr)
        return 1
    record = grade(task)
    data = gradescope.results(record)
    print(f"{record.status}: {record.isolation}", *record.flags, sep="\n")
    if data is None:
        print(f"No mark. {record.note}", file=sys.stderr)
        for check in record.checks:
            if check.score is None:
                print(check.id, *check.lines, sep="\n", file=sys.stderr)
        return 1
    try:
        write_all(results.parent, {results.name: data})
    except Error as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _owner(root: Path) -> str:
    """Who has handed it in, if Gradescope tells."""
    try:
        about: Any = json.loads((root / "submission_metadata.json").read_text("utf-8"))
        return printable(str(about["users"][0]["email"]))[:100]
    except (OSError, ValueError, LookupError, TypeError):
        return "you"


if __name__ == "__main__":
    orphans.adopt()
    sys.exit(main(Path(sys.argv[1])))
