"""What the student reads: at most ten lines of 80 columns, and nothing that acts on a terminal."""

from __future__ import annotations

from typing import Any

import pytest

from tests.grading.drafts import ask
from wslab.grading import feedback
from wslab.grading.answers import Answer, Kind, refusal
from wslab.grading.beliefs import Belief
from wslab.grading.check import Check, Outcome, Status
from wslab.grading.difference import difference
from wslab.grading.limits import Limits
from wslab.grading.scripts import Recv
from wslab.grading.student import Trial
from wslab.grading.wire import Other
from wslab.views.columns import columns

CHECK = Check("ex04", "name", 2, "A title", "05", "5.2", (), True, lambda student: None)
LONG = Belief("f", "long", "I think " * 30, "Look at it. " * 30, "05", "5.2", lambda: None)


def text(answer: Answer, due: Answer, *args: Any, because: str = "", **more: Any) -> list[str]:
    trial = Trial("f", args, {}, answer, due, because)
    outcome = Outcome(CHECK, Status.FAILED, trial, wrong=3, asked=8, **more)
    lines = [feedback.heading(outcome), *feedback.explain(outcome)]
    assert len(lines) <= feedback.MOST_LINES
    assert max(map(columns, lines)) <= feedback.WIDTH
    assert all(line.isprintable() for line in lines)
    assert "Read on:" in lines[-1]
    return lines


def returned(value: Any) -> Answer:
    return Answer(Kind.RETURNED, value)


def test_a_wrong_byte_is_marked_below() -> None:
    lines = text(returned(b"\x81\x85abc"), returned(b"\x81\x05abc"), b"x")
    came, due, mark = lines[2:5]
    assert came.endswith("81 85 61 62 63  (5 bytes)")
    assert due.endswith("81 05 61 62 63  (5 bytes)")
    assert mark.index("^") == came.index("85")
    assert mark.endswith("byte 1, counted from 0")


HARD: list[Any] = [
    b"", b"\x00" * 70_000, "a" * 5000, "\x1b[2J\u202e\ud800" * 40, ["x"] * 1000,
    ("é" * 80, b"\xff" * 80),
    {"a": "\r\n" * 100}, {"b" * 200: "a"}, None, 1, -(1 << 255), True, 1.5, "回声" * 60,
    Other("Sly\x1b", "x" * 300), [[[[[[[[b"deep"]]]]]]]],
]  # fmt: skip


@pytest.mark.parametrize("came", HARD, ids=lambda value: repr(value)[:12])
def test_any_value_fits(came: Any) -> None:
    for due in HARD:
        if due != came:
            text(returned(came), returned(due), came, due, because="a reason " * 30)
            text(returned(came), returned(due), due, beliefs=(LONG,), note="A note. " * 99)


@pytest.mark.parametrize("kind", Kind)
def test_any_kind_of_answer_fits(kind: Kind) -> None:
    answer = Answer(
        kind, errors=("Evil\x1b[0m" * 50, "Exception"), text="\x1b]0;x\x07" * 90, line=3
    )
    text(answer, returned(1), Recv(b"abc" * 99), because="b", source_line="x = " * 90)
    text(answer, refusal(), Recv(), because="c" * 200, beliefs=(LONG,))


def test_an_error_that_is_returned_is_not_raised() -> None:
    lines = text(returned(Other("ValueError", "")), refusal(), b"x")
    assert any("ValueError (returned; an error has to be raised)" in line for line in lines)


def test_a_call_without_end_asks_for_the_loop() -> None:
    late = ask("def f():\n    while True: pass\n", limits=Limits(load=30, call=0.3))
    assert late.kind is Kind.LATE
    lines = text(late, returned(1))
    assert any("is there a loop that never ends?" in line for line in lines)


def test_one_long_argument_may_fill_two_lines() -> None:
    headers = {f"name-{number}": "x" * 9 for number in range(5)}
    lines = text(returned(True), returned(False), headers)
    assert "name-4" in "".join(lines[1:3])


def test_a_belief_is_offered_and_not_claimed() -> None:
    one = Belief("f", "n", "Seven bits do.", "Count them.", "06", "5.3", lambda: None)
    lines = text(returned(1), returned(2), beliefs=(one,))
    assert '  Perhaps:    you think: "Seven bits do."' in lines
    assert "  Look:       Count them." in lines
    assert "lesson 06" in lines[-1]
    assert "§5.3" in lines[-1]


def test_what_was_read_or_sent_can_differ_too() -> None:
    came, due = Answer(Kind.RETURNED, b"a", seen=(5,)), Answer(Kind.RETURNED, b"a", seen=(2,))
    lines = text(came, due, Recv(b"abcde"))
    assert "5 bytes of the stream" in lines[2]
    assert "2 bytes of the stream" in lines[3]
    lines = text(Answer(Kind.RETURNED, seen=(b"ab",)), Answer(Kind.RETURNED, seen=(b"abc",)))
    assert lines[2].startswith("  Sent:")


def test_a_passed_check_is_one_line() -> None:
    outcome = Outcome(CHECK, Status.PASSED)
    assert feedback.explain(outcome) == []
    assert feedback.heading(outcome).split() == ["ok", "A", "title", "ex04.name", "2", "of", "2"]


def test_the_first_difference_is_found_inside() -> None:
    came = (True, {"host": "a", "upgrade": "X"})
    due = (True, {"host": "a", "upgrade": "x"})
    assert difference(came, due, 40) == ("'X'", "'x'", " ^ in answer[1]['upgrade']")
    assert difference(b"a", "a", 60).mark == "that is bytes, and a str is due"
    assert "a bytearray" in difference(Other("bytearray", "b'a'"), b"a", 60).mark
