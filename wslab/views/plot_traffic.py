"""Figure of a comparison: what a message costs on the wire, and how long its answer takes."""

from __future__ import annotations

import math
from typing import Any

from ..comparison.result import Comparison, Row
from .html import INK
from .picture import FONT, POINTS, Picture, drawable, new_figure, picture
from .table import tables_text
from .traffic import comparison_tables

SHARES = (
    ("message and echo", "#009E73", ""),
    ("protocol above TCP", "#E69F00", "//"),
    ("TCP and IP (computed)", "#BFC5D6", "xx"),
)
"""What the bytes on the wire are for: name, colour, and a pattern for eyes that see no colour."""

SHORTEST = 0.001
"""The shortest time that is drawn, in ms: a logarithmic axis has no place for 0."""

MARKS = ((50, "o", "half within"), (95, "|", "95 %"), (99, "D", "99 %"))


def traffic(comparison: Comparison) -> Picture:
    """Bytes on the wire for one message, by what they are for; and the latencies measured.

    Raises:
        ValueError: Nothing was measured.
    """
    rows = comparison.measured
    if not rows:
        raise ValueError("nothing was measured: there is nothing to draw")
    workload = comparison.workload
    told = [
        f"{row.name}: {row.wire:.0f} bytes, answer within {row.percentile(50) * 1000:.2f} ms"
        for row in rows
    ]
    alt = (
        f"{workload.messages} × {workload.size} bytes echoed. For one message, bytes on the wire "
        f"(computed from counted bytes and segments) and the median latency (measured over "
        f"loopback): {'; '.join(told)}."
    )
    twin = tables_text(comparison_tables(comparison)[:2])
    return picture(alt, twin, lambda: _draw(comparison, rows))


def shares(row: Row, size: int) -> tuple[float, float, float]:
    """Bytes on the wire for one message: the message and its echo, the protocol's, TCP's and IP's.

    The protocol's share has its handshakes in it, and TCP's the opening of connections.
    """
    payload = 2.0 * size
    return payload, row.up + row.down - payload, row.wire - row.up - row.down


def _draw(comparison: Comparison, rows: list[Row]) -> Any:
    figure = new_figure(10, 1.5 + 0.3 * len(rows))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    places = range(len(rows))
    start = [0.0] * len(rows)
    for number, (name, color, pattern) in enumerate(SHARES):
        widths = [shares(row, comparison.workload.size)[number] for row in rows]
        left.barh(
            places, widths, left=start, height=0.65, color=color, hatch=pattern, edgecolor=INK,
            linewidth=0.6, label=name,
        )  # fmt: skip
        start = [before + width for before, width in zip(start, widths, strict=True)]
    for place, total in zip(places, start, strict=True):
        left.text(total, place, f" {total:,.0f}", ha="left", va="center", color=INK)
    left.set_xlim(0, max(start) * 1.14)
    left.xaxis.set_major_formatter("{x:,.0f}")
    left.set_yticks(places, [drawable(row.name) for row in rows])
    left.invert_yaxis()
    left.set_xlabel("bytes on the wire for one message and its echo")
    _draw_latencies(right, rows)
    for axes in (left, right):
        axes.tick_params(labelsize=POINTS, labelfontfamily=FONT)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False,
                    columnspacing=1.0, handletextpad=0.5)  # fmt: skip
    return figure


def _draw_latencies(axes: Any, rows: list[Row]) -> None:
    places = range(len(rows))
    each = [
        [max(SHORTEST, row.percentile(percent) * 1000) for percent, _, _ in MARKS] for row in rows
    ]
    axes.hlines(places, [min(times) for times in each], [max(times) for times in each], color=INK)
    for number, (_, mark, name) in enumerate(MARKS):
        times = [times[number] for times in each]
        axes.plot(
            times, places, linestyle="none", marker=mark, markersize=7, color=INK,
            markerfacecolor="#56B4E9", label=name,
        )  # fmt: skip
    axes.set_xscale("log")
    # Whole decades, so that two of them at least have a label; those between would overlap.
    first = math.floor(math.log10(min(map(min, each))))
    last = math.ceil(math.log10(max(map(max, each))))
    axes.set_xlim(0.8 * 10.0**first, 1.25 * 10.0 ** max(last, first + 1))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    axes.grid(axis="x", color="#DDDDDD", zorder=0)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("ms until the answer, measured over loopback")
