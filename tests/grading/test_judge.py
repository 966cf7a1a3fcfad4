"""From answers to outcomes: all or nothing, partners, beliefs, and faults of our own."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from typing import Any

from tests.grading.drafts import BRIEF, FILE, PATIENT
from wslab.grading import feedback
from wslab.grading.answers import Complaint, Kind
from wslab.grading.beliefs import Belief, belief
from wslab.grading.check import Check, Outcome, Status, check
from wslab.grading.judge import judge
from wslab.grading.limits import Limits
from wslab.grading.scripts import Recv
from wslab.grading.student import Student
from wslab.grading.submission import Submission


def double(n: int) -> int:
    return 2 * n


@check("ex04", points=3, title="Twice as much", lesson="05", rfc="5.2")
def doubled(student: Student) -> None:
    for n in student.vectors(lambda random: random.randint(3, 99), 8):
        student.expect("double", n, right=double)


@check("ex04", points=1, title="No text", lesson="05", needs=["doubled"])
def no_text(student: Student) -> None:
    for text in ("a", "b"):
        student.refuses("double", text, because="text is no number")


@belief(
    "double", says="Twice is squared.", look="What is twice 3, and what is 3 squared?", lesson="01"
)
def squared(n):  # type: ignore[no-untyped-def]
    if isinstance(n, str):
        raise ValueError
    return n * n


@belief("double", says="Twice is one more.", look="Try 3.", lesson="01")
def one_more(n):  # type: ignore[no-untyped-def]
    return n + 1


def outcomes(
    code: str,
    checks: list[Check] | None = None,
    beliefs: tuple[Belief, ...] = (squared, one_more),
    limits: Limits = PATIENT,
) -> list[Outcome]:
    submission = Submission({FILE: textwrap.dedent(code)})
    checks = checks or [doubled, no_text]
    verdict = judge(submission, "ex04", "s", checks=checks, beliefs=beliefs, limits=limits)
    return list(verdict.outcomes)


GOOD = """
    def double(n):
        if type(n) is str: raise ValueError("text")
        return n + n
