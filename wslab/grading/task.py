"""One submission from its files to its record: what the judge's process does, again and again."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from . import feedback, intake, kit, record
from .allowance import Budget
from .check import Outcome, Status
from .intake import Entry
from .judge import Verdict, judge
from .limits import GRADED, Limits
from .record import CheckRecord, Record
from .sandbox import common, file_isolation
from .session import Lent
from .unpack import Opened, unpack


@dataclass(frozen=True)
class Task:
    """A submission to be graded."""

    entry: Entry
    submission_hash: str
    """What the coordinator has seen; if the judge sees something else, it has changed."""
    exercises: tuple[str, ...]
    seed: str
    kit_hash: str

    @property
    def key(self) -> str:
        """Under which the mark stands in the journal. Two tasks with the same one are the same."""
        words = (self.entry.folder, self.submission_hash, *self.exercises, self.seed, self.kit_hash)
        return _hash("\0".join(words))

    def to_json(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Task:
        """From what `to_json` made of it."""
        entry = Entry.from_json(data["entry"])
        return cls(**{**data, "entry": entry, "exercises": tuple(data["exercises"])})


def survey(entry: Entry) -> str:
    """The hash of all that counts in a submission; "" if it is not opened at all."""
    return "" if entry.refusal else intake.digest(*intake.files(entry))


def grade(task: Task, limits: Limits = GRADED) -> Record:
    """Grade a submission. Raises nothing that the student's files could cause."""
    return graded(task, limits)[0]


def graded(task: Task, limits: Limits = GRADED) -> tuple[Record, bool]:
    """The same, and whether the machine may be to blame for a lost point: then ask again, alone."""
    budget = Budget(limits.total)
    files, chosen = intake.files(task.entry, limits)
    if intake.digest(files, chosen) != task.submission_hash:
        why = "It changed while it was being graded: run the same command again."
        return without_mark(task, record.NEEDS_A_PERSON, why), False
    unread = intake.unread(files, chosen)
    if unread:
        return without_mark(task, record.NEEDS_A_PERSON, unread, chosen.flags), False
    opened = unpack(files, chosen, limits)
    if opened.refusal:
        return without_mark(task, record.REFUSED, opened.refusal, opened.flags), False
    verdicts: list[Verdict] = []
    with Lent() as lent:
        for exercise in task.exercises:
            if sum(verdict.strain for verdict in verdicts) > limits.strain:
                budget.left = 0
            verdicts.append(judge(
                opened.submission, exercise, task.seed,
                limits=limits, budget=budget, lent=lent,
            ))  # fmt: skip
    for verdict in verdicts:
        opened.flags += [f"not run in {verdict.exercise}: {one}" for one in verdict.skipped]
    if budget.left <= 0:
        opened.flags.append("ended or hung so often that not all was asked")
    doubtful = any(outcome.doubtful for verdict in verdicts for outcome in verdict.outcomes)
    return _record(task, opened, verdicts), doubtful


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def without_mark(task: Task, status: str, note: str, flags: Sequence[str] = ()) -> Record:
    """A record that says why there is no mark."""
    most = sum(check.points for key in task.exercises for check in kit.checks(key))
    return replace(_blank(task, most), status=status, note=note, flags=tuple(flags))


def _blank(task: Task, most: int) -> Record:
    return Record(
        task.entry.student_id, task.entry.folder, record.NEEDS_A_PERSON, None, most,
        submission_hash=task.submission_hash, kit_hash=task.kit_hash,
        seed_hash=_hash(task.seed)[:16],
    )  # fmt: skip


def _record(task: Task, opened: Opened, verdicts: Sequence[Verdict]) -> Record:
    unread = {key for key in task.exercises if kit.FILES[key] in opened.submission.unread}
    checks = tuple(
        _check_record(outcome, verdict.exercise in unread)
        for verdict in verdicts
        for outcome in verdict.outcomes
    )
    layers = common([verdict.layers for verdict in verdicts if verdict.layers])
    wanted = [kit.FILES[key] for key in task.exercises]
    absent = [name for name in wanted if name not in opened.submission.texts]
    status = record.GRADED
    notes = []
    if absent:
        status = record.EMPTY if absent == wanted else record.PARTIAL
        status = record.REFUSED if unread else status
        notes = [opened.submission.reasons(absent)]
    scores = [one.score for one in checks]
    texts = [opened.submission.texts.get(name) for name in wanted]
    if any(outcome.status is Status.FAULT for one in verdicts for outcome in one.outcomes):
        status = record.NEEDS_A_PERSON
        notes.insert(0, "The grader itself failed in a check: see there.")
    flags = list(opened.flags)
    if layers and not file_isolation(layers):
        flags.append("not kept away from other files")
    return replace(
        _blank(task, sum(one.points for one in checks)),
        status=status,
        score=None if None in scores else sum(score or 0 for score in scores),
        flags=tuple(flags),
        isolation="; ".join(layers),
        texts_hash=_hash(repr(texts)) if any(texts) else "",
        checks=checks,
        note=" ".join(notes),
    )


def _check_record(outcome: Outcome, unread: bool) -> CheckRecord:
    check = outcome.check
    failed = outcome.status is Status.FAULT or unread
    belief = f"{check.exercise}.{outcome.beliefs[0].name}" if outcome.beliefs else ""
    status = Status.FAULT if unread else outcome.status
    return CheckRecord(
        check.id, check.exercise, check.title, check.points,
        None if failed else outcome.score,
        status.value, belief, tuple(feedback.explain(outcome)),
    )  # fmt: skip


@cache
def kit_hash() -> str:
    """The same as long as the checks are the same, and all that could change a mark."""
    total = hashlib.sha256(f"{sys.platform} {sys.version_info[:2]}".encode())
    root = kit.root()
    # Of exercises/ only what is given there: somebody may have tried out something beside it.
    paths = [root / "exercises" / name for name in kit.GIVEN]
    paths += sorted((root / "tests" / "exercises" / "starters").glob("*.txt"))
    for folder in ("wslab", "tests/exercises"):
        paths += sorted((root / folder).rglob("*.py"))
    for path in filter(Path.is_file, paths):
        data = path.read_bytes()
        total.update(f"\n{path.relative_to(root).as_posix()} {len(data)}\n".encode() + data)
    return total.hexdigest()[:16]
