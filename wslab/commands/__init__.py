"""The commands: a file for each, with ``add`` (its words) and ``run`` (what it does).

`wslab.cli` loads a file only if its command was typed: nobody waits for what is not used.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from ..errors import Error

NAMES = (
    "demo",
    "serve",
    "connect",
    "explain",
    "record",
    "relay",
    "compare",
    "check",
    "hint",
    "watch",
    "progress",
    "solution",
    "reset",
    "grade",
    "release",
)
"""In the order of the help text."""


def command(commands: Any, name: str, run: Any, summary: str, examples: str) -> Any:
    """The parser of a command: its name, what runs it, its help text with examples."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog="examples:\n" + examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def positive(text: str) -> int:
    """A whole number of at least 1."""
    if not (text.isascii() and text.isdigit() and int(text[:18]) > 0):
        raise argparse.ArgumentTypeError(f"{text!a} is not a whole number of at least 1")
    return int(text[:18])


def seconds(text: str) -> float:
    """A number of seconds, more than 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= 1e6:
        raise argparse.ArgumentTypeError(f"{text!a} is not a number of seconds, up to 1000000")
    return number


def milliseconds(text: str) -> float:
    """Milliseconds on the command line, seconds in the program."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 60_000:
        raise argparse.ArgumentTypeError(f"{text!a} is not a number of milliseconds, 0 to 60000")
    return number / 1000


def yes(question: str, option: str) -> bool:
    """Ask on the terminal. Raises Error where nobody can answer: then ``option`` is needed."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    try:
        answer = sys.stdin.readline() if sys.stdin else ""
    except UnicodeDecodeError:
        answer = "something else"
    if not answer:
        print(file=sys.stderr)
        raise Error(f"Nobody answers here: say {option}.")
    return answer.strip().lower() in ("y", "yes")
