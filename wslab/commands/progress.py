"""``python -m wslab progress``: how far a learner has come."""

from __future__ import annotations

import argparse
from typing import Any

from .. import notes
from ..grading import kit, learner
from ..grading.hints import STEPS, hints
from . import command

HEAD = f"{'exercise':31}{'best':>10}   {'hints':>8}   solution"


def add(commands: Any) -> None:
    """Its words on the command line."""
    summary = "show your best points, the hints you took, the solutions you saw"
    examples = "  python -m wslab progress\n  WSLAB_NOTES=~/my-notes python -m wslab progress"
    command(commands, "progress", run, summary, examples)


def run(args: argparse.Namespace) -> int:
    """The table, and where it comes from."""
    path = notes.folder() / notes.FILE
    if notes.damaged():
        print(f"{path} can't be read: it's damaged. The next check begins new notes,")
        print(f"and keeps the old ones beside them, as {notes.DAMAGED}.\n")
    print(table())
    kept = "Kept in" if path.exists() else "Nothing is kept yet. It will be in"
    print(f"\n{kept} {path}, on this machine alone.")
    return 0


def table() -> str:
    """A row for each exercise."""
    lines = [HEAD]
    for key in kit.FILES:
        now = learner.standing(key)
        points = "-" if now.score is None else f"{now.score} of {now.most}"
        most = len(STEPS) * len(hints(key))
        seen = f"{now.hints} of {most}" if now.hints else "-"
        lines.append(f"{kit.FILES[key]:31}{points:>10}   {seen:>8}   {_solution(now)}")
    return "\n".join(lines)


def _solution(now: learner.Standing) -> str:
    if now.solution:
        return "seen, gave up" if now.solution == learner.GAVE_UP else "seen, solved before"
    return "may be seen" if now.solved else "-"
