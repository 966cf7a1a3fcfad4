"""``python -m wslab watch``: checks again, each time a file is saved.

It looks at the files themselves, several times a second: that works on every system, on network
drives too, and with editors that save to a new file and rename it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..grading import kit, own
from ..grading.limits import GRADED
from ..views.text import wants_color
from . import command
from .check import add_folder

LOOK = 0.1
"""Seconds from one look to the next."""
CLEAR = "\x1b[2J\x1b[H"
"""The screen, and not what has scrolled off it."""
BUILT_FROM_OTHERS = ("ex07", "ex09")

Look = tuple[object, ...]
"""What the files are like at one moment."""


def add(commands: Any) -> None:
    """Its words on the command line."""
    summary = "check an exercise again, each time you save it"
    examples = (
        "  python -m wslab watch ex03\n"
        "  python -m wslab watch ex03 --seed 1f09c2   (each time the same questions)\n"
        "Leave it open beside your editor. Ctrl-C ends it."
    )
    parser = command(commands, "watch", run, summary, examples)
    option = parser.add_argument
    option("exercise", metavar="EXERCISE", help="as ex03")
    option("--seed", help="ask the same random questions each time")
    add_folder(parser)


def run(args: argparse.Namespace) -> int:
    """Until Ctrl-C, which is how it is meant to end: 0. Raises Error."""
    key = kit.exercise(args.exercise)
    kit.checks(key)
    folder = str(own.own_file(key, args.folder).parent)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # it ends like Ctrl-C
    try:
        for _ in saves(lambda: look(files(key, Path(folder)))):
            report = own.check(key, seed=args.seed, folder=args.folder)
            show(f"{report}\n\n{_moment()} Save it and this is checked again. Ctrl-C ends it.")
    except KeyboardInterrupt:
        print()
    return 0


def files(key: str, folder: Path) -> list[Path]:
    """The files that the result depends on: exercises 7 and 9 are built from the earlier ones."""
    names = [kit.FILES[key]]
    if key in BUILT_FROM_OTHERS:
        names = [name for other, name in kit.FILES.items() if other <= key]
    return [folder / f"{name}.py" for name in names]


def look(paths: list[Path]) -> Look:
    """When each was written, how long it is, and a hash of what is in it; None: there is no file.

    All three, because some network drives show a new time late, or count time in whole seconds.
    """
    return tuple(map(_look_at, paths))


def _look_at(path: Path) -> object:
    try:
        fact = os.stat(path)
        if not stat.S_ISREG(fact.st_mode):  # a pipe of that name would keep us waiting
            return None
        with path.open("rb") as file:
            content = hashlib.sha256(file.read(GRADED.source)).digest()
        return fact.st_mtime_ns, fact.st_size, content
    except OSError:
        return None


def saves(now: Callable[[], Look], sleep: Callable[[float], None] = time.sleep) -> Iterator[Look]:
    """What the files are like: at once, and then each time they have changed and are at rest.

    At rest means: two looks see the same, so that no half-written file is checked. A file that is
    not there has not been saved: perhaps the editor renames another one to its place right now.
    """
    last = now()
    yield last
    while True:
        sleep(LOOK)
        seen = _without_gaps(now(), last)
        if seen == last:
            continue
        sleep(LOOK / 2)
        if _without_gaps(now(), last) == seen:
            last = seen
            yield seen


def _without_gaps(seen: Look, last: Look) -> Look:
    return tuple(new or old for new, old in zip(seen, last, strict=True))


def show(text: str) -> None:
    """On a terminal alone on the screen; elsewhere behind what was there."""
    if wants_color(sys.stdout):
        print(CLEAR, end="")
    print(text, flush=True)


def _moment() -> str:
    return time.strftime("(%H:%M:%S)")
