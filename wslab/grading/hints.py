"""Three hints for each function of an exercise: a question, a pointer, a skeleton.

They are text, in ``tests/exercises/hints/ex03.md``: a heading for each function, in the order of
the exercise; below it a paragraph, another paragraph, and indented code with gaps.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable

from . import kit
from .kit import KitError

STEPS = ("a question", "a pointer", "a skeleton")

Hints = dict[str, tuple[str, ...]]
"""Function → its hints, one for each of the `STEPS`."""


def hints(key: str) -> Hints:
    """The hints of an exercise. Raises KitError if there are none."""
    path = kit.root() / "tests" / "exercises" / "hints" / f"{key}.md"
    try:
        return parse(path.read_text("utf-8"))
    except OSError:
        raise KitError(f"There are no hints for {key} yet.") from None


def parse(text: str) -> Hints:
    r"""Take such a file apart.

    >>> parse("# Exercise 0\n\n## f\n\nWhy?\n\nSee lesson 00.\n\n    def f():\n        ...\n")
    {'f': ('Why?', 'See lesson 00.', 'def f():\n    ...')}
    """
    found: Hints = {}
    for part in re.split(r"(?m)^## ", text)[1:]:
        name, _, body = part.partition("\n")
        question, pointer, skeleton = body.strip("\n").split("\n\n", 2)
        code = (line.removeprefix("    ") for line in skeleton.rstrip().split("\n"))
        found[name.strip()] = (question.strip(), pointer.strip(), "\n".join(code))
    return found


def is_unwritten(function: str, text: str) -> bool:
    """Whether a student's file still has what the starter has in place of this function."""
    return re.search(rf'raise NotImplementedError\(\s*"{function}:', text) is not None


def asked_by(key: str, check: str) -> str | None:
    """The function that a check of the exercise asks; None if it runs the whole program."""
    names = hints(key)
    for one in kit.checks(key):
        if one.name == check:
            judged, called = _words(one.run)
            found = [name for name in names if name in judged]
            found += [name for name in names if name in called]
            return found[0] if found else None
    return None


def _words(run: Callable[..., None]) -> tuple[set[str], set[str]]:
    """The words in a check: "f" stands there in ``expect("f", …)``; and in ``call("f", …)``."""
    nodes = list(ast.walk(ast.parse(inspect.getsource(run))))
    calls = [node for node in nodes if isinstance(node, ast.Call) and node.args]
    only = [one.args[0] for one in calls if getattr(one.func, "attr", "") == "call"]
    judged: set[str] = set()
    called: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            (called if node in only else judged).add(node.value)
    return judged, called
