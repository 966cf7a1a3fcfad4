"""The column ``isolation`` and its flag, whatever is graded and however the student's code ends."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.exercises.arena import one_task
from tests.support.visit import missing
from wslab.grading import kit, landlock
from wslab.grading.limits import Limits
from wslab.grading.record import Record
from wslab.grading.task import grade as graded

OPEN = "not kept away from other files"
ENDS = {
    "at once": "print('hello')",
    "in an error": "1 / 0",
    "in a syntax error": "def f(:",
    "by itself": "import os\nos._exit(0)",
}
COMBINATIONS = [
    *(pytest.param([key], id=key) for key in kit.FILES),
    *(pytest.param(list(two), id="+".join(two))
      for two in itertools.combinations(("ex01", "ex02", "ex07", "ex09"), 2)),
]  # fmt: skip


def record(folder: Path, exercises: list[str], text: str, walled: bool) -> Record:
    (folder / "anna").mkdir()
    for key in exercises:
        (folder / "anna" / f"{kit.FILES[key]}.py").write_text(text, "utf-8")
    limits = Limits(load=30, call=15, step=10, total=120, landlock=walled)
    return graded(one_task(folder, exercises), limits)


@pytest.mark.parametrize("walled", [True, False])
@pytest.mark.parametrize("exercises", COMBINATIONS)
def test_a_row_says_what_its_code_ran_in(
    exercises: list[str], walled: bool, tmp_path: Path
) -> None:
    if walled and not landlock.version():
        missing("no Landlock in this kernel")
    found = record(tmp_path, exercises, ENDS["at once"], walled)
    assert "own process" in found.isolation
    assert ("landlock files" in found.isolation) == walled
    assert (OPEN in found.flags) == (not walled)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("key", ["ex03", "ex07", "ex09"])
def test_however_it_ends(key: str, end: str, tmp_path: Path) -> None:
    found = record(tmp_path, [key], ENDS[end], walled=False)
    assert "own process" in found.isolation
    assert OPEN in found.flags


def test_what_did_not_run_was_in_no_sandbox(tmp_path: Path) -> None:
    (tmp_path / "anna").mkdir()
    found = graded(one_task(tmp_path, ["ex07", "ex09"]))
    assert (found.isolation, found.flags) == ("", ())
