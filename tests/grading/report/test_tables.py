"""grades.csv: one row for each, nothing that a spreadsheet or a terminal would act on."""

from __future__ import annotations

import csv
import io
import re

import pytest

from tests.grading.report.class_of import CLASS, HOSTILE, graded, record
from wslab import __version__
from wslab.grading.report import nbgrader, tables
from wslab.grading.report.names import file_names


def rows(data: bytes) -> list[dict[str, str]]:
    text = data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def grades(*records: object) -> bytes:
    every = [one for one in records if hasattr(one, "student_id")]
    return tables.grades(every, file_names(one.student_id for one in every))


def test_a_row_says_everything() -> None:
    anna, ben, chris, _, emil = rows(grades(*CLASS))
    assert list(anna) == [*tables.COLUMNS, "ex03.accept_value", "ex03.whole_response",
                          "ex04.short_frame"]  # fmt: skip
    assert (anna["student_id"], anna["folder"]) == ("anna", "anna-folder")
    assert (anna["status"], anna["score"], anna["max_score"]) == ("graded", "7", "7")
    assert (anna["flags"], anna["kit_version"]) == ("late", __version__)
    assert anna["isolation"] == "own process; landlock files (ABI 4)"
    assert anna["submission_hash"] == "ab" * 32
    assert anna["feedback"] == "feedback/anna.html"
    assert [ben[name] for name in list(ben)[-3:]] == ["0", "0", "2"]
    assert (chris["status"], chris["score"]) == ("partial", "2")
    assert (emil["status"], emil["note"]) == ("refused", "The archive is too large.")


def test_what_has_no_mark_is_blank_and_no_zero() -> None:
    *_, dora, emil = rows(grades(*CLASS))
    assert (dora["score"], dora["ex03.accept_value"], dora["ex04.short_frame"]) == ("", "3", "")
    assert (emil["score"], emil["ex04.short_frame"]) == ("", "")


def test_the_clock_is_in_a_table_of_its_own() -> None:
    early, late = (graded(*CLASS, at=f"2026-03-0{day}T12:00:00Z") for day in (1, 2))
    assert tables.times(early) != tables.times(late)
    assert rows(tables.times(late))[1] == {
        "student_id": "ben", "graded_at": "2026-03-02T12:00:00Z", "seconds": "1.50",
    }  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_no_cell_is_a_formula_or_moves_the_cursor(name: str) -> None:
    data = grades(record(name))
    assert data.startswith(tables.BOM), "or Excel takes it for Windows-1252"
    text = data.decode("utf-8-sig")
    assert all(line.isprintable() for line in text.splitlines())
    (row,) = rows(data)
    assert len(text.splitlines()) == 2
    for cell in row.values():
        for part in cell.split(";"):  # a spreadsheet may split there
            assert not re.match(r"\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]", part), part


def test_a_harmless_cell_stays_as_it_is() -> None:
    for text in ("anna", "a-b", "1.5", "own process; rlimits (memory)", "Zoë", "a=b"):
        assert tables.harmless(text) == text


def test_the_order_of_columns_does_not_depend_on_who_comes_first() -> None:
    assert tables.check_ids(CLASS) == tables.check_ids([CLASS[4], CLASS[0]])
    only_later, all_of_them = record("z", CLASS[0].checks[2]), CLASS[0]
    assert tables.check_ids([only_later, all_of_them]) == tables.check_ids([all_of_them])


def test_nbgrader_columns() -> None:
    """As ``nbgrader export`` of 0.9.6 writes them: one row for each assignment and student."""
    data = nbgrader.table(CLASS)
    assert data.splitlines()[0] == (
        b"assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,"
        b"late_submission_penalty,score,max_score"
    )
    found = rows(data)
    assert [row["assignment"] for row in found] == ["ex03"] * 4 + ["ex04"] * 4
    assert [row["score"] for row in found] == ["5.0", "0.0", "2.0", "", "2.0", "2.0", "0.0", ""]
    assert {row["max_score"] for row in found[:4]} == {"5.0"}
    assert all(row["raw_score"] == row["score"] for row in found)