"""


def test_right_answers_pass() -> None:
    assert [one.score for one in outcomes(GOOD)] == [3, 1]


def test_one_wrong_answer_fails_the_check_but_no_other() -> None:
    asked: list[Any] = []

    @check("ex04", points=1, title="Again", lesson="05")
    def again(student: Student) -> None:
        for n in range(8):
            student.expect("double", n, right=double)
        asked.extend(student.trials)

    found = outcomes(GOOD + "    double = (lambda d: lambda n: 0 if n == 7 else d(n))(double)\n",
                     [again, doubled])  # fmt: skip
    assert found[0].status is Status.FAILED
    assert (found[0].score, found[0].wrong, found[0].asked) == (0, 1, 8)
    assert found[0].beliefs == ()
    assert found[1].status is Status.PASSED


def test_who_refuses_everything_is_paid_nothing() -> None:
    found = outcomes("def double(n): raise ValueError")
    assert [one.status for one in found] == [Status.FAILED, Status.WAITING]
    assert [one.score for one in found] == [0, 0]
    assert '"Twice as much"' in found[1].note


def test_who_accepts_everything_is_told_why_not() -> None:
    found = outcomes("def double(n): return n + n")
    assert [one.status for one in found] == [Status.PASSED, Status.FAILED]
    text = "\n".join(feedback.explain(found[1]))
    assert "double('a')" in text
    assert "a ValueError" in text
    assert "text is no number" in text


def test_any_kind_of_value_error_is_a_refusal() -> None:
    found = outcomes(GOOD.replace('ValueError("text")', "UnicodeError"))
    assert [one.score for one in found] == [3, 1]
    found = outcomes(GOOD.replace('ValueError("text")', "TypeError"))
    assert [one.score for one in found] == [3, 0]


def test_a_belief_is_named_when_it_explains_every_answer() -> None:
    assert outcomes("def double(n): return n * n")[0].beliefs == (squared,)
    assert outcomes("def double(n): return n + 1")[0].beliefs == (one_more,)
    assert outcomes("def double(n): return n * n if n > 50 else n + 1")[0].beliefs == ()
    assert outcomes("def double(n): return n + 2")[0].beliefs == ()


def test_a_belief_that_is_right_in_this_check_is_not_named_in_it() -> None:
    """``squared`` refuses text, as it should; so what goes wrong there is not its work."""
    found = outcomes("def double(n): return n + n")
    assert found[1].beliefs == ()


def test_a_lying_object_equals_nothing() -> None:
    found = outcomes("""
        class Yes:
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            def __hash__(self): return 0
        class YesInt(int):
            def __eq__(self, other): return True
        def double(n): return Yes() if n % 2 else YesInt(0)
    """)
    assert [one.score for one in found] == [0, 0]


def test_after_one_hang_the_function_is_not_asked_again() -> None:
    seen: list[Kind] = []

    @check("ex04", points=1, title="Hang", lesson="05")
    def hangs(student: Student) -> None:
        for n in range(8):
            student.expect("double", n, right=double)
        student.expect("other", 1, right=1)
        seen.extend(trial.answer.kind for trial in student.trials)

    limits = Limits(load=30, call=1, total=100)
    code = "def double(n):\n    while n > 3: pass\n    return 2 * n\ndef other(n): return n"
    (found,) = outcomes(code, [hangs], limits=limits)
    assert found.status is Status.FAILED
    assert seen == [*[Kind.RETURNED] * 4, Kind.LATE, *[Kind.SKIPPED] * 3, Kind.RETURNED]
    assert found.trial
    assert found.trial.answer.kind is Kind.LATE, "the one that tells something is shown"
    assert (found.wrong, found.asked) == (1, 6), "who was not asked is not wrong"


def test_endless_reading_is_recognised_as_a_belief() -> None:
    def right(recv: Any) -> bytes:
        data = b""
        while more := recv(10):
            data += more
        return data

    @check("ex04", points=1, title="To the end", lesson="02")
    def to_the_end(student: Student) -> None:
        for _ in range(3):
            student.expect("double", Recv(b"a", b"b"), right=right)

    @belief("double", says="No bytes: nothing yet.", look="What does recv() say?", lesson="02")
    def nothing_yet(recv):  # type: ignore[no-untyped-def]
        while True:
            recv(10)

    (found,) = outcomes("def double(recv):\n    while True: recv(5)", [to_the_end], (nothing_yet,))
    assert found.beliefs == (nothing_yet,)


def complained(sentence: str) -> Outcome:
    """What comes of a check that meets a program, and has only this to say."""

    @check("ex04", points=1, title="The program", lesson="05")
    def met(student: Student) -> None:
        raise Complaint(sentence)

    @belief("serve", says="Stay.", look="Who closes?", lesson="02", signs=["It stays open"])
    def stays(listener):  # type: ignore[no-untyped-def]
        listener.accept()

    (found,) = outcomes(GOOD, [met], (squared, stays))
    return found


def test_what_is_wrong_with_a_program_names_the_belief_behind_it() -> None:
    found = complained("It stays open, and should not.")
    assert (found.status, found.note) == (Status.FAILED, "It stays open, and should not.")
    assert [one.name for one in found.beliefs] == ["stays"]
    assert complained("It says nothing.").beliefs == ()


def test_a_program_with_a_part_that_is_not_written_is_told_what_to_do_next() -> None:
    found = complained("It ended.\nIts last words: NotImplementedError: serve: begin with accept")
    assert found.status is Status.MISSING
    assert (
        found.note
        == "serve is still to be written, in ex04_frames.py.\nTo begin with: begin with accept."
    )
    assert found.beliefs == ()


def test_a_check_that_fails_itself_is_no_zero_but_a_fault() -> None:
    @check("ex04", points=1, title="Broken", lesson="05")
    def broken(student: Student) -> None:
        student.expect("double", 1, right=2)
        raise RuntimeError("ours")

    @check("ex04", points=1, title="Empty", lesson="05")
    def empty(student: Student) -> None:
        pass

    found = outcomes(GOOD, [broken, empty, doubled])
    assert [one.status for one in found] == [Status.FAULT, Status.FAULT, Status.PASSED]
    assert "ours" in found[0].note


def test_what_is_not_there_is_said_with_a_near_name() -> None:
    (found, _) = outcomes("def duoble(n): return n")
    assert found.status is Status.MISSING
    assert "no function double" in found.note
    assert "'duoble'" in found.note
    (found, _) = outcomes("def other(n):\n    return n\n\n    def double(n):\n        return 2 * n")
    assert "no function double" in found.note
    assert "Line 4 begins with spaces" in found.note
    (found, _) = outcomes("def double(n): raise NotImplementedError('double: add n to n')")
    assert (
        found.note
        == "double is still to be written, in ex04_frames.py.\nTo begin with: add n to n."
    )
    (found, _) = outcomes("def double(n): raise NotImplementedError('add: sum them up')")
    assert found.note.startswith("add is still to be written"), "the one that is called"
    (found, _) = outcomes("x = 1\ndef double(n):\n  retrun n")
    assert "SyntaxError" in found.note
    assert "line 3" in found.note
    assert "retrun n" in found.note
    (found, _) = outcomes("while True: pass", limits=replace(BRIEF, load=1.0))
    assert "cannot be loaded: it does not come to its end." in found.note
    verdict = judge(Submission({}, {FILE: "There is no file."}), "ex04", "s", checks=[doubled])
    assert verdict.outcomes[0].note == "There is no file."


def test_the_same_seed_asks_the_same() -> None:
    questions: list[list[int]] = []

    @check("ex04", points=1, title="Ask", lesson="05")
    def ask(student: Student) -> None:
        questions.append(list(student.vectors(lambda random: random.randrange(1 << 30))))
        student.claim(True, "")

    for seed in ("a", "a", "b"):
        judge(Submission({FILE: ""}), "ex04", seed, checks=[ask], beliefs=[], limits=PATIENT)
    assert questions[0] == questions[1] != questions[2]
