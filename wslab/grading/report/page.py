"""One page for each student: the points, what to look at first, and every check with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ... import __version__
from ...views.columns import printable, wrap
from .. import kit
from ..check import Status
from ..record import CheckRecord, Record
from . import words
from .document import document, safe

# Only these words may become names of classes in HTML.
_STATES = {status.value for status in Status}


def text(record: Record) -> bytes:
    """The page as plain text of 80 columns, in UTF-8."""
    lines = wrap(f"Feedback for {record.student_id}", words.WIDTH)
    lines += [f"{words.points(record.score, record.max_score)} points", ""]
    lines += _noted(record)
    first = list(beliefs(record.checks))
    if first:
        lines += ["What to look at first", ""]
        for said, look, where in first:
            lines += [
                *_item(f'Perhaps you think: "{said}"', "- "),
                *_item(look, "  "),
                *_item(where, "  "),
                "",
            ]
    for exercise, checks in words.by_exercise(record):
        lines.append(f"{printable(exercise)}  {words.file_of(exercise)}")
        for check, body in _said_once(checks):
            lines += [words.heading(check), *map(printable, body)]
        score, most = words.total(checks)
        lines += [f"{words.points(score, most)} points.", ""]
    lines += wrap(_origin(record), words.WIDTH)
    return ("\n".join(lines) + "\n").encode()


def html(record: Record) -> bytes:
    """The page as HTML that stands alone."""
    score = words.points(record.score, record.max_score)
    parts = [
        f"<h1>Feedback for {safe(record.student_id)}</h1>\n",
        f'<p class="total"><strong>{score}</strong> points</p>\n',
    ]
    note = " ".join(line for line in _noted(record) if line)
    parts += [f"<p>{safe(note)}</p>\n"] if note else []
    parts.append(_first(record))
    parts += [_table(exercise, checks) for exercise, checks in words.by_exercise(record)]
    parts.append(f'<p class="small">{safe(_origin(record))}</p>\n')
    return document(f"Feedback for {record.student_id}", "".join(parts))


def beliefs(checks: Iterable[CheckRecord]) -> Iterator[tuple[str, str, str]]:
    """What the student seems to think, what to look at, and where to read on; each once."""
    for name in dict.fromkeys(check.belief for check in checks if check.belief):
        found = words.belief(name)
        if found:
            lesson = f"Lesson {found.lesson}, {kit.LESSONS.get(found.lesson, '')}"
            yield found.says, found.look, lesson + (f"; RFC §{found.rfc}" if found.rfc else "")


def _noted(record: Record) -> list[str]:
    note = record.note
    if record.score is None and not note:
        note = "There is no mark yet: a person will look at this."
    return [*wrap(note, words.WIDTH), ""] if note else []


def _item(text: str, mark: str) -> list[str]:
    first, *more = wrap(text, words.WIDTH - 4)
    return [f"{mark}{first}", *(f"  {line}" for line in more)]


def _said_once(checks: Iterable[CheckRecord]) -> Iterator[tuple[CheckRecord, tuple[str, ...]]]:
    """A file that cannot be loaded fails every check for one reason: it stands at the first."""
    said = set()
    for check in checks:
        again = check.status == Status.MISSING.value and check.lines in said
        yield check, () if again else check.lines
        said.add(check.lines)


def _origin(record: Record) -> str:
    what = f"Submission {record.submission_hash[:12] or 'without files'}"
    return f"{what}, checked by wslab {__version__}. All questions were random, the same for all."


def _first(record: Record) -> str:
    rows = [
        f"<li>Perhaps you think: “{safe(said)}”<br>{safe(look)}<br><em>{safe(where)}</em></li>\n"
        for said, look, where in beliefs(record.checks)
    ]
    return f"<h2>What to look at first</h2>\n<ul>\n{''.join(rows)}</ul>\n" if rows else ""


def _table(exercise: str, checks: list[CheckRecord]) -> str:
    score, most = words.total(checks)
    rows = "".join(_row(check, body) for check, body in _said_once(checks))
    return (
        f"<h2>{safe(exercise)} <code>{safe(words.file_of(exercise))}</code>: "
        f"{words.points(score, most)} points</h2>\n"
        '<table>\n<thead><tr><th scope="col">State</th><th scope="col">Check</th>'
        '<th scope="col" class="points">Points</th></tr></thead>\n'
        f"<tbody>\n{rows}</tbody>\n</table>\n"
    )


def _row(check: CheckRecord, body: tuple[str, ...]) -> str:
    state = check.status if check.status in _STATES else Status.FAULT.value
    lines = f"<pre>{safe(chr(10).join(body))}</pre>" if body else ""
    return (
        f'<tr><td><span class="state {state}">{safe(words.status_word(check))}</span></td>'
        f"<td>{safe(check.title)} <code>{safe(check.id)}</code>{lines}</td>"
        f'<td class="points">{words.points(check.score, check.points)}</td></tr>\n'
    )
