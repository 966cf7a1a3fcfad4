"""The pictures of the summary; each has its alt text, and its twin in plain text."""

from __future__ import annotations

from typing import Any

from ...views.html import INK
from ...views.picture import FONT, POINTS, Picture, drawable, new_figure, picture
from ...views.table import Table, tables_text
from .summary import BARS, CheckCount, Summary

BLUE, GREEN, ORANGE = "#56B4E9", "#009E73", "#E69F00"
MOST_BELIEFS = 20


def distribution(summary: Summary) -> Picture:
    """How many submissions have how many points."""
    bars = summary.bars()
    names = [_range(number, summary.most) for number in range(BARS)]
    rows: list[tuple[str, ...]] = list(zip(names, map(str, bars), strict=True))
    table = Table("How many submissions have how many points", ("points", "submissions"), rows)
    low, middle, high = (summary.at(percent) for percent in (25, 50, 75))
    alt = (
        f"{len(summary.scores)} marks, up to {summary.most} points. Half of them lie between "
        f"{low} and {high}, the middle one is {middle}. "
        + "; ".join(f"{name} points: {count}" for name, count in rows)
        + "."
    )

    def draw() -> Any:
        figure = new_figure(8, 3)
        axes = figure.subplots()
        axes.bar(range(BARS), bars, width=0.9, color=BLUE, edgecolor=INK, linewidth=0.6)
        for place, count in enumerate(bars):
            axes.text(place, count, str(count), ha="center", va="bottom", color=INK)
        axes.set_ylim(0, max(bars) * 1.15 or 1)
        axes.set_xticks(range(BARS), names)
        axes.set_xlabel("points")
        axes.set_ylabel("submissions")
        return _plain(figure, axes)

    return picture(alt, tables_text([table]), draw)


def by_check(summary: Summary) -> Picture:
    """Which part of the class has passed each check."""
    checks = summary.checks
    rows = [(one.id, *_counts(one), str(one.points)) for one in checks]
    names = ("check", "passed", "failed", "missing", "waiting", "points")
    told = sorted(checks, key=lambda one: (_share(one), one.id))[:3]
    alt = f"{len(checks)} checks. The fewest passed: " + "; ".join(
        f"{one.id}, {one.passed} of {one.asked}" for one in told
    )
    shares = [100 * _share(one) for one in checks]
    labels = [f"{one.id}  {one.passed}/{one.asked}" for one in checks]
    table = Table("How each check came out", names, rows)
    return picture(f"{alt}.", tables_text([table]), lambda: _bars(shares, labels, GREEN, "percent"))


def by_belief(summary: Summary) -> Picture:
    """What the class still believes, the most frequent first."""
    shown = summary.beliefs[:MOST_BELIEFS]
    rows: list[tuple[str, ...]] = [(one.name, str(one.students)) for one in shown]
    more = len(summary.beliefs) - len(shown)
    notes = (f"{more} more beliefs, each named less often.",) if more else ()
    table = Table("How many seem to believe it", ("belief", "students"), rows, notes)
    alt = "What the class still believes: " + "; ".join(
        f"{one.name} ({one.students})" for one in shown
    )
    numbers = [float(one.students) for one in shown]
    labels = [f"{one.name}  {one.students}" for one in shown]
    return picture(
        f"{alt}.", tables_text([table]), lambda: _bars(numbers, labels, ORANGE, "students")
    )


def _bars(numbers: list[float], labels: list[str], color: str, unit: str) -> Any:
    figure = new_figure(8, 0.8 + 0.24 * len(numbers))
    axes = figure.subplots()
    places = range(len(numbers))
    axes.barh(places, numbers, height=0.7, color=color, edgecolor=INK, linewidth=0.6)
    axes.set_yticks(places, [drawable(label) for label in labels])
    axes.invert_yaxis()
    axes.margins(y=0.01)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlim(0, 100 if unit == "percent" else max(numbers) * 1.05)
    axes.set_xlabel("percent of the class have passed" if unit == "percent" else unit)
    return _plain(figure, axes)


def _plain(figure: Any, axes: Any) -> Any:
    axes.tick_params(labelsize=POINTS, labelfontfamily=FONT)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _range(number: int, most: int) -> str:
    """The points of a bar: whole numbers, since points are."""
    first = -(-number * most // BARS)
    last = most if number == BARS - 1 else -(-(number + 1) * most // BARS) - 1
    return f"{first}" if first >= last else f"{first}-{last}"


def _share(one: CheckCount) -> float:
    return one.passed / one.asked if one.asked else 0.0


def _counts(one: CheckCount) -> tuple[str, ...]:
    return tuple(
        str(one.states.get(state, 0)) for state in ("passed", "failed", "missing", "waiting")
    )
