"""An attack: a submission that wants marks for nothing, or wants to do harm.

    @attack("ex05")
    def leave_with_status_zero() -> None:
        '''Ends its process while it is asked, with status 0. No answer: no points.'''
        import os

        def apply_mask(data, key):
            os._exit(0)

The body is the submission: a file of its own, behind a line that sets the names below. With
`handed_in`, the function writes what is handed in itself. The docstring says what it tries, and
what the grader must do; ``deserves`` is what its honest parts are worth, and the most it may get.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from wslab.grading import kit

KIT = ""
"""The kit's folder, with the solutions."""
TARGET = ""
"""A folder of somebody else, with a file ``rival/ex05_masking.py``: nothing in it may change."""
TCP = UDP = 0
"""Ports on 127.0.0.1 that somebody else listens on."""
UNIX = ""
"""A unix socket of somebody else."""


@dataclass(frozen=True)
class Attack:
    """One entry of the catalogue."""

    name: str
    exercise: str
    says: str
    body: str
    """The text of the file; "" if ``write`` makes it."""
    deserves: int
    only_landlock: bool
    """Nothing else keeps it from what it wants: without Landlock, the record has to say so."""
    write: Callable[[Path], None] | None = None

    def hand_in(self, folder: Path, **places: Any) -> None:
        """Write the submission."""
        folder.mkdir()
        if self.write:
            self.write(folder)
            return
        names = "; ".join(f"{name} = {value!r}" for name, value in places.items())
        file = folder / f"{kit.FILES[self.exercise]}.py"
        file.write_text(f"{names}\n{self.body}", "utf-8")


def attack(
    exercise: str, *, deserves: int = 0, only_landlock: bool = False
) -> Callable[[Callable[[], Any]], Attack]:
    """Make an attack of a function: its body is the file that is handed in."""

    def make(function: Callable[[], Any]) -> Attack:
        says, body = _taken_apart(function)
        return Attack(function.__name__, exercise, says, body, deserves, only_landlock)

    return make


def handed_in(exercise: str, *, deserves: int = 0) -> Callable[[Callable[[Path], None]], Attack]:
    """Make an attack of a function that fills the folder that is handed in."""

    def make(write: Callable[[Path], None]) -> Attack:
        says = inspect.getdoc(write) or ""
        return Attack(write.__name__, exercise, says, "", deserves, False, write)

    return make


def attacks_in(module: ModuleType) -> list[Attack]:
    """The attacks of a module, in their order."""
    return [value for value in vars(module).values() if isinstance(value, Attack)]


def _taken_apart(function: Callable[[], Any]) -> tuple[str, str]:
    source = textwrap.dedent(inspect.getsource(function))
    (node,) = ast.parse(source).body
    assert isinstance(node, ast.FunctionDef)
    begin = node.body[0].end_lineno
    return inspect.getdoc(function) or "", textwrap.dedent("\n".join(source.split("\n")[begin:]))
