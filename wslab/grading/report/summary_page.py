"""The summary as a page and as text. It names nobody, so it can be shown in class."""

from __future__ import annotations

from base64 import b64encode

from ... import __version__
from ...views.columns import printable, wrap
from ...views.picture import Picture
from .. import kit
from . import summary_plots
from .document import document, safe
from .summary import Summary
from .words import WIDTH

TITLE = "The class at a glance"
POINTS, CHECKS, BELIEFS = "Points", "Check by check", "What the class still believes"

Pictures = list[tuple[str, Picture]]
"""Each with its title; `pictures` draws them once for both pages."""


def html(summary: Summary, drawn: Pictures) -> bytes:
    """The page; without matplotlib it has tables in place of pictures."""
    parts = [f"<h1>{TITLE}</h1>\n", *(f"<p>{safe(line)}</p>\n" for line in _told(summary))]
    for title, one in drawn:
        parts.append(f"<h2>{safe(title)}</h2>\n{_picture_html(one)}")
        if title == BELIEFS:
            parts.append(_beliefs_html(summary))
    parts.append(f'<p class="small">{safe(_walls(summary))}</p>\n')
    return document(TITLE, "".join(parts))


def text(summary: Summary, drawn: Pictures) -> bytes:
    """The same facts in 80 columns."""
    lines = [TITLE, ""]
    for line in _told(summary):
        lines += wrap(line, WIDTH)
    lines.append("")
    for _, one in drawn:
        lines += [one.twin, ""]
    for belief in summary.beliefs:
        says = f'{belief.name}: "{belief.says}"' if belief.says else belief.name
        lines += wrap(f"{says}{_lesson(belief.lesson)}", WIDTH)
    lines += [""] * bool(summary.beliefs) + wrap(_walls(summary), WIDTH)
    return ("\n".join(lines) + "\n").encode()


def pictures(summary: Summary) -> Pictures:
    """The pictures under their titles; none of what there is nothing of."""
    found = []
    if summary.scores:
        found.append((POINTS, summary_plots.distribution(summary)))
    if summary.checks:
        found.append((CHECKS, summary_plots.by_check(summary)))
    if summary.beliefs:
        found.append((BELIEFS, summary_plots.by_belief(summary)))
    return found


def _told(summary: Summary) -> list[str]:
    states = ", ".join(f"{count} {printable(name)}" for name, count in summary.statuses.items())
    lines = [f"{summary.submissions} submissions: {states or 'none'}."]
    if summary.scores:
        mean = sum(summary.scores) / len(summary.scores)
        lines.append(
            f"Of {summary.most} points: mean {mean:.1f}, median {summary.at(50)}, the middle half "
            f"{summary.at(25)} to {summary.at(75)}, lowest {summary.scores[0]}, highest "
            f"{summary.scores[-1]}."
        )
    without = summary.submissions - len(summary.scores)
    if without:
        lines.append(
            f"{without} without a mark: see their rows in grades.csv. They are not in the numbers."
        )
    return lines


def _walls(summary: Summary) -> str:
    walls = "; ".join(f"{count} × {name}" for name, count in summary.isolation.items())
    return f"wslab {__version__}. Around the students' code: {walls or 'nothing was run'}."


def _lesson(number: str) -> str:
    return f" (lesson {number}, {kit.LESSONS.get(number, '')})" if number else ""


def _beliefs_html(summary: Summary) -> str:
    items = "".join(
        f"<li><code>{safe(one.name)}</code>, {one.students}: {safe(one.says)}"
        f"{safe(_lesson(one.lesson))}</li>\n"
        for one in summary.beliefs
    )
    return f"<ul>\n{items}</ul>\n"


def _picture_html(one: Picture) -> str:
    twin = f"<pre>{safe(one.twin)}</pre>\n"
    if one.figure is None:
        return twin
    data = b64encode(one.png()).decode()
    image = f'<p><img src="data:image/png;base64,{data}" alt="{safe(one.alt)}"></p>\n'
    return f"{image}<details><summary>The same as text</summary>{twin}</details>\n"
