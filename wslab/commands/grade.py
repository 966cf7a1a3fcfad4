"""``python -m wslab grade``: a folder of submissions becomes marks and feedback."""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import Error
from ..grading import kit, launch, orphans, record
from ..grading.class_archive import unpacked
from ..grading.coordinator import Coordinator, NotIsolated, with_earlier
from ..grading.journal import Journal, JournalError
from ..grading.layout import is_archive
from ..grading.progress import Progress
from ..grading.record import Graded
from ..grading.report import write
from . import command, positive

NOT_ISOLATED = (
    "This system does not keep students' code away from your files (that takes Linux with "
    "Landlock). Grade in a container, or say --allow-unsandboxed: then every row says so."
)


def add(commands: Any) -> None:
    """Its words on the command line."""
    summary = "grade a folder of submissions: marks, feedback and a summary of the class"
    examples = (
        "  python -m wslab grade submissions -o marks\n"
        "  python -m wslab grade submissions -o marks --exercise ex03 ex04 --seed spring\n"
        "A run that was stopped goes on when the same command is given again."
    )
    parser = command(commands, "grade", run, summary, examples)
    option = parser.add_argument
    option("submissions", nargs="?", metavar="SUBMISSIONS", help="a folder with a folder,"
           " archive or files for each student; stands before --exercise")  # fmt: skip
    option("-o", "--output", default="marks", metavar="OUT",
           help="folder for the results (default: %(default)s)")  # fmt: skip
    option("--seed", help="seed of the random questions (default: OUT/seed, or a new one)")
    option("--exercise", nargs="+", default=[], metavar="EXERCISE",
           help="as ex03; without it, all")  # fmt: skip
    option("--jobs", type=positive, default=4 * (os.cpu_count() or 1), metavar="N",
           help="submissions at a time; some only wait (default: %(default)s)")  # fmt: skip
    option("--allow-unsandboxed", action="store_true",
           help="grade where nothing keeps students' code away from your files")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Grade, or go on with a run that was ended; 0 if everybody has a mark, 1 if not."""
    if args.submissions is None:
        raise Error(f"Which folder? Put it first: grade SUBMISSIONS -o {args.output}.")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    orphans.adopt()
    submissions, out = Path(args.submissions), Path(args.output)
    _look_at(submissions)
    try:
        exercises = [kit.exercise(name) for name in args.exercise] or kit.written()
        for key in exercises:
            kit.checks(key)
            kit.companions(key)
        _prepare(out, submissions)
        launch.try_other_user(out)
        with Journal(out) as journal, unpacked(submissions.absolute(), out) as (folder, opened):
            seed = _seed(out, args.seed)
            for name in opened:
                print(f"{name}: holds the work of several students.")
            return _grade(args, Coordinator(
                folder, out, seed, sorted(set(exercises)),
                jobs=args.jobs, allow_unsandboxed=args.allow_unsandboxed,
            ), journal)  # fmt: skip
    except JournalError as error:
        raise Error(str(error)) from None
    except NotIsolated:
        raise Error(NOT_ISOLATED) from None


def _end(number: int, frame: object) -> None:
    """Ctrl-C, once: to wait for the judges' end takes a moment, and a second one would tear it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextlib.contextmanager
def _in_words(what: str) -> Iterator[None]:
    """The system's errors, with what they are about."""
    try:
        yield
    except OSError as error:
        raise Error(f"{what}: {error.strerror or error}.") from None


def _grade(args: argparse.Namespace, coordinator: Coordinator, journal: Journal) -> int:
    total = len(coordinator.tasks)
    if not total:
        raise Error(f"There are no submissions in {args.submissions!a}.")
    earlier = {id(graded) for graded in journal.done.values()}
    try:
        with Progress(total) as progress:
            found = coordinator.run(journal, lambda one: progress.step(id(one) not in earlier))
    except KeyboardInterrupt:
        done = sum(task.key in journal.done for task in coordinator.tasks)
        print(
            f"\nStopped: {done} of {total} are graded. The same command goes on.", file=sys.stderr
        )
        raise
    print(_summary(found))
    if passed_over := coordinator.passed_over:
        more = f" and {len(passed_over) - 20} more" if len(passed_over) > 20 else ""
        print(ascii(f"No submissions, so not read: {', '.join(passed_over[:20])}{more}.")[1:-1])
    for path in write(with_earlier(journal, found, coordinator.exercises), Path(args.output))[:1]:
        print(f"{path}: the marks. Beside it: feedback, a summary, exports.")
    return 0 if all(one.record.score is not None for one in found) else 1


def _look_at(submissions: Path) -> None:
    if submissions.is_file() and is_archive(submissions.name):
        return
    if not submissions.is_dir():
        raise Error(f"{_quoted(submissions)} is no folder. Give the one with all submissions.")
    if any((submissions / f"{name}.py").is_file() for name in kit.FILES.values()):
        raise Error(
            f"{_quoted(submissions)} looks like the work of one student. "
            "Give the folder that holds a folder for each."
        )
    with _in_words(f"Cannot read {_quoted(submissions)}"):
        os.listdir(submissions)


def _prepare(out: Path, submissions: Path) -> None:
    """The folder for the results; what lies in it must be ours, since we write over it."""
    if out.resolve() == submissions.resolve() or submissions.resolve() in out.resolve().parents:
        raise Error(
            "The results must not lie among the submissions: choose another folder with -o."
        )
    if out.exists() and not out.is_dir():
        raise Error(f"{_quoted(out)} is no folder: choose another name with -o.")
    with _in_words(f"Cannot write into {_quoted(out)}"):
        out.mkdir(parents=True, exist_ok=True)
        here = {name for name in os.listdir(out) if not name.startswith(".")}
    if "journal" not in here and (others := sorted(here - _MAY_BE_THERE)):
        raise Error(
            f"{_quoted(out)} holds something else, as {others[0]!a}. "
            "Choose a new folder for the results with -o."
        )


_MAY_BE_THERE = {"seed", "journal.lock", "lost+found"}
"""Before the first run: a seed of somebody's choice, or what a disk of its own brings along."""


def _quoted(path: Path) -> str:
    return ascii(str(path))


def _seed(out: Path, wanted: str | None) -> str:
    """The seed of the run, kept so that a later run asks the same questions."""
    path = out / "seed"
    if wanted is None and path.is_file():
        seed = path.read_text("utf-8").removesuffix("\n")
        if seed.strip():
            return seed
        raise Error(
            f"{_quoted(path)} is empty, so everyone could guess the questions. "
            "Write a seed into it, or remove it: then a new one is made."
        )
    seed = wanted or secrets.token_hex(8)
    # Whole or not at all: after a power cut, half a seed would ask other questions.
    part = path.with_suffix(".part")
    fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(fd, "w", encoding="utf-8") as file:
        file.write(f"{seed}\n")
        file.flush()
        os.fsync(fd)
    os.replace(part, path)
    return seed


def _summary(found: list[Graded]) -> str:
    counts = Counter(one.record.status for one in found)
    order = [record.GRADED, record.PARTIAL, record.EMPTY, record.REFUSED, record.NEEDS_A_PERSON]
    words = [f"{counts[status]} {status}" for status in order if counts[status]]
    return f"{len(found)} submissions: {', '.join(words)}."
