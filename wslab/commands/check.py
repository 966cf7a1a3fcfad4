"""``python -m wslab check``: the student's own files, what is right and what is not."""

from __future__ import annotations

import argparse
from typing import Any

from ..grading import own
from . import command


def add(commands: Any) -> None:
    """Its words on the command line."""
    summary = "check your solutions of the exercises, and learn what is not right yet"
    examples = (
        "  python -m wslab check ex03\n"
        "  python -m wslab check ex03 --seed 1f09c2\n"
        "  python -m wslab check            (all exercises)"
    )
    parser = command(commands, "check", run, summary, examples)
    option = parser.add_argument
    option("exercise", nargs="?", metavar="EXERCISE", help="as ex03; without it, all")
    option("--seed", help="ask the same random questions again")
    add_folder(parser)


def add_folder(parser: Any) -> None:
    """What all commands about one's own files have."""
    parser.add_argument(
        "--folder",
        metavar="DIR",
        help="where your files are (default: here, or in ./exercises, or in the kit's own)",
    )


def run(args: argparse.Namespace) -> int:
    """The checks of one exercise, or of all; 0 if all have passed, 1 if not."""
    report = own.check(args.exercise, seed=args.seed, folder=args.folder)
    print(report)
    return 0 if report.passed else 1
