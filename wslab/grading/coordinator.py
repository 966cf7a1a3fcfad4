"""The graded run: hands submissions to judges, and writes down what comes back.

Several judges work at a time. Whoever ends a judge, or was in its hands when an earlier run ended,
is tried again at the end, when nothing else runs; who does it again needs a person. Whoever may
have lost a point for want of memory, threads or time that others had taken is tried again, too, and
then the mark counts. So nobody's mark depends on who was graded beside them, nor on how many judges
there are.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from queue import Empty, SimpleQueue

from . import record
from .intake import Entry, listing
from .journal import Journal
from .judge_process import Crashed, Judge
from .record import Graded, Record
from .remove import remove
from .task import Task, kit_hash, survey, without_mark

MOST_ALONE = 10
"""So often a run may end while it is at one submission alone: with bad luck, power cuts and kills
from outside hit the same one again and again, and an honest one must not lose its mark by that."""

PATIENCE = 120.0
"""A judge that has given no sign of life for so many seconds never will: see `judge_process`."""


class NotIsolated(Exception):
    """This system cannot keep students' code away from other files, and nobody has allowed that."""


class Coordinator:
    """A run over a folder of submissions into a folder ``out``, which exists."""

    def __init__(
        self,
        submissions: Path,
        out: Path,
        seed: str,
        exercises: Sequence[str],
        *,
        jobs: int = 2,
        allow_unsandboxed: bool = False,
    ) -> None:
        # A judge works in a folder of its own: a path must not depend on where we are.
        submissions, self.out = submissions.absolute(), out.absolute()
        self.exercises = exercises
        self.jobs, self.allow_unsandboxed = jobs, allow_unsandboxed
        kit = kit_hash()
        found, self.passed_over = listing(submissions, exercises)
        self.tasks = [Task(entry, survey(entry), tuple(exercises), seed, kit) for entry in found]
        """What there is to grade, in a fixed order."""

    def run(self, journal: Journal, tell: Callable[[Graded], None]) -> list[Graded]:
        """Grade all that the journal has no mark of, and return all, in the order of the tasks.

        ``tell`` is called for each as soon as it is there. When this ends early, by Ctrl-C or a
        full disk, the journal has what was done, and a new run goes on from there. Raises
        NotIsolated, JournalError, OSError.
        """
        work = self.out / "work"
        remove(work)  # of a run that was killed
        work.mkdir(mode=0o711, exist_ok=True)  # a worker of another user passes through
        log = self.out / "judges.log"
        log.unlink(missing_ok=True)
        try:
            for graded in _Run(self, journal, work).results():
                tell(graded)
        finally:
            remove(work)
            with contextlib.suppress(OSError):
                if log.exists() and not log.stat().st_size:
                    log.unlink()
        done = [journal.done[task.key] for task in self.tasks]
        return _dressed(self.tasks, done)


