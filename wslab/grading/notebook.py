"""``wslab.check("ex03")`` in a notebook: the same checks, as a table.

In the manner of `wslab.views.html`: inline styles and nothing else, and each fact is text, so that
a viewer that drops the styles still shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..views.html import INK
from . import feedback, kit
from .check import Outcome, Status
from .judge import Verdict

_COLORS = {
    Status.PASSED: "#5FCBA8",
    Status.FAILED: "#F29256",
    Status.MISSING: "#F0E442",
    Status.WAITING: "#BFC5D6",
    Status.FAULT: "#DDA1C4",
}
_CELL = "text-align:left;vertical-align:top;padding:2px 8px"
_TABLE = "border-collapse:separate;border-spacing:1px;border:none;margin:4px 0;font-size:1em"
_PRE = "margin:0;background:none;color:inherit;white-space:pre;font-size:0.95em;line-height:1.3"


class Report:
    """What came of some exercises. Its text is `feedback`'s, its HTML one table an exercise."""

    def __init__(self, verdicts: Sequence[Verdict], note: str) -> None:
        self.verdicts, self.note = tuple(verdicts), note

    @property
    def passed(self) -> bool:
        """Whether nothing is left to do."""
        return all(verdict.score == verdict.most for verdict in self.verdicts)

    def __repr__(self) -> str:
        parts = []
        for verdict in self.verdicts:
            parts.append("\n".join([feedback.report(verdict), *feedback.printed(verdict)]))
        return "\n\n".join([*parts, self.note])

    def _repr_html_(self) -> str:
        tables = "".join(map(verdict_html, self.verdicts))
        return f"<div>{tables}<p>{escape(self.note)}</p></div>"


def verdict_html(verdict: Verdict) -> str:
    """One exercise: a row for each check, and what there is to say about it below its title."""
    head = "".join(_head("col", name) for name in ("", "check", "points"))
    rows = "".join(map(_row, verdict.outcomes))
    end = f"{_head('row', '')}<td style='{_CELL}'>{kit.FILES[verdict.exercise]}.py</td>"
    end += f"<td style='{_CELL}'><b>{verdict.score} of {verdict.most}</b></td>"
    return (
        f'<table style="{_TABLE}"><thead><tr>{head}</tr></thead>\n'
        f'<tbody>{rows}<tr style="background:none">{end}</tr></tbody></table>\n{_printed(verdict)}'
    )


def _printed(verdict: Verdict) -> str:
    lines = [line for line in (feedback.borrowed(verdict), *feedback.printed(verdict)) if line]
    return f'<pre style="{_PRE}">{escape(chr(10).join(lines))}</pre>\n' if lines else ""


def _row(outcome: Outcome) -> str:
    style = f"background:{_COLORS[outcome.status]};color:{INK};{_CELL};white-space:nowrap"
    word = f'<th scope="row" style="{style}">{feedback.WORDS[outcome.status]}</th>'
    body = "\n".join(feedback.explain(outcome))
    more = f'<pre style="{_PRE}">{escape(body)}</pre>' if body else ""
    what = f'<td style="{_CELL}"><b>{escape(outcome.check.title)}</b>{more}</td>'
    points = (
        f'<td style="{_CELL};white-space:nowrap">{outcome.score} of {outcome.check.points}</td>'
    )
    return f'<tr style="background:none">{word} {what} {points}</tr>\n'


def _head(scope: str, text: str) -> str:
    return f'<th scope="{scope}" style="{_CELL}">{text}</th>'
