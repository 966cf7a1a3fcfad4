"""What the student reads: what was asked, what came, what was due, the belief, where to read on.

At most ten lines of 80 columns for each check. It helps to think, and never gives the answer away:
what was due is shown for one question only, and a belief comes with something to look at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..views.columns import columns, pad, printable, shorten, wrap
from . import kit
from .answers import Answer, Kind
from .check import Outcome, Status
from .difference import difference, fit, show
from .judge import Verdict
from .student import Trial

WIDTH = 80
MOST_LINES = 10
MOST_BELOW = MOST_LINES - 1  # below the heading
SHORT = 60
MOST_PRINTED = 6

WORDS = {
    Status.PASSED: "ok",
    Status.FAILED: "not yet",
    Status.MISSING: "to do",
    Status.WAITING: "waits",
    Status.FAULT: "grader",
}

_INDENT = "  "
_LABEL = 12


def report(verdict: Verdict) -> str:
    """All checks of an exercise, and the points."""
    lines = [f"{verdict.exercise}  {kit.FILES[verdict.exercise]}.py"]
    if alone := _one_trouble(verdict.outcomes):
        rows = [row for sentence in alone.split("\n") for row in _wrapped("", sentence)]
        return "\n".join([*lines, *rows, f"0 of {verdict.most} points as long as that is so."])
    bodies = [explain(outcome) for outcome in verdict.outcomes]
    shown: list[list[str]] = []
    for outcome, body, below in zip(verdict.outcomes, bodies, [*bodies[1:], []], strict=True):
        lines.append(heading(outcome))
        # Neighbours that fail or wait in the same way: said once, below the last of them. And a
        # file that cannot be loaded fails every check: said once at all.
        if body != below and (body not in shown or outcome.status is Status.WAITING):
            lines += body
            shown.append(body)
    lines += _wrapped("", borrowed(verdict)) if verdict.borrowed else []
    if any(outcome.status is not Status.MISSING for outcome in verdict.outcomes):
        for one in verdict.skipped[:MOST_PRINTED]:
            lines += _wrapped("Not run:", one)
    lines.append(f"{verdict.score} of {verdict.most} points.")
    return "\n".join(lines)


def _one_trouble(outcomes: Sequence[Outcome]) -> str:
    """What keeps all checks from asking anything, such as a syntax error: it is said alone."""
    asking = [outcome for outcome in outcomes if outcome.status is not Status.WAITING]
    notes = {outcome.note for outcome in asking if outcome.status is Status.MISSING}
    whole = len(asking) > 1 and len(notes) == 1
    return notes.pop() if whole and all(o.status is Status.MISSING for o in asking) else ""


def borrowed(verdict: Verdict) -> str:
    """A sentence on what wslab has stepped in with; "" for nothing."""
    names = ", ".join(verdict.borrowed)
    return f"Not yours, but lent by wslab: {names}." if names else ""


def printed(verdict: Verdict) -> list[str]:
    """What the code printed while it was asked, as far as it fits: a print() helps to think."""
    lines = verdict.printed.strip().split("\n")
    if not lines[0]:
        return []
    more = [f"... and {len(lines) - MOST_PRINTED} more lines"] if len(lines) > MOST_PRINTED else []
    shown = [f"{_INDENT}{fit(line, WIDTH - len(_INDENT))}" for line in lines[:MOST_PRINTED] + more]
    return [f"Printed by {kit.FILES[verdict.exercise]}.py:", *shown]


def heading(outcome: Outcome) -> str:
    """One line: how it came out, what was checked, the points."""
    check = outcome.check
    points = f"{outcome.score} of {check.points}"
    end = f"{check.id}  {points}"
    title = f"{WORDS[outcome.status]:8} {shorten(check.title, WIDTH - 10 - columns(end))}"
    return pad(title, WIDTH - columns(end)) + end


def explain(outcome: Outcome) -> list[str]:
    """The lines below the heading; none for a check that passed."""
    if outcome.status is Status.PASSED:
        return []
    lines = [
        line for sentence in outcome.note.split("\n") if sentence for line in _wrapped("", sentence)
    ]
    if outcome.status in (Status.WAITING, Status.FAULT):
        return lines[:MOST_BELOW]
    if outcome.status is Status.FAILED and outcome.trial:
        lines += _answer(outcome.trial, outcome)
    lines = lines[: MOST_BELOW - 1]
    lines += _belief(outcome)
    lines.append(_where(outcome))
    if outcome.status is Status.FAILED and outcome.trial:
        room = max(1, MOST_BELOW - len(lines))
        lines[:0] = _wrapped("Asked:", question(outcome.trial), most=min(2, room))
    # The last line says where to read on: it stays, whatever has to go.
    return [*lines[:-1][: MOST_BELOW - 1], lines[-1]]


def _answer(trial: Trial, outcome: Outcome) -> Iterator[str]:
    """What came, and what was due."""
    answer, due = trial.answer, trial.due
    if answer.kind is Kind.RETURNED and due.kind is Kind.RETURNED and not trial.fault:
        came, wanted = answer.value, due.value
        labels = ["Came:", "Due:"]
        if came == wanted:  # then what was sent, or taken, is different
            came, wanted = answer.seen[-1], due.seen[-1]
            labels = ["Read:", "Due:"] if isinstance(came, int) else ["Sent:", "Due:"]
            if isinstance(came, int):  # the value is right; how much was read for it is not
                came, wanted = Bytes(came), Bytes(wanted)
        found = difference(came, wanted, WIDTH - len(_INDENT) - _LABEL)
        yield _row(labels[0], found.came)
        yield _row(labels[1], found.due)
        if found.mark:
            yield _row("", found.mark)
    else:
        room = 1 if outcome.beliefs else 2
        came = _in_words(answer, outcome.source_line)
        if answer.kind is Kind.RETURNED and due.kind is Kind.RAISED:
            came += " (returned; an error has to be raised)"
        yield from _wrapped("Came:", came, most=room)
        if not trial.fault or answer.kind is not Kind.RETURNED:
            yield from _wrapped("Due:", _due(trial), most=1)
    if trial.because:
        yield from _wrapped("Why:", trial.because, most=2)


class Bytes(int):
    """A number of bytes, as people read it."""

    def __repr__(self) -> str:
        return f"{int(self)} bytes of the stream"


def _belief(outcome: Outcome) -> Iterator[str]:
    if outcome.beliefs:
        first = outcome.beliefs[0]
        yield from _wrapped("Perhaps:", f'you think: "{first.says}"', most=2)
        yield from _wrapped("Look:", first.look, most=2)
    elif outcome.status is Status.FAILED and outcome.wrong:
        yield _row("", f"{outcome.wrong} of {outcome.asked} answers of this check are not right.")


def question(trial: Trial) -> str:
    """The call, as one would write it; what a scripted function does stands behind it."""
    words, notes = [], []
    room = SHORT if len(trial.args) + len(trial.kwargs) > 1 else 2 * SHORT - len(trial.function)
    for arg in trial.args:
        if hasattr(arg, "play"):
            words.append("sock" if type(arg).__name__ == "Socket" else type(arg).__name__.lower())
            notes.append(fit(str(arg), SHORT + 20))
        else:
            words.append(_short(arg, room))
    words += [f"{name}={_short(value, room)}" for name, value in trial.kwargs.items()]
    call = f"{trial.function}({', '.join(words)})"
    return f"{call}, where {' and '.join(notes)}" if notes else call


def _short(value: object, room: int) -> str:
    """A value in so many columns; of a long one, its start and its length."""
    text = show(value)
    if len(text) <= room and columns(text) <= room:
        return text
    if isinstance(value, bytes):
        end = next(n for n in range(room, -1, -1) if len(repr(value[:n])) <= room - 18)
        return f"{value[:end]!r}...({len(value)} bytes)"
    return fit(text, room)


def _in_words(answer: Answer, line: str) -> str:
    if answer.kind is Kind.RETURNED:
        return show(answer.value)
    if answer.kind is Kind.RAISED:
        text = f"{answer.errors[0]}: {answer.text}" if answer.text else answer.errors[0]
        # The line comes first: a long text is cut at its end.
        return f"in {answer.place}, {text}" + f"  <- {line}" * bool(line) if answer.line else text
    return f"it {answer.kind.value}" + (f": {answer.text}" if answer.text else "")


def _due(trial: Trial) -> str:
    if trial.fault:
        return "a value that fits the docstring, and no error"
    if trial.due.kind is Kind.RETURNED and trial.due.value is None:
        return "no value (None), and no error"
    if trial.due.kind is Kind.RAISED:
        name = trial.due.errors[0]
        return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"
    return show(trial.due.value)


def _where(outcome: Outcome) -> str:
    belief = outcome.beliefs[0] if outcome.beliefs else None
    lesson = (belief and belief.lesson) or outcome.check.lesson
    rfc = (belief and belief.rfc) or outcome.check.rfc
    text = f"lesson {lesson}, {kit.LESSONS.get(lesson, '')}"
    return _row("Read on:", text + (f"; RFC §{rfc}" if rfc else ""))


def _row(label: str, text: str) -> str:
    width = WIDTH - len(_INDENT) - _LABEL
    text = printable(text)
    text = text if columns(text) <= width else shorten(text, width)
    return f"{_INDENT}{label:{_LABEL}}{text}".rstrip()


def _wrapped(label: str, text: str, most: int = 3) -> Iterator[str]:
    """The text beside its label, on at most so many lines; without a label over the whole width."""
    width = WIDTH - len(_INDENT) - (_LABEL if label else 0)
    rows = wrap(text[: 6 * WIDTH], width)
    if len(rows) > most:
        rows = [*rows[: most - 1], shorten(" ".join(rows[most - 1 :]), width)]
    for number, row in enumerate(rows):
        yield _row(label if not number else "", row) if label else f"{_INDENT}{row}"
