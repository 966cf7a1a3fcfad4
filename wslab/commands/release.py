"""``python -m wslab release``: the students' copy, or an autograder for Gradescope."""

from __future__ import annotations

import argparse
import secrets
from pathlib import Path
from typing import Any

from ..errors import Error
from ..grading import gradescope_bundle, kit, parcel, release
from . import command

OTHER_ARCHIVES = (".tar", ".gz", ".tgz", ".bz2", ".xz", ".rar", ".7z")
"""Who ends a name like this wants an archive, and would get a folder."""


def add(commands: Any) -> None:
    """Its words on the command line."""
    summary = "make the students' copy of the kit, or an autograder for Gradescope"
    examples = (
        "  python -m wslab release for-students        (a folder)\n"
        "  python -m wslab release for-students.zip    (an archive)\n"
        "  python -m wslab release --gradescope autograder.zip --exercise ex03"
    )
    parser = command(commands, "release", run, summary, examples)
    option = parser.add_argument
    option("output", nargs="?", metavar="OUT", help="a new folder, or a new name that ends in .zip;"
           " stands before --exercise")  # fmt: skip
    option("--gradescope", action="store_true", help="for Gradescope, and not for students")
    option("--seed", help="only for Gradescope: the seed of its questions (default: a new one)")
    option("--exercise", nargs="+", default=[], metavar="EXERCISE",
           help="only for Gradescope: as ex03; without it, all")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Write it and say what is in it. Raises Error, Error."""
    if args.output is None:
        raise Error("Where to? Put the name first: release OUT.")
    if not args.gradescope and (args.seed or args.exercise):
        raise Error("--seed and --exercise are for --gradescope: students get no seed.")
    out = Path(args.output)
    if args.gradescope:
        return _gradescope(args, out)
    if out.name.lower().endswith(OTHER_ARCHIVES):
        raise Error(
            f"{str(out)!a} is no archive that we make: "
            "use a name that ends in .zip, or that of a folder."
        )
    found = release.students()
    if parcel.is_archive(out):
        # Unpacked as it is, it would scatter its files. Dots alone would lead to another folder.
        found = parcel.below(out.stem.strip(". ") or "wslab", found)
    parcel.write(found, out)
    print(f"{out}: {len(found)} files for the students, without solutions and without a seed.")
    return 0


def _gradescope(args: argparse.Namespace, out: Path) -> int:
    if not parcel.is_archive(out):
        raise Error(f"Gradescope takes an archive: end the name {str(out)!a} with .zip.")
    exercises = sorted({kit.exercise(name) for name in args.exercise}) or kit.written()
    for key in exercises:
        kit.checks(key)
    seed = args.seed or secrets.token_hex(8)
    parcel.write(gradescope_bundle.bundle(seed, exercises), out)
    print(f"{out}: an autograder for {', '.join(exercises)}.")
    print(f"Seed {seed}: to build the same one again. Solutions and seed are inside: keep it safe.")
    return 0
