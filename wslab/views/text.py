"""Fields as text of 80 columns, for terminals, diffs and screen readers: hex, ASCII, a table."""

from __future__ import annotations

import bisect
import hashlib
import itertools
import os
import sys
from collections.abc import Iterable
from typing import TextIO

from ..observe.fields import Bits, Field, Item
from ..protocol.rfc import Role
from .columns import columns, pad, shorten, wrap

WIDTH = 80
ROW = 16
MOST_ROWS = 16
"""An item with more rows of hex than this is folded."""

ARROWS = {Role.CLIENT: "client -> server", Role.SERVER: "client <- server"}

# Colours of the terminal's own palette, so that they fit a light background and a dark one.
_COLORS = ("\x1b[36m", "\x1b[33m", "\x1b[32m", "\x1b[35m", "\x1b[34m", "\x1b[31m")
_BOLD, _RESET = "\x1b[1m", "\x1b[0m"


def wants_color(stream: TextIO) -> bool:
    """Whether to colour what goes to ``stream``: a terminal that can, and nobody said NO_COLOR."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    if sys.platform == "win32" and not os.environ.keys() & {"WT_SESSION", "ANSICON", "TERM"}:
        return False
    return stream.isatty()


def explain(items: Iterable[Item], color: bool = False) -> str:
    """Every byte of every item: one line on what it is, its bytes, and the table of its fields."""
    return "\n\n".join(explain_item(item, color) for item in items)


def explain_item(item: Item, color: bool = False) -> str:
    """One item: a handshake's head, a frame, or a chunk of raw bytes."""
    size = sum(len(field.raw) for field in item.fields)
    where = f"{size} {'byte' if size == 1 else 'bytes'}"
    if item.time:  # bytes that come from no recording have no time
        where += f", {item.time * 1000:.1f} ms"
    title = shorten(f"{ARROWS[item.sender]}  {item.summary}", WIDTH - len(where) - 2)
    title = pad(title, WIDTH - len(where)) + where
    lines = [f"{_BOLD}{title}{_RESET}" if color else title, *hexdump(item.fields, color)]
    if not item.fields:
        return lines[0]
    lines.append("")
    lines.append("    at  bytes        field                  value and meaning              RFC")
    for number, field in enumerate(item.fields):
        paint = _COLORS[number % len(_COLORS)] if color else ""
        lines += _describe(field, paint)
    return "\n".join(line.rstrip() for line in lines)


def hexdump(fields: Iterable[Field], color: bool = False) -> list[str]:
    """All bytes as rows of 16: offset, hex, ASCII (a dot for what cannot be printed)."""
    fields = list(fields)
    data = b"".join(field.raw for field in fields)
    ends = list(itertools.accumulate(len(field.raw) for field in fields))

    def cell(at: int) -> tuple[int, str]:
        number = bisect.bisect_right(ends, at)
        return data[at], _COLORS[number % len(_COLORS)] if color else ""

    rows = range(0, len(data), ROW)
    # What is folded is not drawn first: a payload may have millions of bytes.
    kept = rows if len(rows) <= MOST_ROWS else [*rows[: MOST_ROWS // 2], rows[-1]]
    lines = [
        _row(fields[0].start + row, [cell(at) for at in range(row, min(row + ROW, len(data)))])
        for row in kept
    ]
    if len(kept) < len(rows):
        folded = (len(rows) - len(kept)) * ROW
        digest = hashlib.sha256(data).hexdigest()[:16]
        note = f"        ... {folded} bytes folded; SHA-256 of all {len(data)} begins {digest}"
        lines.insert(-1, note)
    return lines


def _row(offset: int, cells: list[tuple[int, str]]) -> str:
    """One row of the dump; a gap in its middle helps to count."""
    hex_cells = [_paint(f"{byte:02x}", paint) for byte, paint in cells]
    hex_text = "  ".join(" ".join(half) for half in (hex_cells[:8], hex_cells[8:]) if half)
    blank = " " * (3 * (ROW - len(cells)) + (len(cells) <= 8))
    text = [_paint(chr(b) if 32 <= b < 127 else ".", paint) for b, paint in cells]
    return f"{offset:6x}  {hex_text}{blank}  {''.join(text)}"


def _paint(text: str, paint: str) -> str:
    """Coloured, but for the spaces, which have no colour anyway."""
    return f"{paint}{text}{_RESET}" if paint and text.strip() else text


def _describe(field: Field, paint: str) -> list[str]:
    """The rows of one field in the table: its bits, if any, stand below it."""
    first = field.raw[:4].hex(" ") if len(field.raw) <= 4 else f"{field.raw[:3].hex(' ')} .."
    start = f"{field.start:6x}"
    width = 36 - len(start)  # a long way down the stream the offset needs more room
    label = wrap(field.label, 22)
    text = wrap(field.meaning, width)
    if not field.bits:
        text = wrap(field.value, width) + text
    rows = []
    for number, (left, right) in enumerate(itertools.zip_longest(label, text, fillvalue="")):
        name = _paint(left, paint) + " " * (22 - columns(left))
        if number:
            rows.append(f"{'':<{len(start)}}  {'':<11}  {name} {right}")
        else:
            rows.append(f"{start}  {first:<11}  {name} {pad(right, width)} {field.section:>5}")
    return rows + [_describe_bits(bits, 8 * len(field.raw)) for bits in field.bits]


def _describe_bits(bits: Bits, width: int) -> str:
    """The bits in their place among dots, as in ``.... 0001 .... ....``."""
    row = ["."] * width
    row[bits.offset : bits.offset + bits.size] = f"{bits.value:0{bits.size}b}"
    pattern = " ".join("".join(row[at : at + 4]) for at in range(0, width, 4))
    return f"        {pattern}  {bits.label:<6} {bits.value:>3}  {bits.meaning}"


def ladder(items: Iterable[Item], width: int = 39) -> list[str]:
    """A conversation in one line an item: direction, size, what it is."""
    lines = []
    for item in items:
        arrow = "->" if item.sender is Role.CLIENT else "<-"
        start = f"{arrow} {sum(len(field.raw) for field in item.fields):>5} B  "
        lines.append(start + shorten(item.summary, width - 1 - len(start)))
    return lines


def side_by_side(left: list[str], right: list[str], width: int = 39) -> str:
    """Two columns of lines, with a bar between them."""
    pairs = itertools.zip_longest(left, right, fillvalue="")
    return "\n".join(f"{pad(a, width)}| {b}".rstrip() for a, b in pairs)
