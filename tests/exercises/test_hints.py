"""The hints: three for every function of the contract, and none of them is the answer."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.test_architecture import SECTIONS, citations
from wslab.grading import kit
from wslab.grading.hints import asked_by, hints, is_unwritten, parse
from wslab.grading.judge import judge
from wslab.grading.submission import Submission

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
each_exercise = pytest.mark.parametrize("key", kit.FILES)
PURE = [key for key in kit.written() if key not in ("ex07", "ex09")]
"""Those whose functions are asked one by one; the others run as programs."""


def contract(key: str) -> list[str]:
    """The functions that the starter leaves to the student."""
    text = kit.starter(key)
    tree = ast.parse(text)
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [name for name in names if is_unwritten(name, text)]


def function_in(text: str, name: str) -> ast.FunctionDef:
    nodes = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return next(node for node in nodes if node.name == name)


def with_function(text: str, name: str, code: str) -> str:
    """The file with another text in place of one function."""
    node = function_in(text, name)
    lines = text.split("\n")
    assert node.end_lineno
    return "\n".join([*lines[: node.lineno - 1], code, *lines[node.end_lineno :]])


@each_exercise
def test_every_function_has_a_question_a_pointer_and_a_skeleton(key: str) -> None:
    assert list(hints(key)) == contract(key)
    for question, pointer, skeleton in hints(key).values():
        assert question.endswith("?")
        assert re.search(r"[Ll]esson \d\d\b", pointer)
        assert "\n" not in question + pointer, "a paragraph is one line: it is wrapped when shown"
        assert set(re.findall(r"[Ll]esson (\d\d)", pointer)) <= set(kit.LESSONS)
        assert set(citations(question + pointer)) <= SECTIONS
        assert all(len(line) <= 76 for line in skeleton.split("\n"))


@each_exercise
def test_a_skeleton_is_python_with_gaps(key: str) -> None:
    for name, steps in hints(key).items():
        tree = ast.parse(steps[2])
        first = tree.body[0]
        assert isinstance(first, ast.FunctionDef)
        assert first.name == name
        gaps = [n for n in ast.walk(first) if isinstance(n, ast.Constant) and n.value is ...]
        assert gaps, f"{name}: nothing is left to do"
        theirs = function_in(kit.starter(key), name)
        assert [a.arg for a in first.args.args] == [a.arg for a in theirs.args.args]


@pytest.mark.parametrize("key", PURE)
def test_no_skeleton_is_the_answer(key: str) -> None:
    """In the place of the solution's function, it must cost points; the solution itself has all."""
    file = kit.FILES[key]
    solution = (ROOT / "solutions" / f"{file}.py").read_text("utf-8")
    whole = judge(Submission({file: solution}), key, "hints")
    assert whole.score == whole.most
    for name, steps in hints(key).items():
        gapped = judge(Submission({file: with_function(solution, name, steps[2])}), key, "hints")
        assert gapped.score < gapped.most, name


@pytest.mark.parametrize("key", PURE)
def test_each_check_leads_to_a_function(key: str) -> None:
    for check in kit.checks(key):
        if not check.title.startswith("The program"):
            assert asked_by(key, check.name) in hints(key), check.id


def test_the_function_that_is_judged_goes_before_one_that_is_only_called() -> None:
    assert asked_by("ex03", "whole_response") == "build_response"  # it also calls accept_key
    assert asked_by("ex05", "no_secret") == "eavesdrop"


def test_what_is_not_there() -> None:
    assert asked_by("ex05", "no_such_check") is None
    assert parse("# Exercise 0\n\nNothing yet.\n") == {}
    assert is_unwritten("f", 'raise NotImplementedError(\n    "f: think"')
    assert not is_unwritten("f", 'raise NotImplementedError("g: think")')
