"""What the parsers of the commands have in common."""

from __future__ import annotations

import argparse
from typing import Any


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
