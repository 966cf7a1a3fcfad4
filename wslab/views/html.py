"""Fields as HTML for notebooks: every byte in a cell, and a table that says what each is.

Tables with inline styles and nothing else: they survive a dark theme, a notebook that is not
trusted, a code host. Colour only helps; each fact is text, so a viewer that drops the styles still
shows it. A coloured cell sets its ink too, or a dark theme would write on it in white.
"""

from __future__ import annotations

import bisect
import hashlib
import itertools
import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import NamedTuple

from ..observe.dissect import dissect
from ..observe.fields import Field, Item
from ..observe.recording import Recording
from ..protocol.rfc import Role
from .columns import columns, printable, shorten
from .text import MOST_ROWS, ROW

COLORS = ("#56B4E9", "#E69F00", "#5FCBA8", "#F0E442", "#DDA1C4", "#F29256", "#BFC5D6")
"""Okabe and Ito's, that colour-blind eyes tell apart; the dark ones lightened for black ink."""

INK = "#000"
PLAIN_ROW = '<tr style="background:none">'
"""Notebooks stripe every other row of a table, which here would mean nothing."""

MOST_FIELDS, MOST_TEXT = 100, 400
MAX_ITEMS, MOST_LINES = 8, 1000
"""So many items are shown in full, so many more in one line each; the rest is counted."""

_ARROWS = {Role.CLIENT: "client → server", Role.SERVER: "client ← server"}
_MONO = "font-family:monospace;font-size:0.95em"
_TABLE = (
    '<table style="border-collapse:separate;border-spacing:1px;border:none;margin:4px 0;'
    'table-layout:auto;font-size:1em">'
)
_LEFT = "text-align:left;vertical-align:baseline;padding:2px 8px"
_ONE_LINE = f"{_LEFT};white-space:nowrap"
_LONG_WORD = re.compile(r"([^\s-]{12})(?=[^\s-])")
_CAPTION = '<caption style="caption-side:top;text-align:left;white-space:nowrap;padding:2px 0">'


def recording_html(recording: Recording) -> str:
    """A recording, dissected."""
    return explain_html(dissect(recording))


def explain_html(items: Iterable[Item]) -> str:
    """Units in order: the first in full, then one line each, then how many more there are."""
    items = list(items)
    full, lines = items[:MAX_ITEMS], items[MAX_ITEMS : MAX_ITEMS + MOST_LINES]
    parts = [item_html(item) for item in full]
    if lines:
        note = f"{_count(len(lines), 'more item')} in one line each: {_count(_size(lines), 'byte')}"
        rows = "".join(_line(number, item) for number, item in enumerate(lines, len(full)))
        head = "".join(_th("col", name) for name in ("item", "direction", "bytes", "ms", "what"))
        table = f"{_TABLE}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        parts.append(f"<details><summary>{note}</summary>{table}</details>\n")
    rest = items[MAX_ITEMS + MOST_LINES :]
    if rest:
        note = f"{_count(len(rest), 'more item')} not listed: {_count(_size(rest), 'byte')}"
        parts.append(f"<p>… {note}</p>\n")
    return f"<div>{''.join(parts) or '<p>Nothing crossed.</p>'}</div>"


def item_html(item: Item) -> str:
    """One item: a heading, its bytes, what they mean."""
    facts = [_count(_size([item]), "byte")] if item.fields else []
    if item.time:  # bytes that come from no recording have no time
        facts.append(f"{item.time * 1000:.1f} ms")
    summary = escape(shorten(item.summary, 120))
    heading = f"<b>{_ARROWS[item.sender]}</b> &nbsp;{summary} &nbsp;({', '.join(facts)})"
    heading = heading.replace(" &nbsp;()", "")
    return f'<div><p style="margin:12px 0 2px">{heading}</p>\n{fields_html(item.fields)}</div>\n'


def field_html(field: Field) -> str:
    """One field alone."""
    return fields_html([field])


def fields_html(fields: Iterable[Field]) -> str:
    """Fields that follow each other: their bytes, then the table of what they mean."""
    fields = list(fields)
    return f"<div>{_bytes_table(fields)}{_meaning_table(fields)}</div>" if fields else ""


