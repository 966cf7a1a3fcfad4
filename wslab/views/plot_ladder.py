"""The ladder diagram: conversations side by side, time runs down, an arrow for each item."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..observe.dissect import Dissection
from ..observe.recording import Recording
from ..protocol.rfc import Role
from .columns import shorten
from .ladder_layout import LONG, STEP, Arrow, Panel, Told, lay_out, take_apart
from .picture import FONT, POINTS, Picture, drawable, new_figure, picture
from .text import ARROWS

STYLES = {
    "data": ("#0072B2", "-", "application data"),
    "handshake": ("#D55E00", "-", "opening handshake"),
    "control": ("#AA4499", "--", "control frame"),
    "end": ("#555555", ":", "end of stream"),
    "other": ("#000000", "-.", "not read as WebSocket"),
}
"""Colour, line and name of each kind of arrow."""

_ROOM = 205  # points of paper along an arrow for its label
_INCHES = 0.72  # of paper for each delay ...
_TALL = 7.0  # ... until all of them need more inches than this: then it is less, ...
_LEAST = 0.45  # ... but so much, for a label needs its place


def ladder(
    *conversations: Told | Recording | Dissection,
    delay: float = 0.02,
    titles: Sequence[str] = (),
) -> Picture:
    """Conversations side by side, an arrow for each item from its sender down to its receiver.

    ``delay`` is the time on the way, in seconds. It is added: on one machine bytes take
    microseconds, and the arrows would be flat. An item is drawn as sent when all that was recorded
    before it has arrived; the pauses between are those of the recording.

    Raises:
        ValueError: No conversation is given, or the delay is not more than 0.
    """
    if not conversations:
        raise ValueError("a ladder needs at least one conversation")
    if not 0 < delay < math.inf:
        raise ValueError(f"the delay must be more than 0 seconds, not {delay}")
    panels = []
    for number, conversation in enumerate(conversations):
        panel = lay_out(*take_apart(conversation), delay)
        panels.append(panel._replace(title=titles[number]) if number < len(titles) else panel)
    note = f"Stretched, to be readable: {delay * 1000:g} ms on the way were added;\n"
    note += f"items sent in one go are drawn {STEP * delay * 1000:g} ms apart"
    if any(" after " in arrow.bytes for panel in panels for arrow in panel.arrows):
        note += f";\npauses of more than {LONG * delay * 1000:g} ms are drawn as so much"
    return picture(_alt(panels, note), _twin(panels, note), lambda: _draw(panels, delay, note))


# ---------------------------------------------------------------- in words


def _alt(panels: list[Panel], note: str) -> str:
    parts = [f"Ladder diagram, time runs down; {_one_line(note)}."]
    for panel in panels:
        parts.append(f"{panel.title}, {len(panel.arrows) + panel.left_out} items:")
        told = [f"{arrow.sender.value} sends {arrow.label}" for arrow in panel.arrows]
        told += [f"{panel.left_out} more are not drawn"] if panel.left_out else []
        parts.append(f"{'; '.join(told) or 'nothing crossed'}.")
    return " ".join(parts)


def _twin(panels: list[Panel], note: str) -> str:
    lines = []
    for panel in panels:
        lines += [panel.title, ""]
        for arrow in panel.arrows:
            times = f"{arrow.sent * 1000:7.1f} ..{arrow.arrives * 1000:7.1f}"
            start = f"{times}  {ARROWS[arrow.sender]}  "
            what = shorten(arrow.what, 79 - len(start) - len(arrow.bytes))
            lines.append(f"{start}{what} {arrow.bytes}".rstrip())
        lines += [f"({panel.left_out} more items are not drawn)"] if panel.left_out else []
        lines += [] if panel.arrows else ["(nothing crossed)"]
        lines.append("")
    return "\n".join([*lines, "Sent and arrived, in ms.", f"{note}."])


def _one_line(text: str) -> str:
    return " ".join(text.split())


# ---------------------------------------------------------------- on paper


def _draw(panels: list[Panel], delay: float, note: str) -> Any:
    from matplotlib.lines import Line2D

    end = max((a.arrives for panel in panels for a in panel.arrows), default=delay) + STEP * delay
    inches = max(_LEAST, min(_INCHES, _TALL * delay / end))  # a long ladder must fit a screen
    figure = new_figure(5.2 * len(panels), 1.3 + inches * end / delay)
    every = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, panel in zip(every, panels, strict=True):
        _draw_panel(axes, panel, -STEP * delay, end)
    every[0].set_ylim(1000 * end, -1000 * STEP * delay)
    every[0].set_ylabel("time as drawn, ms")
    kinds = {arrow.kind for panel in panels for arrow in panel.arrows}
    lines = [
        Line2D([], [], color=color, linestyle=line, linewidth=1.8, label=name)
        for kind, (color, line, name) in STYLES.items()
        if kind in kinds
    ]
    figure.legend(
        handles=lines, title=note, loc="outside lower center", ncols=min(5, 2 * len(panels)),
        frameon=False, handlelength=3,
    )  # fmt: skip
    return figure


def _draw_panel(axes: Any, panel: Panel, start: float, end: float) -> None:
    axes.set_title(panel.title, fontsize=POINTS + 2, fontweight="bold", pad=8)
    axes.set_xlim(-0.12, 1.12)
    axes.set_xticks([0, 1], ["client", "server"], fontweight="bold")
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelsize=POINTS, labelfontfamily=FONT)
    axes.spines[:].set_visible(False)
    axes.grid(axis="y", color="#E6E6E6")
    axes.set_axisbelow(True)
    axes.vlines([0, 1], 1000 * start, 1000 * end, color="#333333", linewidth=2)
    for arrow in panel.arrows:
        _draw_arrow(axes, arrow)
    if panel.left_out or not panel.arrows:
        text = f"{panel.left_out} more items are not drawn" if panel.arrows else "nothing crossed"
        axes.text(0.5, 1000 * end, text, ha="center", va="bottom", color="#333333")


def _draw_arrow(axes: Any, arrow: Arrow) -> None:
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.patheffects import withStroke

    color, line, _ = STYLES[arrow.kind]
    start, stop = (0, 1) if arrow.sender is Role.CLIENT else (1, 0)
    sent, arrives = 1000 * arrow.sent, 1000 * arrow.arrives
    # The line and its head are two: a head in dashes looks broken.
    axes.plot([start, stop], [sent, arrives], color=color, linestyle=line, linewidth=1.8)
    near = (stop - 0.02 * (stop - start), arrives - 0.02 * (arrives - sent))
    axes.add_patch(
        FancyArrowPatch(
            near, (stop, arrives), arrowstyle="-|>", mutation_scale=13, color=color,
            shrinkA=0, shrinkB=0, linewidth=0.5,
        )
    )  # fmt: skip
    axes.plot([start], [sent], "o", color=color, markersize=4)
    # A fifth of the way from the sender, a little above the line.
    axes.text(
        0.8 * start + 0.2 * stop, 0.84 * sent + 0.16 * arrives, _fitting(arrow),
        color=color, ha="left" if start == 0 else "right", va="bottom", parse_math=False,
        rotation=math.degrees(math.atan2(arrives - sent, stop - start)) + 180 * start,
        rotation_mode="anchor", transform_rotates_text=True, gid="label",
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
    )  # fmt: skip


def _fitting(arrow: Arrow) -> str:
    """The label, cut so that it fits its arrow."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=FONT, size=POINTS)
    what, label = drawable(arrow.what), drawable(arrow.label)
    for width in range(len(what), 3, -1):
        if text_to_path.get_text_width_height_descent(label, font, False)[0] <= _ROOM:
            break
        label = f"{shorten(what, width)} {arrow.bytes}"
    return label
