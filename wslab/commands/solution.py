"""``python -m wslab solution``: ours, for who has solved it, or gives up and says so."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from .. import notes
from ..errors import Error
from ..grading import kit, learner
from . import command, yes


def add(commands: Any) -> None:
    """Its words on the command line."""
    summary = "show our solution: after all points, or if you give up"
    examples = (
        "  python -m wslab solution ex03\n"
        "  python -m wslab solution ex03 --give-up\n"
        "To give up is noted in your progress, on this machine alone."
    )
    parser = command(commands, "solution", run, summary, examples)
    parser.add_argument("exercise", metavar="EXERCISE", help="as ex03")
    parser.add_argument("--give-up", action="store_true", help="do not ask")


def run(args: argparse.Namespace) -> int:
    """Print it; 1 if the answer was no. Raises Error."""
    key = kit.exercise(args.exercise)
    text = _text(key)
    now = learner.standing(key)
    may = now.solved or now.solution or args.give_up
    if not may and not yes(_question(now), "--give-up"):
        print(f"Good. A hint may help:  python -m wslab hint {key}", file=sys.stderr)
        return 1
    if not learner.see_solution(key, learner.SOLVED if now.solved else learner.GAVE_UP):
        print(f"wslab: that you saw it is not noted: {notes.not_kept()}.", file=sys.stderr)
    print(text, end="")
    return 0


def _question(now: learner.Standing) -> str:
    points = "You have not checked yours yet."
    if now.score is not None:
        points = f"You have {now.score} of {now.most} points."
    return f"{points} To give up is noted in your progress. See our solution?"


def _text(key: str) -> str:
    path = kit.root() / "solutions" / f"{kit.FILES[key]}.py"
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise Error(
            f"This copy of the kit has no solutions: ask who teaches you for {path.name}."
        ) from None