def letter(number: int) -> str:
    """The name of a field in the picture, counted from 0.

    >>> letter(0), letter(25), letter(26)
    ('A', 'Z', 'AA')
    """
    return (letter(number // 26 - 1) if number >= 26 else "") + chr(ord("A") + number % 26)


def painted(number: int) -> str:
    """The style of a coloured cell: background and ink, always together."""
    return f"background:{COLORS[number % len(COLORS)]};color:{INK}"


# ---------------------------------------------------------------- the bytes


def _bytes_table(fields: list[Field]) -> str:
    """Rows of 16 bytes, each in three lines: whose they are, hex, ASCII."""
    data = b"".join(field.raw for field in fields)
    ends = list(itertools.accumulate(len(field.raw) for field in fields))
    rows = range(0, len(data), ROW)
    # What is folded is not drawn first: a payload may have millions of bytes.
    kept = rows if len(rows) <= MOST_ROWS else [*rows[: MOST_ROWS // 2], rows[-1]]
    parts = [_bytes_row(fields, ends, data, at) for at in kept]
    if len(kept) < len(rows):
        note = f"… {_count((len(rows) - len(kept)) * ROW, 'byte')} folded here. SHA-256 of all "
        note += f"{len(data):,}: {hashlib.sha256(data).hexdigest()}"
        # As wide as the bytes are, and no wider: its own length must not push them apart.
        note = f'<div style="width:0;min-width:100%;overflow-wrap:break-word">{note}</div>'
        parts.insert(-1, f'<tr><td></td><td colspan="{ROW}" style="{_LEFT}">{note}</td></tr>\n')
    body = "".join(parts)
    # No wider than the bytes: a long caption must not push two bytes apart.
    words = "Bytes: hex, and ASCII below"
    if fields[0].start + max(rows, default=0) > 9:  # the view for a terminal counts in hex
        words += ". In front of each row its place, in decimal"
    caption = f'<div style="width:0;white-space:nowrap">{words}</div>'
    return f'{_TABLE}{_CAPTION}{caption}</caption>\n<tbody style="{_MONO}">{body}</tbody></table>\n'


def _bytes_row(fields: list[Field], ends: list[int], data: bytes, row: int) -> str:
    whole = range(row, min(row + ROW, len(data)))
    names, codes, texts = [], [], []
    for number, group in itertools.groupby(whole, lambda at: bisect.bisect_right(ends, at)):
        places = list(group)
        style = f"{painted(number)};text-align:center;padding:1px 4px"
        name = f"{letter(number)} {printable(fields[number].label)}"
        if columns(name) > 3 * len(places):  # it would push the bytes apart: the table has it
            name = letter(number)
        span = f' colspan="{len(places)}"' if len(places) > 1 else ""
        names.append(f'<th scope="col"{span} style="{style}">{escape(name)}</th>')
        codes += [f'<td style="{style}">{data[at]:02x}</td>' for at in places]
        texts += [f'<td style="{style}">{_ascii(data[at])}</td>' for at in places]
    style = "text-align:right;vertical-align:middle;padding:1px 8px"
    place = f'<th scope="row" rowspan="3" style="{style}">{fields[0].start + row}</th>'
    lines = (" ".join([place, *names]), " ".join(codes), " ".join(texts))
    # The spaces between the cells are for a viewer that drops the tags.
    return "".join(f"{PLAIN_ROW}{line}</tr>\n" for line in lines)


def _ascii(byte: int) -> str:
    return escape(chr(byte)) if 32 <= byte < 127 else "·"


# ---------------------------------------------------------------- what they mean


def _meaning_table(fields: list[Field]) -> str:
    cited = any(field.section for field in fields)  # raw TCP has no section to show
    rows = [row for pair in enumerate(fields[:MOST_FIELDS]) for row in _meanings(*pair, cited)]
    rest = fields[MOST_FIELDS:]
    if rest:
        size = sum(len(field.raw) for field in rest)
        note = f"… {_count(len(rest), 'more field')}: {_count(size, 'byte')}"
        rows.append(f'<tr><td colspan="{5 + cited}" style="{_LEFT}">{note}</td></tr>\n')
    names = ["", "where", "field", "value", "meaning", *(["RFC 6455"] if cited else [])]
    head = " ".join(_th("col", name) if name else "<td></td>" for name in names)
    caption = f"{_CAPTION}Fields: what the bytes mean</caption>"
    body = f"<thead><tr>{head}</tr></thead>\n<tbody>{''.join(rows)}</tbody>"
    return f"{_TABLE}{caption}\n{body}</table>"


def _meanings(number: int, field: Field, cited: bool) -> Iterator[str]:
    """The rows of one field: its own, then one for each of its bits."""
    last = field.start + len(field.raw) - 1
    where = f"byte {last}" if last == field.start else f"bytes {field.start}–{last}"
    section = [f"§{field.section}" if field.section else ""] if cited else []
    yield _meaning(number, where, field.label, field.value, field.meaning, *section)
    for bits in field.bits:
        byte, first = divmod(bits.offset, 8)
        end = first + bits.size - 1
        where = (
            f"byte {field.start + byte}, bit{f' {first}' if bits.size == 1 else f's {first}–{end}'}"
        )
        value = f"{bits.value:0{bits.size}b}"
        value += f" = {bits.value}" if bits.size > 1 else ""
        yield _meaning(number, where, bits.label, value, bits.meaning, *section)


def _meaning(number: int, where: str, label: str, value: str, meaning: str, *section: str) -> str:
    name = f'<th scope="row" style="{painted(number)};{_LEFT}">{letter(number)}</th>'
    label = f"<b>{_text(label)}</b>"
    value = f'<span style="{_MONO}">{_text(value)}</span>'
    cells = [_td(where, _ONE_LINE), _td(label), _td(value), _td(_text(meaning))]
    cells += [_td(each, _ONE_LINE) for each in section]
    return f"<tr>{name} {' '.join(cells)}</tr>\n"


def _line(number: int, item: Item) -> str:
    time = f"{item.time * 1000:.1f}"
    facts = (_ARROWS[item.sender], str(_size([item])), time, escape(shorten(item.summary, 80)))
    return f"<tr>{_th('row', str(number))} {' '.join(map(_td, facts))}</tr>\n"


def _th(scope: str, text: str) -> str:
    return f'<th scope="{scope}" style="{_ONE_LINE}">{text}</th>'


def _td(markup: str, style: str = _LEFT) -> str:
    return f'<td style="{style}">{markup}</td>'


def _text(text: str) -> str:
    """A peer's words, harmless and not endless."""
    if len(text) > MOST_TEXT:
        text = f"{text[:MOST_TEXT]}... ({len(text)} characters)"
    # Where a long word may be broken, so that a narrow window shows the columns behind it too. A
    # tag, for a notebook that is not trusted drops the style that would say the same.
    return escape(_LONG_WORD.sub("\\1\0", printable(text))).replace("\0", "<wbr>")


def _size(items: Iterable[Item]) -> int:
    return sum(len(field.raw) for item in items for field in item.fields)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


# ---------------------------------------------------------------- the header, bit by bit

_HEADER = {"frame header", "extended payload length", "masking key"}
_BITS_TABLE = (
    '<table style="border-collapse:separate;border-spacing:1px 0;border:none;margin:4px 0">'
)
_BIT = "font-family:monospace;font-size:0.85em;text-align:center;padding:1px 0"


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
        ValueError: The item isn't a frame, or ends before its header.
    """
    parts = header_parts(item)
    total = parts[-1].start + len(parts[-1].bits)
    rows = "".join(_bits_row(parts, start, min(start + 32, total)) for start in range(0, total, 32))
    ruler = " ".join(f'<th scope="col" style="{_BIT};min-width:16px">{n}</th>' for n in range(32))
    caption = f"{total} bits before the payload, 32 a row. F: FIN. R: RSV1, RSV2, RSV3. M: MASK."
    return (
        f'{_BITS_TABLE}<caption style="caption-side:top;text-align:left">{caption}</caption>\n'
        f"<thead><tr>{ruler}</tr></thead>\n<tbody>{rows}</tbody></table>"
    )


def header_parts(item: Item) -> list[Part]:
    """The parts of a frame header, in order. Raises ValueError if the item isn't a frame."""
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


def _bits_row(parts: list[Part], start: int, stop: int) -> str:
    """Up to 32 bits in three lines: the names, the bits, the bytes in hex."""
    names, bits = [], []
    row = ""
    for part in parts:
        first, last = max(part.start, start), min(part.start + len(part.bits), stop)
        if first >= last:
            continue
        name = part.label[0] if len(part.bits) == 1 else f"{part.label}: {part.value}"
        name = f"… {part.label}" if first > part.start else name
        style = f"{painted(part.number)};{_BIT}"
        names.append(
            f'<th colspan="{last - first}" scope="col" style="{style}">{escape(name)}</th>'
        )
        shown = part.bits[first - part.start : last - part.start]
        bits += [f'<td style="{style}">{bit}</td>' for bit in shown]
        row += shown
    hexes = []
    for at in range(0, len(row), 8):
        name = f"byte {(start + at) // 8}: {int(row[at : at + 8], 2):02x}"
        hexes.append(f'<td colspan="8" style="{_BIT};padding-bottom:8px">{name}</td>')
    return "".join(f"{PLAIN_ROW}{' '.join(cells)}</tr>\n" for cells in (names, bits, hexes))