class _Run:
    """The moving parts of one run."""

    def __init__(self, coordinator: Coordinator, journal: Journal, work: Path) -> None:
        self.coordinator, self.journal, self.work = coordinator, journal, work
        self.finished: SimpleQueue[Graded | BaseException | None] = SimpleQueue()
        self.waiting: SimpleQueue[Task] = SimpleQueue()
        self.again: list[Task] = []
        self.in_hand: set[str] = set()
        self.judges: list[Judge] = []
        self.threads: list[threading.Thread] = []
        self.stopping = threading.Event()

    def results(self) -> Iterator[Graded]:
        """All marks, those of the journal first."""
        count = 0
        for task in self.coordinator.tasks:
            earlier = self.journal.done.get(task.key)
            if earlier and not _was_a_fault(earlier.record):
                yield earlier
            elif task.entry.refusal:
                found = without_mark(task, record.REFUSED, task.entry.refusal)
                yield self._mark(task, found, 0.0)
            elif earlier or self.journal.begun[task.key]:
                self.again.append(task)
            else:
                self.waiting.put(task)
                count += 1
        try:
            yield from self._together(min(self.coordinator.jobs, count))
            yield from self._alone()
        finally:
            self.stopping.set()
            for judge in self.judges:  # all of them first, and only then wait for each
                judge.hang_up()
            for judge in self.judges:
                judge.close()
            for thread in self.threads:  # the journal must not be closed under their hands
                thread.join()
            # We stopped them ourselves, so nothing speaks against them.
            with contextlib.suppress(Exception):
                for key in self.in_hand:
                    self.journal.let_go(key)

    def _judge(self) -> Judge:
        log = self.coordinator.out / "judges.log"
        self.judges.append(Judge(self.work, log, len(self.judges)))
        return self.judges[-1]

    # ------------------------------------------------------------ several at a time

    def _together(self, jobs: int) -> Iterator[Graded]:
        for _ in range(jobs):
            self.threads.append(threading.Thread(target=self._work, args=(self._judge(),)))
            self.threads[-1].start()
        while jobs:
            try:
                # Not for ever: on Windows, nothing interrupts a wait without an end.
                found = self.finished.get(timeout=0.5)
            except Empty:
                continue
            if found is None:
                jobs -= 1
            elif isinstance(found, BaseException):
                raise found
            else:
                yield found

    def _work(self, judge: Judge) -> None:
        """One judge, in a thread of its own, until nothing waits any more."""
        try:
            while not self.stopping.is_set():
                try:
                    task = self.waiting.get_nowait()
                except Empty:
                    break
                self._start_isolated(judge)
                if self.stopping.is_set():
                    break
                graded = self._grade(judge, task)
                if graded and not self.stopping.is_set():
                    self.finished.put(graded)
                elif not self.stopping.is_set():
                    self.again.append(task)
            judge.close()
        except BaseException as error:
            self.finished.put(error)
        self.finished.put(None)

    def _start_isolated(self, judge: Judge) -> None:
        try:
            judge.start(PATIENCE)
        except Crashed:
            raise OSError(0, f"A judge could not be started; see {judge.log}.") from None
        if not judge.isolated and not self.coordinator.allow_unsandboxed:
            raise NotIsolated

    def _grade(self, judge: Judge, task: Task, alone: bool = False) -> Graded | None:
        """The mark; None if it has to be tried alone."""
        self.in_hand.add(task.key)
        self.journal.start(task.key, alone)
        try:
            answer = judge.ask(task, PATIENCE)
        except Crashed:
            if self.stopping.is_set():
                return None  # we did that; it is let go
            self.in_hand.discard(task.key)
            if not alone:
                return None
            why = "It has ended the judge twice, the second time when nothing else was running."
            return self._mark(task, without_mark(task, record.NEEDS_A_PERSON, why), 0.0)
        found = Record.from_json(answer["record"])
        if not alone and (found.status == record.NEEDS_A_PERSON or answer["doubtful"]):
            self.in_hand.discard(task.key)
            return None  # our fault, or a neighbour's, and perhaps only that of a moment
        graded = self._mark(task, found, answer["seconds"])
        self.in_hand.discard(task.key)
        return graded

    # ------------------------------------------------------------ one after the other

    def _alone(self) -> Iterator[Graded]:
        place = {task.key: number for number, task in enumerate(self.coordinator.tasks)}
        # Those that have seen a run end come last, so that it costs nobody else anything.
        self.again.sort(key=lambda task: (self.journal.alone[task.key], place[task.key]))
        judge = self._judge()
        for task in self.again:
            if self.journal.alone[task.key] >= MOST_ALONE:
                why = f"The run has ended {MOST_ALONE} times while it was at this one alone."
                yield self._mark(task, without_mark(task, record.NEEDS_A_PERSON, why), 0.0)
                continue
            self._start_isolated(judge)
            graded = self._grade(judge, task, alone=True)
            if graded:
                yield graded

    def _mark(self, task: Task, found: Record, seconds: float) -> Graded:
        graded = Graded(found, _now(), seconds)
        self.journal.mark(task.key, graded)
        return graded


def _was_a_fault(found: Record) -> bool:
    """The grader itself failed, as on a full disk: that may be mended by now."""
    return found.status == record.NEEDS_A_PERSON and bool(found.checks)


def _now() -> str:
    return datetime.fromtimestamp(time.time(), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _dressed(tasks: Sequence[Task], done: Sequence[Graded]) -> list[Graded]:
    """With what depends on the neighbours: ids, and who has handed in the very same thing."""
    first: dict[str, Entry] = {}
    result = []
    for task, graded in zip(tasks, done, strict=True):
        flags = (*task.entry.flags, *graded.record.flags)
        if graded.record.texts_hash:
            other = first.setdefault(graded.record.texts_hash, task.entry)
            if other is not task.entry:
                flags = (*flags, f"the very same files as '{other.folder}'")
        dressed = replace(graded.record, student_id=task.entry.student_id, flags=flags)
        result.append(replace(graded, record=dressed))
    return result


def with_earlier(
    journal: Journal, graded: Sequence[Graded], exercises: Sequence[str]
) -> list[Graded]:
    """Also what earlier runs into this folder have found about other exercises.

    So the table of the course grows week by week. Whoever has handed in nothing this time keeps a
    row; of each exercise the latest mark counts.
    """
    earlier: dict[str, dict[str, Record]] = {}
    for one in sorted(journal.done.values(), key=lambda one: one.at):
        for key in {check.exercise for check in one.record.checks}.difference(exercises):
            earlier.setdefault(one.record.student_id, {})[key] = one.record
    result = []
    for one in graded:
        others = earlier.pop(one.record.student_id, {})
        result.append(replace(one, record=_joined(one.record, others)))
    for others in earlier.values():
        last = max(others)
        record = replace(
            others[last], checks=(), score=0, max_score=0, flags=("not handed in now",)
        )
        record = replace(record, flags=("not handed in now",))
        result.append(Graded(_joined(record, others), ""))
    return result


def _joined(record: Record, others: dict[str, Record]) -> Record:
    """A record with the checks of other exercises, from other records of the same student."""
    for key, other in sorted(others.items()):
        checks = [check for check in other.checks if check.exercise == key]
        scores = [check.score for check in checks]
        unmarked = None in scores
        record = replace(
            record,
            checks=tuple(sorted([*record.checks, *checks], key=lambda check: check.exercise)),
            max_score=record.max_score + sum(check.points for check in checks),
            score=None
            if unmarked or record.score is None
            else record.score + sum(filter(None, scores)),
            status=other.status if unmarked else record.status,
            flags=(*record.flags, f"{key} is from an earlier run"),
            note=f"{record.note} {key}: {other.note}".strip() if unmarked else record.note,
        )
    return record
