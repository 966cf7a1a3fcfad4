"""Figure of a herd: how many clients knock at a server in each second after an outage."""

from __future__ import annotations

from typing import Any

from ..experiments.backoff import Herd, Herds
from .html import INK
from .picture import Picture, new_figure, picture

COLORS = ("#D55E00", "#0072B2")
"""Without jitter, with jitter."""

ROWS = 12
"""So many lines has the table in words, for each herd at most."""


def herd(herds: Herds) -> Picture:
    """Attempts in each second, without jitter above and with it below, on the same axes."""
    both = (("without jitter", herds.without), ("with jitter", herds.with_jitter))
    told = [
        f"{name.capitalize()}: {one.attempts} attempts, at most {one.peak} in one second, "
        f"the last client is back in second {int(one.back_after)}."
        for name, one in both
    ]
    alt = (
        f"{herds.without.clients} clients lose their server at second 0; it is away until second "
        f"{herds.outage:g} and then takes {herds.capacity} each second. {' '.join(told)} The bars "
        "without jitter are few, and as high as all clients that are still out; those with jitter "
        "are many, low, and over soon."
    )
    return picture(alt, _twin(herds, both), lambda: _draw(herds, both))


def _twin(herds: Herds, both: tuple[tuple[str, Herd], ...]) -> str:
    longest = max(len(one.per_second) for _, one in both)
    span = 10 * -(-longest // (10 * ROWS))  # seconds in one line, a round number
    lines = [f"The server is away until second {herds.outage:g}."]
    for name, one in both:
        lines += ["", f"{name:<16}{'attempts':>10}{'most in one second':>20}"]
        for start in range(0, len(one.per_second), span):
            part = one.per_second[start : start + span]
            lines.append(f"{start:>6} to {start + span - 1:<6}{sum(part):>10}{max(part):>20}")
    return "\n".join(lines)


def _draw(herds: Herds, both: tuple[tuple[str, Herd], ...]) -> Any:
    figure = new_figure(8.5, 4.2)
    every = figure.subplots(2, 1, sharex=True, sharey=True)
    end = max(len(one.per_second) for _, one in both)
    for axes, (name, one), color in zip(every, both, COLORS, strict=True):
        axes.axvspan(0, herds.outage, facecolor="#EEEEEE", hatch="//", edgecolor="#DDDDDD")
        seconds = [second for second, knocks in enumerate(one.per_second) if knocks]
        knocks = [one.per_second[second] for second in seconds]
        axes.vlines(seconds, 0, knocks, color=color, linewidth=2)
        axes.axhline(herds.capacity, color=INK, linewidth=0.8, linestyle="--")
        axes.set_title(f"{name}: {one.attempts:,} attempts", loc="left", fontweight="bold")
        axes.set_ylabel("attempts in one second")
        axes.spines[["top", "right"]].set_visible(False)
        axes.annotate(
            "all are back", (one.back_after, 0), xytext=(0, 32), textcoords="offset points",
            ha="center", arrowprops={"arrowstyle": "->"},
        )  # fmt: skip
    every[0].set_xlim(0, end)
    every[0].set_ylim(0, 1.08 * max(one.peak for _, one in both))
    every[1].set_xlabel(
        "seconds after the loss; grey: the server is away; "
        f"dashed: it has room for {herds.capacity} in one second"
    )
    return figure
