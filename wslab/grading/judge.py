"""Runs the checks of an exercise on a submission. It asks, compares and counts.

Whatever the student's code does is an outcome of one check. Whatever goes wrong on our side is one
too, of another kind: `FAULT`, which gives no mark and asks for a person.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from . import kit
from .allowance import MEASURES, Budget
from .answers import Answer, Complaint, Kind, tells_of_shortage
from .beliefs import Belief, explaining
from .check import Check, Outcome, Status
from .execute import CELL, PYTHON
from .limits import GRADED, Limits
from .sandbox import common
from .session import Lent, Session
from .student import Student, Trial
from .submission import Submission


@dataclass(frozen=True)
class Verdict:
    """All outcomes of one exercise."""

    exercise: str
    outcomes: tuple[Outcome, ...]
    layers: tuple[str, ...] = ()
    """What kept the student's code apart from the rest of the machine, each time that it ran."""
    printed: str = ""
    """The beginning of what the code printed."""
    borrowed: tuple[str, ...] = ()
    """The functions of wslab that stepped in for the student's own."""
    skipped: tuple[str, ...] = ()
    """What of the file wasn't run, and why: cells that failed, imports of what isn't there."""
    strain: int = 0
    """So often the code ended or hung, more or less in seconds: see `Session.strain`."""

    @property
    def score(self) -> int:
        """The points that were reached."""
        return sum(outcome.score for outcome in self.outcomes)

    @property
    def most(self) -> int:
        """The points that can be reached."""
        return sum(outcome.check.points for outcome in self.outcomes)


def judge(
    submission: Submission,
    exercise: str,
    seed: str,
    *,
    limits: Limits = GRADED,
    only_public: bool = False,
    budget: Budget | None = None,
    checks: Sequence[Check] | None = None,
    beliefs: Sequence[Belief] | None = None,
    lent: Lent | None = None,
) -> Verdict:
    """Judge one exercise. ``budget`` is what the submission has left of its time.

    ``lent`` is for those who judge several files of a submission: see `session`. ``checks`` and
    ``beliefs`` are the kit's own unless given; those that others need come first.
    """
    if checks is None:
        checks = kit.checks(exercise)
    if beliefs is None:
        beliefs = kit.beliefs(exercise)
    checks = [check for check in checks if check.public or not only_public]
    name = kit.FILES[exercise]
    if name not in submission.texts:
        note = submission.problems.get(name, f"There is no {name}.py.")
        return Verdict(exercise, tuple(Outcome(c, Status.MISSING, note=note) for c in checks))
    companions = kit.companions(exercise)
    with Session(submission.texts, name, limits, companions, lent, budget) as session:
        outcomes: list[Outcome] = []
        for check in checks:
            passed = {o.check.name for o in outcomes if o.status is Status.PASSED}
            waits = [need for need in check.needs if need not in passed]
            if waits:
                outcomes.append(_waiting(check, waits, checks))
            else:
                outcomes.append(run(check, session, seed, beliefs))
    return Verdict(
        exercise, tuple(outcomes), common(session.runs), session.printed,
        tuple(sorted(session.program.borrowed)), _skipped(session), session.strain,
    )  # fmt: skip


def _skipped(session: Session) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*session.skipped, *session.program.skipped]))


def run(check: Check, session: Session, seed: str, beliefs: Iterable[Belief]) -> Outcome:
    """One check on one file."""
    student = Student(session, f"{seed}:{check.id}")
    try:
        try:
            check.run(student)
        except Complaint as complaint:
            student.claim(False, str(complaint))
        outcome = _outcome(check, student, beliefs)
        return replace(outcome, doubtful=not outcome.score and _doubtful(student))
    except Exception as error:
        # Ours, never the student's: what they do is in the answers.
        note = f"The grader failed here, not you: {type(error).__name__}: {error}"
        return Outcome(check, Status.FAULT, note=note)


def _outcome(check: Check, student: Student, beliefs: Iterable[Belief]) -> Outcome:
    trials = student.trials
    wrong = [trial for trial in trials if not trial.right]
    if not trials and not student.complaints and not student.claims:
        return Outcome(check, Status.FAULT, note="The check asked nothing.")
    if not wrong and not student.complaints:
        return Outcome(check, Status.PASSED, asked=len(trials))
    note = "\n".join(student.complaints)
    source = student.session.sources.get(student.session.file, "").replace(CELL, "\n")
    if not wrong:
        begin = _unwritten_part(student.session.file, note)
        status = Status.MISSING if begin else Status.FAILED
        behind = tuple(one for one in beliefs if one.is_behind(student.complaints, source))
        return Outcome(check, status, beliefs=() if begin else behind, note=begin or note)
    shown = _telling(wrong)
    unwritten = _unwritten(student.session, shown)
    return Outcome(
        check,
        Status.MISSING if unwritten else Status.FAILED,
        shown,
        beliefs=() if unwritten else explaining(beliefs, trials, source),
        note=unwritten or "\n".join(filter(None, [note, _cause(student.session, shown.answer)])),
        wrong=_count(wrong),
        asked=_count(trials),
        source_line=_source_line(student.session, shown.answer),
    )


