"""The time line: what crossed in each direction, and when; time runs to the right, as it was."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from ..observe.dissect import Dissection
from ..observe.recording import Recording
from ..protocol.rfc import Role
from .columns import shorten
from .ladder_layout import Step, Told, take_apart
from .picture import POINTS, Picture, drawable, new_figure, picture
from .plot_ladder import STYLES
from .text import ARROWS

MARKS = {"data": "o", "handshake": "s", "control": "D", "end": "X", "other": "^"}
"""The shape of each kind of mark: the same kinds as on the ladder, and in its colours."""

LANES = {Role.CLIENT: 1.0, Role.SERVER: 0.0}
"""How high the lane of each sender is: what the client sends stands on top."""

IDLE = 1 / 6
"""A silence longer than this part of the whole time is shaded, with its length in it."""

MOST_LINES = 60
"""So many items of a conversation are listed in words; the rest is counted."""

_SLOT = 1 / 7  # of the whole time: room on paper for one label
_WIDTH = 8.5  # of the picture, in inches


class Strip(NamedTuple):
    """One conversation, in its place on the axis: times in seconds."""

    title: str
    steps: list[Step]


class Group(NamedTuple):
    """Neighbours in one lane that are too close for a label each."""

    first: float
    last: float
    items: int
    size: int

    @property
    def middle(self) -> float:
        """Where its label stands."""
        return (self.first + self.last) / 2

    @property
    def label(self) -> str:
        """How many bytes, and of how many items if that is more than one."""
        size = f"{self.size:,} B" if self.size < 10**7 else f"{self.size / 10**6:,.0f} MB"
        return size if self.items == 1 else f"{self.items} items\n{size}"


def timeline(
    *conversations: Told | Recording | Dissection,
    titles: Sequence[str] = (),
    one_clock: bool = False,
) -> Picture:
    """Conversations over time: a lane for each direction, a mark for each item, silences shaded.

    Nothing is stretched: a mark stands where its item was recorded. The first item of each is at 0;
    with ``one_clock`` only that of the first of all, and the others stand as they followed, by the
    clock that all recordings used.

    Raises:
        ValueError: No conversation is given, or ``one_clock`` without recordings to ask.
    """
    if not conversations:
        raise ValueError("a time line needs at least one conversation")
    strips, starts = [], []
    for number, conversation in enumerate(conversations):
        steps, websocket = take_apart(conversation)
        title = "WebSocket" if websocket else "Raw TCP"
        title += f" ({number + 1})" if len(conversations) > 1 else ""
        title = titles[number] if number < len(titles) else title
        strips.append(Strip(title, steps))
        begins = steps[0].time if steps else 0.0
        starts.append(begins + (_start(conversation) if one_clock else 0.0))
    first = min(starts)
    for number, (title, steps) in enumerate(strips):
        # From the recording's own clock to the axis.
        shift = (starts[number] - first if one_clock else 0.0) - (steps[0].time if steps else 0.0)
        strips[number] = Strip(title, [step._replace(time=step.time + shift) for step in steps])
    end = max((step.time for strip in strips for step in strip.steps), default=0.0)
    return picture(_alt(strips, end), _twin(strips, end), lambda: _draw(strips, end))


def _start(conversation: Told | Recording | Dissection) -> float:
    if isinstance(conversation, Dissection):
        raise ValueError("a dissection knows no clock: give the recording, or leave one_clock out")
    recording = conversation if isinstance(conversation, Recording) else conversation.recording
    return recording.start


def silences(steps: Sequence[Step], end: float) -> list[tuple[float, float]]:
    """When nothing crossed for long: from, to. ``end`` is how long the whole picture is."""
    times = [step.time for step in steps]
    return [(one, other) for one, other in pairwise(times) if other - one > IDLE * end]


def groups(steps: Sequence[Step], sender: Role, end: float) -> list[Group]:
    """The items of one lane, with those together that would share the place of one label."""
    found: list[Group] = []
    for step in steps:
        if step.sender is not sender or step.kind == "end":
            continue
        if found and step.time - found[-1].middle < _SLOT * end:
            first, _, items, size = found[-1]
            found[-1] = Group(first, step.time, items + 1, size + step.size)
        else:
            found.append(Group(step.time, step.time, 1, step.size))
    return found


# ---------------------------------------------------------------- in words


def lasting(seconds: float) -> str:
    """A time for people.

    >>> lasting(0.000042), lasting(0.0312), lasting(2.5), lasting(90)
    ('0.042 ms', '31.2 ms', '2.5 s', '90 s')
    """
    return f"{seconds:.3g} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"


def _alt(strips: list[Strip], end: float) -> str:
    parts = [f"Time line of {lasting(end)}, time runs to the right."]
    for strip in strips:
        start = strip.steps[0].time if strip.steps else 0.0
        begins = f", from {lasting(start)} on" if start else ""
        told = []
        for sender in Role:
            sizes = [s.size for s in strip.steps if s.sender is sender and s.kind != "end"]
            told.append(f"{sender.value} sends {_items(len(sizes))}, {sum(sizes)} bytes")
        for one, other in silences(strip.steps, end):
            told.append(f"idle for {lasting(other - one)} after {lasting(one)}")
        parts.append(f"{strip.title}{begins}: {'; '.join(told)}.")
    return " ".join(parts)


def _items(count: int) -> str:
    return f"{count} {'item' if count == 1 else 'items'}"


def _twin(strips: list[Strip], end: float) -> str:
    lines = []
    for strip in strips:
        lines += [strip.title, "", "        ms  direction          bytes  what"]
        quiet = dict(silences(strip.steps, end))
        for step in strip.steps[:MOST_LINES]:
            start = f"{1000 * step.time:10.3f}  {ARROWS[step.sender]}"
            start += f"  {step.size or '':>6}  "
            lines.append(f"{start}{shorten(step.what, 79 - len(start))}")
            if step.time in quiet and step.time < quiet[step.time]:
                gap = lasting(quiet.pop(step.time) - step.time)
                lines.append(f"{'':10}  (idle for {gap})")
        more = len(strip.steps) - MOST_LINES
        lines += [f"({_items(more)} more)"] if more > 0 else []
        lines += [] if strip.steps else ["(nothing crossed)"]
        lines.append("")
    return "\n".join(
        [*lines, "Times from the first item on; each item when its first byte crossed."]
    )


# ---------------------------------------------------------------- on paper


def _draw(strips: list[Strip], end: float) -> Any:
    from matplotlib.lines import Line2D

    figure = new_figure(_WIDTH, 1.0 + 1.7 * len(strips))
    every = figure.subplots(len(strips), 1, sharex=True, squeeze=False)[:, 0]
    end = end or 0.001  # an axis needs some length
    item, factor = ("s", 1.0) if end >= 10 else ("ms", 1000.0)
    for axes, strip in zip(every, strips, strict=True):
        _draw_strip(axes, strip, end, factor)
    every[0].set_xlim(-0.06 * end * factor, 1.06 * end * factor)
    every[-1].set_xlabel(f"time from the first item on, {item}")
    kinds = {step.kind for strip in strips for step in strip.steps}
    marks = [
        Line2D([], [], color=color, marker=MARKS[kind], linestyle="none", markersize=6, label=name)
        for kind, (color, _, name) in STYLES.items()
        if kind in kinds
    ]
    title = "more bytes, larger mark (by their logarithm)" if marks else ""
    figure.legend(
        handles=marks, title=title, loc="outside lower center", ncols=5, frameon=False,
        columnspacing=1.4, handletextpad=0.3,
    )  # fmt: skip
    return figure


def _draw_strip(axes: Any, strip: Strip, end: float, factor: float) -> None:
    axes.set_title(drawable(strip.title), loc="left", fontweight="bold", parse_math=False)
    axes.set_ylim(-0.6, 1.75)
    axes.set_yticks(list(LANES.values()), [ARROWS[sender] for sender in LANES])
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.hlines(list(LANES.values()), 0, end * factor, color="#999999", linewidth=0.8, zorder=0)
    for one, other in silences(strip.steps, end):
        start, stop = one * factor, other * factor
        axes.axvspan(start, stop, facecolor="#EEEEEE", hatch="//", edgecolor="#DDDDDD", zorder=-1)
        text = f"idle {lasting(other - one)}"
        axes.text((start + stop) / 2, -0.35, text, ha="center", va="center", gid="idle")
    for kind, mark in MARKS.items():
        steps = [step for step in strip.steps if step.kind == kind]
        if not steps:
            continue
        axes.scatter(
            [step.time * factor for step in steps],
            [LANES[step.sender] for step in steps],
            [25 + 25 * math.log10(1 + step.size) for step in steps],
            marker=mark, color=STYLES[kind][0], edgecolors="white", linewidths=0.6, zorder=2,
        )  # fmt: skip
    for sender, height in LANES.items():
        for group in groups(strip.steps, sender, end):
            axes.annotate(
                group.label, (group.middle * factor, height), xytext=(0, 9), ha="center",
                va="bottom", textcoords="offset points", fontsize=POINTS, gid="label",
            )  # fmt: skip
    if not strip.steps:
        axes.text(end * factor / 2, 0.5, "nothing crossed", ha="center", va="center")
