"""A whole run on the disk."""

from __future__ import annotations

from pathlib import Path

from tests.grading.report.class_of import CLASS, HOSTILE, graded, record, refused
from tests.grading.report.test_files import everything
from wslab.grading.report import write


def test_all_files_are_there_the_marks_first(tmp_path: Path) -> None:
    paths = write(graded(*CLASS), tmp_path / "out")
    assert paths[0] == tmp_path / "out" / "grades.csv"
    names = set(everything(tmp_path / "out"))
    assert {path.relative_to(tmp_path / "out").as_posix() for path in paths} == names
    assert names == {
        "grades.csv", "times.csv", "summary.html", "summary.txt", "exports/junit.xml",
        "exports/nbgrader.csv",
        *(f"exports/gradescope/{name}.json" for name in ("anna", "ben", "chris")),
        *(f"feedback/{name}.{end}" for name in ("anna", "ben", "chris", "dora", "emil")
          for end in ("html", "txt")),
    }  # fmt: skip


def test_the_same_marks_give_the_same_bytes_whatever_the_clock_says(tmp_path: Path) -> None:
    write(graded(*CLASS), tmp_path / "a")
    write(graded(*CLASS, at="2027-01-01T00:00:00Z"), tmp_path / "b")
    first, second = everything(tmp_path / "a"), everything(tmp_path / "b")
    assert first.pop("times.csv") != second.pop("times.csv")
    assert first == second


def test_a_mark_that_is_withdrawn_takes_its_export_with_it(tmp_path: Path) -> None:
    write(graded(record("anna")), tmp_path)
    assert (tmp_path / "exports/gradescope/anna.json").is_file()
    write(graded(refused("anna")), tmp_path)
    assert not (tmp_path / "exports/gradescope/anna.json").exists()


def test_hostile_names_stay_inside_the_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    paths = write(graded(*map(record, HOSTILE)), out)
    assert len(paths) == 6 + 3 * len(HOSTILE)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert set(everything(out)) == {path.relative_to(out).as_posix() for path in paths}
