"""Figures of frames: the bits of a header in the layout of §5.2, and what headers cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..observe.fields import Item
from ..protocol.frames import encode_frame
from ..protocol.rfc import LENGTH_16, Opcode
from .html import COLORS, INK, Part, header_parts
from .picture import FONT, POINTS, Picture, drawable, new_figure, picture
from .text import ARROWS

SIZES = (1, 10, 100, 1000, 10_000, 100_000, 1_000_000)
"""Payloads in bytes, from one character to a picture."""

STEPS = (LENGTH_16, 0x10000)
"""The first payloads whose length needs 2 bytes more, and 8."""

MOST = 2**24
"""The largest payload in bytes that is encoded to see its header."""

_PAYLOAD = "#F2F2F2"


def bits(item: Item) -> Picture:
    """The header of a frame with its real bits, 32 a row, as the figure of §5.2 draws them.

    Raises:
        ValueError: The item is no frame, or broke off before its header was there.
    """
    parts = header_parts(item)
    total = parts[-1].start + len(parts[-1].bits)
    told = [f"{part.label} {part.value}" for part in parts]
    alt = f"Header of a frame, {total} bits in rows of 32: {', '.join(told)}. Then the payload."
    lines = [f"{ARROWS[item.sender]}  header of {total} bits", "", "  bits      field"]
    for part in parts:
        last = part.start + len(part.bits) - 1
        where = str(part.start) if last == part.start else f"{part.start}-{last}"
        lines.append(f"  {where:<8}  {part.label:<23}  {_grouped(part.bits)}")
        if len(part.bits) > 4:
            lines.append(f"{'':37}= {part.value}")
    return picture(alt, "\n".join(lines), lambda: _draw_bits(parts, total))


def _grouped(digits: str) -> str:
    """Bits in groups of eight, as many as fit a line."""
    groups = [digits[at : at + 8] for at in range(0, len(digits), 8)]
    return " ".join(groups[:4]) + (" ..." if len(groups) > 4 else "")


def _draw_bits(parts: list[Part], total: int) -> Any:
    rows = total // 32 + 1  # the payload begins in what is left of the last row, or in a new one
    figure = new_figure(10, 0.35 + 0.9 * rows)
    axes = figure.subplots()
    axes.set_xlim(-0.1, 32.1)
    axes.set_ylim(rows, -0.3)
    axes.set_axis_off()
    for bit in range(32):
        axes.text(bit + 0.5, -0.05, str(bit), ha="center", va="bottom")
    for part in parts:
        color = COLORS[part.number % len(COLORS)]
        for first, last in _pieces(part.start, part.start + len(part.bits)):
            name = part.label if len(part.bits) == 1 else f"{part.label} = {part.value}"
            name = f"… {part.label}" if first > part.start else name
            _box(axes, first, last, name, color)
            for at in range(first, last):
                x, y = at % 32 + 0.5, at // 32 + 0.66
                axes.text(x, y, part.bits[at - part.start], ha="center", va="center", color=INK)
    _box(axes, total, 32 * rows, "payload", _PAYLOAD)
    data = "".join(part.bits for part in parts)
    for at in range(0, total, 8):
        text = f"byte {at // 8}: {int(data[at : at + 8], 2):02x}"
        axes.text(at % 32 + 4, at // 32 + 0.8, text, ha="center", va="top", color="#333333")
    return figure


def _pieces(start: int, stop: int) -> Iterable[tuple[int, int]]:
    """The same bits, cut at the ends of the rows."""
    while start < stop:
        end = min(stop, start // 32 * 32 + 32)
        yield start, end
        start = end


def _box(axes: Any, first: int, last: int, name: str, color: str) -> None:
    """Bits that belong together, with their name; that of a single bit is written upwards."""
    from matplotlib.patches import Rectangle

    x, y, width = first % 32, first // 32, last - first
    look: dict[str, Any] = {"fontweight": "bold"}
    if width == 1:
        look = {"rotation": 90, "fontsize": POINTS - 1}
    axes.add_patch(Rectangle((x, y), width, 0.76, facecolor=color, edgecolor=INK, linewidth=0.8))
    axes.text(
        x + width / 2, y + 0.29, drawable(name), ha="center", va="center", color=INK,
        parse_math=False, **look,
    )  # fmt: skip


# ---------------------------------------------------------------- what headers cost


def header_size(payload: int, *, masked: bool) -> int:
    """How many bytes stand before a payload of so many: counted in a frame that was encoded."""
    key = bytes((1, 2, 3, 4)) if masked else b""
    return len(encode_frame(Opcode.BINARY, bytes(payload), key)) - payload


def overhead(sizes: Iterable[int] = SIZES) -> Picture:
    """How many bytes of header a frame has by the size of its payload, from client and server.

    The sizes at which a header grows, 126 and 65536, are added where they lie between the others.

    Raises:
        ValueError: There is no size, or one below 1 (the axis is logarithmic) or above ``MOST``.
    """
    wanted = sorted(set(sizes))
    if not wanted or wanted[0] < 1 or wanted[-1] > MOST:
        raise ValueError(f"sizes must be numbers from 1 to {MOST}, at least one")
    inside = {step for step in STEPS if wanted[0] <= step <= wanted[-1]}
    wanted = sorted({*wanted, *inside, *(step - 1 for step in inside if step > wanted[0])})
    table = [(n, header_size(n, masked=True), header_size(n, masked=False)) for n in wanted]
    told = [f"payload {size}: {client} and {server}" for size, client, server in table]
    alt = "Bytes of header by bytes of payload, from a client (masked) and from a server (not). "
    alt += f"{'; '.join(told)}."
    twin = [" payload    header, client -> server    header, client <- server"]
    twin += [f"{size:8}  {client:26}  {server:26}" for size, client, server in table]
    return picture(alt, "\n".join(twin), lambda: _draw_overhead(table))


def _draw_overhead(table: list[tuple[int, int, int]]) -> Any:
    figure = new_figure(7.5, 3.8)
    axes = figure.subplots()
    sizes = [row[0] for row in table]
    looks = (
        (1, "#0072B2", "-", "o", "client to server: masked"),
        (2, "#D55E00", "--", "s", "server to client: not masked"),
    )
    for column, color, line, marker, name in looks:
        counts = [row[column] for row in table]
        axes.plot(
            sizes, counts, color=color, linestyle=line, marker=marker, markersize=4,
            drawstyle="steps-post", label=name,
        )  # fmt: skip
        for number, (size, count) in enumerate(zip(sizes, counts, strict=True)):
            if not number or count != counts[number - 1]:
                place = {"xytext": (3, 5), "textcoords": "offset points"}
                axes.annotate(str(count), (size, count), color=color, fontweight="bold", **place)
    axes.set_xscale("log")
    axes.set_ylim(0, 16)
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.minorticks_off()
    for step in STEPS:
        if sizes[0] <= step <= sizes[-1]:
            axes.axvline(step, color="#888888", linestyle=":", linewidth=1, zorder=0)
            axes.text(step, 0.3, f" from {step} on", color="#333333", ha="left", va="bottom")
    axes.set_xlabel("payload, bytes")
    axes.set_ylabel("header, bytes")
    axes.tick_params(labelsize=POINTS, labelfontfamily=FONT)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, handlelength=3)
    return figure
