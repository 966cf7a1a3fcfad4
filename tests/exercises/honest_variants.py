"""Whole submissions that are right, and written in other ways than the solutions.

Each file in ``honest/`` has several versions of each function: ``send_all_counting`` is a
``send_all``. The first submission is made of the first version of each function, the second of the
second, and so on; where there are fewer, they come again.
"""

from __future__ import annotations

import ast

from wslab.grading import kit
from wslab.grading.submission import Submission

from .wrong import solution

HOW_MANY = 10

WRITTEN = sorted(file.stem for file in (kit.root() / "tests/exercises/honest").glob("ex*.py"))
"""The exercises that have variants."""


def honest_submission(exercise: str, number: int) -> Submission:
    """The one of this number, from 0 to HOW_MANY - 1."""
    file = kit.FILES[exercise]
    text = (kit.root() / f"tests/exercises/honest/{exercise}.py").read_text("utf-8")
    chosen = {name: several[number % len(several)] for name, several in versions(exercise).items()}
    text += "".join(f"\n{name} = {version}" for name, version in chosen.items())
    # What is given stays as it is: the start of a program.
    _, line, given = solution().texts[file].partition("\n# ------------------------------------ ")
    return Submission({file: text + "\n" + line + given})


def versions(exercise: str) -> dict[str, list[str]]:
    """The names of the versions, by the name of the function."""
    text = (kit.root() / f"tests/exercises/honest/{exercise}.py").read_text("utf-8")
    defined = [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    due = contract(exercise)
    return {name: [one for one in defined if one.startswith(f"{name}_")] for name in due}


def contract(exercise: str) -> list[str]:
    """The functions that a student writes: those that wait in the starter."""
    text = (kit.root() / f"exercises/{kit.FILES[exercise]}.py").read_text("utf-8")
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return [one.name for one in functions if "raise NotImplementedError" in ast.unparse(one)]
