"""``python -m wslab reset``: the starter comes back, and what was written stays beside it."""

from __future__ import annotations

import argparse
import itertools
import os
from pathlib import Path
from typing import Any

from ..grading import kit, own
from ..observe.files import atomic_write, read_file
from . import command, yes
from .check import add_folder


def add(commands: Any) -> None:
    """Its words on the command line."""
    summary = "begin an exercise anew: asks first, and keeps what you have written"
    examples = (
        "  python -m wslab reset ex03\n"
        "  python -m wslab reset ex03 --yes\n"
        "What you have written stays beside it, as ex03_opening_handshake.py.backup-1."
    )
    parser = command(commands, "reset", run, summary, examples)
    parser.add_argument("exercise", metavar="EXERCISE", help="as ex03")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    add_folder(parser)


def run(args: argparse.Namespace) -> int:
    """Put the starter back; 1 if the answer was no. Raises Error and Error."""
    key = kit.exercise(args.exercise)
    path = own.own_file(key, args.folder)
    starter = kit.starter(key).encode()
    there = os.path.lexists(path)
    old = read_file(path) if there else b""
    if there and old.replace(b"\r\n", b"\n") == starter:
        print(f"{path} is the starter already.")
        return 0
    question = f"Put the starter back as {path}? What you have written stays beside it."
    if there and not args.yes and not yes(question, "--yes"):
        print("Nothing was changed.")
        return 1
    backup = _keep(path, old) if there else None
    with atomic_write(path) as file:
        file.write(starter)
    print(f"{path} is the starter again.")
    if backup:
        print(f"What you had written is in {backup}.")
    return 0


def _keep(path: Path, data: bytes) -> Path:
    """A copy under the first name that is free. Raises Error."""
    names = (path.with_name(f"{path.name}.backup-{n}") for n in itertools.count(1))
    backup = next(name for name in names if not os.path.lexists(name))
    with atomic_write(backup) as file:
        file.write(data)
    return backup
