"""The class in numbers, and as pictures with their words."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.grading.report.class_of import CLASS, record
from tests.grading.report.test_page import stands_alone
from tests.support.shell import PYTHON, environment
from wslab.grading.report import summary_page
from wslab.grading.report.summary import Summary, summarize
from wslab.views.columns import columns


def pages(summary: Summary) -> tuple[bytes, bytes]:
    drawn = summary_page.pictures(summary)
    return summary_page.html(summary, drawn), summary_page.text(summary, drawn)


def test_everybody_is_counted_once() -> None:
    summary = summarize(CLASS)
    assert summary.statuses == {"graded": 2, "needs a person": 1, "partial": 1, "refused": 1}
    assert summary.submissions == 5
    assert summary.scores == (2, 2, 7), "who has no mark is not in the numbers"
    assert sum(summary.bars()) == 3
    assert (summary.at(25), summary.at(50), summary.at(100)) == (2, 2, 7)


def test_a_check_counts_who_was_asked_and_who_passed() -> None:
    accept, whole, frame = summarize(CLASS).checks
    assert (accept.id, accept.passed, accept.asked) == ("ex03.accept_value", 2, 4)
    assert (whole.passed, whole.states["waiting"]) == (3, 1)
    assert (frame.passed, frame.asked) == (2, 3), "where the grader failed, nobody was asked"


def test_a_belief_counts_students_and_not_checks() -> None:
    ben = CLASS[1].checks[0]
    both = record("ben", ben, ben)
    (one,) = summarize([both, CLASS[2]]).beliefs
    assert (one.name, one.students, one.lesson) == ("ex03.hex-digest", 2, "04")
    assert "hex digits" in one.says


def test_the_order_of_the_class_does_not_matter() -> None:
    assert summarize(CLASS) == summarize(CLASS[::-1])


def test_the_pages_have_pictures_with_words_and_name_nobody() -> None:
    html, text = pages(summarize(CLASS))
    elements = stands_alone(html)
    images = [attrs for tag, attrs in elements.found if tag == "img"]
    assert len(images) == 3
    for image in images:
        assert len(image["alt"] or "") > 30
    plain = text.decode()
    assert max(map(columns, plain.split("\n"))) <= 80
    for fact in ("5 submissions", "ex03.hex-digest", "40 hex digits", "2 without a mark"):
        assert fact in plain
        assert fact in elements.text
    for name in ("anna", "ben", "chris", "dora", "emil"):
        assert name not in plain
        assert name not in elements.text


def test_the_same_class_gives_the_same_bytes() -> None:
    assert pages(summarize(CLASS)) == pages(summarize(CLASS))


def test_without_matplotlib_there_are_tables(tmp_path: Path) -> None:
    (tmp_path / "matplotlib.py").write_text("raise ModuleNotFoundError('none here')")
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from tests.grading.report.test_summary import *\n"
        "html, text = pages(summarize(CLASS))\n"
        "assert b'<img' not in html and b'How each check came out' in html and text\n"
        "print('fine')"
    )
    done = subprocess.run(
        [*PYTHON, "-c", program, str(tmp_path)],
        capture_output=True,
        timeout=50,
        check=False,
        env=environment(),
    )
    assert done.stdout.strip() == b"fine", done.stderr.decode()


def test_an_empty_class_has_a_page_too() -> None:
    html, text = pages(summarize([]))
    stands_alone(html)
    assert b"0 submissions" in text
