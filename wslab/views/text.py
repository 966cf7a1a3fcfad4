"""Fields as text: hex, ASCII and a table, 80 columns wide, for terminals, diffs and screen readers."""

from __future__ import annotations

import hashlib
import itertools
import os
import sys
import textwrap
from collections.abc import Iterable
from typing import TextIO

from ..observe.fields import Bits, Labelled, Unit
from ..protocol.rfc import Role

WIDTH = 80
ROW = 16
MOST_ROWS = 16
"""A unit with more rows of hex than this is folded."""

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


def explain(units: Iterable[Unit], color: bool = False) -> str:
    """Every byte of every unit: one line on what it is, its bytes, and the table of its fields."""
    return "\n\n".join(explain_unit(unit, color) for unit in units)


def explain_unit(unit: Unit, color: bool = False) -> str:
    """One unit: a handshake's head, a frame, or a chunk of raw bytes."""
    size = sum(len(field.raw) for field in unit.fields)
    where = f"{size} {'byte' if size == 1 else 'bytes'}"
    if unit.time:  # bytes that come from no recording have no time
        where += f", {unit.time * 1000:.1f} ms"
    title = _shorten(f"{ARROWS[unit.sender]}  {unit.summary}", WIDTH - len(where) - 2)
    title = f"{title:<{WIDTH - len(where)}}{where}"
    lines = [f"{_BOLD}{title}{_RESET}" if color else title, *hexdump(unit.fields, color), ""]
    lines.append("    at  bytes        field                  value and meaning              RFC")
    for number, field in enumerate(unit.fields):
        paint = _COLORS[number % len(_COLORS)] if color else ""
        lines += _describe(field, paint)
    return "\n".join(line.rstrip() for line in lines)


def hexdump(fields: Iterable[Labelled], color: bool = False) -> list[str]:
    """All bytes as rows of 16: offset, hex, ASCII (a dot for what cannot be printed)."""
    fields = list(fields)
    if not fields:
        return []
    data = b"".join(field.raw for field in fields)
    paints = _paints(fields) if color else itertools.repeat("")
    cells = list(zip(data, paints, strict=False))
    rows = [
        _row(fields[0].start + at, cells[at : at + ROW]) for at in range(0, len(cells), ROW)
    ]
    if len(rows) <= MOST_ROWS:
        return rows
    folded = (len(rows) - 1 - MOST_ROWS // 2) * ROW
    digest = hashlib.sha256(data).hexdigest()[:16]
    note = f"        ... {folded} bytes folded; SHA-256 of all {len(data)} begins {digest}"
    return [*rows[: MOST_ROWS // 2], note, rows[-1]]


def _paints(fields: list[Labelled]) -> Iterable[str]:
    for number, field in enumerate(fields):
        yield from itertools.repeat(_COLORS[number % len(_COLORS)], len(field.raw))


def _row(offset: int, cells: list[tuple[int, str]]) -> str:
    """One row of the dump; a gap in its middle helps to count."""
    hex_cells = [_paint(f"{byte:02x}", paint) for byte, paint in cells]
    hex_text = " ".join(hex_cells[:8]) + "  " + " ".join(hex_cells[8:])
    blank = "   " * (ROW - len(cells))
    text = "".join(_paint(chr(b) if 32 <= b < 127 else ".", paint) for b, paint in cells)
    return f"{offset:6x}  {hex_text}{blank}  {text}"


def _paint(text: str, paint: str) -> str:
    return f"{paint}{text}{_RESET}" if paint else text


def _describe(field: Labelled, paint: str) -> list[str]:
    """The rows of one field in the table: its bits, if any, stand below it."""
    first = field.raw[:4].hex(" ") if len(field.raw) <= 4 else f"{field.raw[:3].hex(' ')} .."
    label = textwrap.wrap(field.label, 22) or [""]
    words = field.meaning if field.bits else f"{field.value}\n{field.meaning}"
    text = [row for line in words.split("\n") for row in textwrap.wrap(line, 30)] or [""]
    rows = []
    for number, (left, right) in enumerate(itertools.zip_longest(label, text, fillvalue="")):
        at, raw, section = (f"{field.start:x}", first, field.section) if not number else ("",) * 3
        name = _paint(f"{left:<22}", paint)
        rows.append(f"{at:>6}  {raw:<11}  {name} {right:<30} {section:>5}")
    return rows + [_describe_bits(bits, 8 * len(field.raw)) for bits in field.bits]


def _describe_bits(bits: Bits, width: int) -> str:
    """The bits in their place among dots, as in ``.... 0001 .... ....``."""
    row = ["."] * width
    row[bits.offset : bits.offset + bits.size] = f"{bits.value:0{bits.size}b}"
    pattern = " ".join("".join(row[at : at + 4]) for at in range(0, width, 4))
    return f"        {pattern}  {bits.label:<6} {bits.value:>3}  {bits.meaning}"


def ladder(units: Iterable[Unit], width: int = 39) -> list[str]:
    """A conversation in one line a unit: direction, size, what it is."""
    lines = []
    for unit in units:
        arrow = "->" if unit.sender is Role.CLIENT else "<-"
        size = sum(len(field.raw) for field in unit.fields)
        lines.append(f"{arrow} {size:>5} B  {_shorten(unit.summary, width - 13)}")
    return lines


def side_by_side(left: list[str], right: list[str], width: int = 39) -> str:
    """Two columns of lines, with a bar between them."""
    pairs = itertools.zip_longest(left, right, fillvalue="")
    return "\n".join(f"{a:<{width}}| {b}".rstrip() for a, b in pairs)


def _shorten(text: str, width: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 3] + "..."
