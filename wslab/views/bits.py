"""The header of a frame bit by bit, in the layout of §5.2: rows of 32 bits, as HTML."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from ..observe.fields import Field, Item
from .html import PLAIN_ROW, painted

_HEADER = {"frame header", "extended payload length", "masking key"}
_TABLE = '<table style="border-collapse:separate;border-spacing:1px 0;border:none;margin:4px 0">'
_CELL = "font-family:monospace;font-size:0.85em;text-align:center;padding:1px 0"


class Part(NamedTuple):
    """Bits that belong together; ``start`` counts bits from the start of the frame."""

    number: int
    start: int
    bits: str
    label: str
    value: str


def bits_html(item: Item) -> str:
    """The first bytes of a frame, up to the payload, as the figure of §5.2 draws them.

    Raises:
        ValueError: The item is no frame, or broke off before its header was there.
    """
    parts = header_parts(item)
    total = parts[-1].start + len(parts[-1].bits)
    rows = "".join(_row(parts, start, min(start + 32, total)) for start in range(0, total, 32))
    ruler = " ".join(f'<th scope="col" style="{_CELL};min-width:16px">{n}</th>' for n in range(32))
    caption = f"{total} bits before the payload, 32 a row. F: FIN. R: RSV1, RSV2, RSV3. M: MASK."
    return (
        f'{_TABLE}<caption style="caption-side:top;text-align:left">{caption}</caption>\n'
        f"<thead><tr>{ruler}</tr></thead>\n<tbody>{rows}</tbody></table>"
    )


def header_parts(item: Item) -> list[Part]:
    """The parts of a frame's header, in order. Raises ValueError for what is no frame."""
    fields = [field for field in item.fields if field.label in _HEADER]
    if item.kind != "frame" or not fields:
        raise ValueError(f"only a frame has header bits, and this is {item.kind}: {item.summary}")
    return list(_parts(fields))


def _parts(fields: list[Field]) -> Iterator[Part]:
    number = 0
    for field in fields:
        start = 8 * (field.start - fields[0].start)
        bits = "".join(f"{byte:08b}" for byte in field.raw)
        if not field.bits:
            yield Part(number, start, bits, field.label, field.value)
            number += 1
        for part in field.bits:
            inside = bits[part.offset : part.offset + part.size]
            yield Part(number, start + part.offset, inside, part.label, str(part.value))
            # The three RSV bits share a colour, as they share a meaning.
            number += part.label not in ("RSV1", "RSV2")


def _row(parts: list[Part], start: int, stop: int) -> str:
    """Up to 32 bits in three lines: the names, the bits, the bytes in hex."""
    names, bits = [], []
    row = ""
    for part in parts:
        first, last = max(part.start, start), min(part.start + len(part.bits), stop)
        if first >= last:
            continue
        name = part.label[0] if len(part.bits) == 1 else f"{part.label}: {part.value}"
        name = f"… {part.label}" if first > part.start else name
        style = f"{painted(part.number)};{_CELL}"
        names.append(
            f'<th colspan="{last - first}" scope="col" style="{style}">{escape(name)}</th>'
        )
        shown = part.bits[first - part.start : last - part.start]
        bits += [f'<td style="{style}">{bit}</td>' for bit in shown]
        row += shown
    hexes = []
    for at in range(0, len(row), 8):
        name = f"byte {(start + at) // 8}: {int(row[at : at + 8], 2):02x}"
        hexes.append(f'<td colspan="8" style="{_CELL};padding-bottom:8px">{name}</td>')
    return "".join(f"{PLAIN_ROW}{' '.join(cells)}</tr>\n" for cells in (names, bits, hexes))