def _doubtful(student: Student) -> bool:
    """Whether it may have failed for a reason that lies with its neighbours on the machine."""
    answers = [trial.answer for trial in student.trials]
    if not MEASURES and (student.complaints or any(one.kind is Kind.LATE for one in answers)):
        return True  # by the wall clock, and the others have used some of that
    told = [" ".join((*one.errors[:1], one.text)) for one in answers]
    return tells_of_shortage("\n".join([*told, *student.complaints, student.session.program.said]))


def _count(trials: Iterable[Trial]) -> int:
    """Those that were really asked: after an answer that never came, the others are not."""
    return sum(trial.answer.kind is not Kind.SKIPPED for trial in trials)


def _telling(wrong: Sequence[Trial]) -> Trial:
    """The wrong answer to show: the shortest question, since it is the easiest to think about."""
    asked = [trial for trial in wrong if trial.answer.kind is not Kind.SKIPPED] or wrong
    return min(asked, key=lambda trial: sum(len(repr(arg)) for arg in trial.args))


def _waiting(check: Check, waits: Sequence[str], checks: Iterable[Check]) -> Outcome:
    titles = {other.name: other.title for other in checks}
    names = " and ".join(f'"{titles.get(need, need)}"' for need in waits)
    first = "passes: that one first" if len(waits) == 1 else "pass: those first"
    return Outcome(check, Status.WAITING, note=f"Counts as soon as {names} {first}.")


def _unwritten(session: Session, trial: Trial) -> str:
    """What to do next, if the function is not there or does not do anything yet."""
    answer, name = trial.answer, trial.function
    trouble = session.load()
    if trouble and trouble.kind is not Kind.SKIPPED:
        return _not_loaded(session, trouble)
    if answer.kind is Kind.MISSING:
        near = difflib.get_close_matches(name, sorted(session.names()), 1, 0.6)
        hint = f" Is it {near[0]!a}? Then give it that name." if near else ""
        text = session.sources.get(session.file, "")
        if found := re.search(rf"^[ \t]+def {name}\b", text, re.MULTILINE):
            line = text[: found.start()].rpartition(CELL)[2].count("\n") + 1
            hint = f" Line {line} begins with spaces, so it is a part of what stands above it."
        hint += f"\nNot run: {session.skipped[0]}" if session.skipped else ""
        return f"There is no function {name} in {_source(session)}.{hint}"
    if "NotImplementedError" in answer.errors:
        # It may be another one, that this one calls.
        other, colon, hint = answer.text.partition(": ")
        name, hint = (other, hint) if colon and other.isidentifier() else (name, answer.text)
        begin = f"\nTo begin with: {_sentence(hint)}" if hint else ""
        return f"{name} is still to be written, in {_source(session)}.{begin}"
    return ""


def _unwritten_part(file: str, note: str) -> str:
    """The same for a program: its last words are those of a function that is not written yet."""
    _, found, words = note.partition("NotImplementedError: ")
    # The rest of the line, without what another thread may have begun to print behind it.
    name, colon, hint = words.partition("\n")[0].strip().partition(": ")
    if not (found and colon):
        return ""
    return f"{name} is still to be written, in {file}.py.\nTo begin with: {_sentence(hint)}"


def _sentence(hint: str) -> str:
    return hint if hint.endswith("?") else f"{hint}."


def _not_loaded(session: Session, trouble: Answer) -> str:
    file = _source(session)
    if trouble.kind is Kind.RAISED:
        where = f", {trouble.place}" if trouble.place else ""
        if trouble.errors[0] == "SyntaxError":
            where += f" (read by {PYTHON}; a newer one may know more)"
        line = _source_line(session, trouble)
        shown = f"\n    {line}" if line else ""
        return f"{file} cannot be loaded: {trouble.errors[0]}: {trouble.text}{where}.{shown}"
    if trouble.kind is Kind.LATE:
        why = trouble.text[:1].upper() + trouble.text[1:]
        return f"{file} cannot be loaded: it does not come to its end. {why}"
    return f"{file} cannot be loaded: it {trouble.kind.value}. {trouble.text}".strip()


def _source(session: Session) -> str:
    """What to call the file that was handed in."""
    notebook = session.sources.get(session.file, "").startswith(CELL)
    return "the notebook" if notebook else f"{session.file}.py"


def _cause(session: Session, answer: Answer) -> str:
    """Why a name isn't there: what would have made it wasn't run."""
    missed = session.skipped if "NameError" in answer.errors else ()
    return f"Not run: {missed[0]}" if missed else ""


def _source_line(session: Session, answer: Answer) -> str:
    """The line of the student's file that an error came from."""
    name, _, cell = answer.file.partition(".ipynb, cell ")
    text = session.sources.get(name.removesuffix(".py").replace("/", "."), "")
    cells = text.split(CELL)
    if cell:
        text = cells[int(cell)] if cell.isdecimal() and int(cell) < len(cells) else ""
    lines = text.split("\n")
    return lines[answer.line - 1].strip() if 0 < answer.line <= len(lines) else ""
