"""``python -m wslab hint``: a question, a pointer, a skeleton; one at a time, and never the answer.

Which function? The one that is asked for; else the first that is not written yet, or gave a wrong
answer in the last check.
"""

from __future__ import annotations

import argparse
import difflib
import sys
import textwrap
from typing import Any

from .. import notes
from ..errors import Error
from ..grading import kit, learner, own
from ..grading.hints import STEPS, Hints, asked_by, hints, is_unwritten
from ..grading.submission import read_folder
from . import command
from .check import add_folder

WIDTH = 78


def add(commands: Any) -> None:
    """Its words on the command line."""
    summary = "give a hint: a question, then a pointer, then a skeleton, each when you ask"
    examples = (
        "  python -m wslab hint ex03              (about what comes next)\n"
        "  python -m wslab hint ex03.accept_key   (about one function, or one check)\n"
        "  python -m wslab hint ex03.accept_key --again"
    )
    parser = command(commands, "hint", run, summary, examples)
    option = parser.add_argument
    option("about", metavar="EXERCISE[.FUNCTION]", help="as ex03, or ex03.accept_key")
    option("--again", action="store_true", help="show the hints that you have had, and no new one")
    add_folder(parser)


def run(args: argparse.Namespace) -> int:
    """Print the next hint. Raises Error."""
    exercise, _, name = args.about.removesuffix(".py").partition(".")
    key = kit.exercise(exercise)
    found = hints(key)
    function = _meant(key, name, found) if name else _next(key, found, args.folder)
    about = f"{key}.{function}"
    if args.again:
        taken = learner.hints_taken(about)
        if not taken:
            raise Error(f"You have had no hint about {about} yet.")
        print("\n\n".join(shown(about, found[function], step) for step in range(1, taken + 1)))
    else:
        step = learner.take_hint(about)
        print(shown(about, found[function], step))
        if learner.hints_taken(about) < step:
            print(f"wslab: the next time it is the same hint: {notes.not_kept()}.", file=sys.stderr)
    print(f"\n{_what_next(key, about)}")
    return 0


def shown(about: str, steps: tuple[str, ...], step: int) -> str:
    """One hint, on lines that fit; a skeleton keeps its own."""
    text = steps[step - 1]
    if step < len(STEPS):
        text = textwrap.fill(text, WIDTH - 2, break_long_words=False, break_on_hyphens=False)
    head = f"{about}, hint {step} of {len(STEPS)}: {STEPS[step - 1]}"
    return f"{head}\n\n{textwrap.indent(text, '  ')}"


def _meant(key: str, name: str, found: Hints) -> str:
    """The function of that name, or the one that a check of that name asks."""
    if name in found:
        return name
    checks = [check.name for check in kit.checks(key)]
    if name in checks:
        asked = asked_by(key, name)
        if asked:
            return asked
        raise Error(f"{key}.{name} runs the whole program: ask about {_list(found)}.")
    near = difflib.get_close_matches(name, [*found, *checks], 1, 0.5)
    hint = f" Is it {near[0]}?" if near else ""
    raise Error(f"{key} has no function {name[:60]!a}: there are {_list(found)}.{hint}")


def _next(key: str, found: Hints, folder: str | None) -> str:
    """The first function that needs work, by the file and by the last check."""
    place = own.own_file(key, folder)
    text = read_folder(place.parent).texts.get(kit.FILES[key])
    if text is None:
        raise Error(f"{place.name} cannot be read: see  {_say('check', key)}")
    standing = learner.standing(key)
    for function in found:
        if is_unwritten(function, text) or function in standing.stuck:
            return function
    if standing.score is not None and standing.score == standing.most:
        raise Error(f"All checks of {key} have passed: there is nothing left to hint at.")
    if standing.score is not None:
        raise Error(
            f"{key} is all written, and its last check saw the whole program, so you have to say "
            f"which function it is about: {_say('hint', f'{key}.{next(iter(found))}')}  "
            f"There are {_list(found)}."
        )
    raise Error(
        f"{key} is all written. What is not right yet?  {_say('check', key)}  "
        f"Or say which function: {_list(found)}."
    )


def _what_next(key: str, about: str) -> str:
    if learner.hints_taken(about) < len(STEPS):
        return f"Think, try:  {_say('check', key)}\nThe next hint:  {_say('hint', about)}"
    return f"That was the last hint. Try:  {_say('check', key)}"


def _say(word: str, about: str) -> str:
    return f"python -m wslab {word} {about}"


def _list(names: Hints) -> str:
    return ", ".join(names)
