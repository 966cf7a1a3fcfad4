"""Read the hex dumps of common tools: rows of an offset, the bytes in hex, perhaps the text."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from .protocol.rfc import Role


class Piece(NamedTuple):
    """Some bytes, and who sent them, if the text said so."""

    sender: Role | None
    data: bytes


class Reading(NamedTuple):
    """What a text says: bytes, and what a reader should know about how they were read."""

    pieces: list[Piece]
    note: str = ""


class LooksLike(ValueError):
    """A text, or bytes, of a known kind that can't be explained; says how to get the bytes."""


class NotHex(ValueError):
    """A character that can't be in hex."""


def quote(text: str) -> str:
    """The beginning of a text, on one line."""
    text = " ".join(text[:200].split())
    return ascii(text if len(text) <= 40 else text[:37] + "...")


class _Row(NamedTuple):
    """A row of a dump: where it begins, its bytes, and whether it can be nothing but a row."""

    indent: int
    offset: str
    data: bytes
    certain: bool
    fill: bool = False
    """A row with * before it: the rows between are like the one before."""


_ROW = re.compile(r"(\s*)(0x(?=\w+:))?([0-9a-fA-F]{1,16})(h?:)?(\s+)(\S.*)")
_END = re.compile(r"\s*([0-9a-fA-F]{6,16})\s*")
_BYTE = re.compile("(?:0x)?((?:[0-9a-fA-F]{2})+)")
_LONGEST_FILL = 2**26
"""In bytes; a short text must not stand for a memory full of bytes."""

_GROUPS_OF_4 = re.compile("[0-9a-f]{8}: [0-9a-f]{8} ")
_XXD_E = "it looks like xxd -e, which swaps the bytes of each group: use xxd without -e"
_FOREIGN = (
    (
        re.compile(r"[0-9a-f]{7}(?: +[0-9a-f]{4})+ *(?:>.*<)?"),
        "hexdump and od -x swap the bytes of each pair: use hexdump -C, or xxd",
    ),
    (re.compile(r"[0-9a-f]{8}:(?: [01]{8})+ .*"), "xxd -b writes bits: use xxd without it"),
    (
        re.compile(r"0{6,16} +(?![0-9a-fA-F]{2}(?:\s|$))(?=\S).*"),
        "it looks like od or hexdump with numbers that aren't single bytes in hex: "
        "use od -A x -t x1, or hexdump -C",
    ),
)
"""Rows of tools that write something else than bytes in hex, in their order."""


def read_dump(text: str) -> Reading | None:
    """Rows of offset, hex and text; None if that isn't what the text is.

    Words before the first row, and before each row where the offset begins again, are left out:
    tcpdump, curl and tshark write a line about each packet there.

    Raises:
        ValueError: It is a dump, and a part of it is missing or can't be read.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    for line in lines:
        for pattern, why in _FOREIGN:
            if pattern.fullmatch(line):
                raise ValueError(why)
        if _is_little_endian(line):
            raise ValueError(_XXD_E)
    dumps, left_out, certain = _rows(lines)
    count = sum(map(len, dumps))
    if not certain and (count < 2 or left_out or len(dumps) > 1):
        return None
    rows = [row for dump in dumps for row in dump]
    # Wireshark's "Follow TCP stream" indents what the server sent.
    indents = {(row.indent, len(row.offset)) for row in rows}
    if len(indents) == 2 and min(indents) == (0, 8) and max(indents)[1] == 8:
        dumps = [rows]
    else:
        indents = set()
    pieces = _in_some_base(dumps, bool(indents), certain)
    if pieces is None:
        return None
    note = f"Left out what isn't a row of the dump: {quote(left_out[0])}." if left_out else ""
    if _GROUPS_OF_4.match(lines[0]) and not any(_visible(piece.data) for piece in pieces):
        note += " The groups of 4 bytes were read in the order written; xxd -e swaps them."
    return Reading(pieces, note.strip())


def _in_some_base(dumps: list[list[_Row]], two_ways: bool, certain: bool) -> list[Piece] | None:
    """The bytes of dumps whose offsets are in hex, octal or decimal, as the lengths of rows say."""
    found: list[list[Piece]] = []
    faults: dict[int, ValueError] = {}
    # od writes 7 digits in octal, or with -A d in decimal, 6 in hex; all others write hex.
    of_od = len(dumps[0][0].offset) == 7
    for base in (8, 10, 16) if of_od else (16, 8, 10):
        try:
            pieces = [piece for dump in dumps for piece in _chain(dump, base, two_ways)]
        except ValueError as error:
            faults[base] = error
            continue
        if not of_od or (base == 16 and not found):
            return pieces
        if base != 16 and pieces not in found:
            found.append(pieces)
    if len(found) > 1:
        raise ValueError("the offsets may be octal or decimal: use od -A x -t x1")
    if certain and not found:
        raise faults[16]
    return found[0] if found else None


def _rows(lines: list[str]) -> tuple[list[list[_Row]], list[str], bool]:
    """The rows, in one list for each dump; the other lines; whether it certainly is a dump."""
    dumps: list[list[_Row]] = []
    left_out: list[str] = []
    fill = apart = certain = False
    for line in lines:
        row = _row(line)
        if line.strip() == "*" and dumps:
            fill = True
            continue
        if row is None and dumps and not apart and (end := _END.fullmatch(line)):
            # hexdump and od end with an offset alone.
            row = dumps[-1][-1]._replace(offset=end[1], data=b"", certain=False)
        if row is None:
            left_out.append(line)
            apart = True
            continue
        first = not row.offset.strip("0") and row.data
        if not dumps or (first and row.indent == dumps[-1][0].indent):
            dumps.append([])
        elif apart:
            return [], [], False  # something in the middle of a dump
        dumps[-1].append(row._replace(fill=fill))
        certain = certain or row.certain
        fill = apart = False
    return dumps, left_out, certain


def _row(line: str) -> _Row | None:
    match = _ROW.fullmatch(line)
    if not match:
        return None
    indent, prefix, offset, colon, gap, rest = match.groups()
    data, more = _read_row(rest)
    wide = bool(colon) or len(gap) > 1
    if not data or not (wide or len(offset) >= 6):
        return None
    # Offset and bytes alone may also be plain hex, written in groups.
    first = not offset.strip("0")
    sure = more or bool(prefix) or len(offset) % 2 == 1 or (first and len(offset) >= 4)
    single = first and len(offset) >= 6 and all(len(word) == 2 for word in rest.split()[:2])
    return _Row(len(indent), offset, data, (wide and sure) or single)


def _read_row(text: str) -> tuple[bytes, bool]:
    """The hex of one row up to the gap before its ASCII column, and whether there is such a column.

    Tools that write single bytes leave a gap of two spaces in the middle.
    """
    data, longest = bytearray(), len(text.split(maxsplit=1)[0])
    for match in re.finditer(r"(\S+)(\s*)", text):
        token, gap = match.groups()
        byte = _BYTE.fullmatch(token)
        if byte is None or len(token) > longest:
            return bytes(data), bool(data)
        data += bytes.fromhex(byte[1])
        middle = len(gap) == 2 and len(data) == 8 and len(byte[1]) == 2
        if len(gap) > 1 and not middle:
            return bytes(data), match.end() < len(text)
    return bytes(data), False


def _chain(rows: list[_Row], base: int, two_ways: bool) -> list[Piece]:
    """The bytes of all rows, if each begins where the one before it ends.

    A dump from one end is one piece; one of both ends is a piece for each row.
    """
    senders = [(Role.SERVER if row.indent else Role.CLIENT) if two_ways else None for row in rows]
    after: dict[Role | None, _Row] = {}
    pieces: list[Piece] = []
    widest = max((int(b.offset, base) - int(a.offset, base) for a, b in pairwise(rows)), default=0)
    for row, sender in zip(reversed(rows), reversed(senders), strict=True):
        data, following = row.data, after.get(sender)
        after[sender] = row
        if following is not None:
            at, end = int(row.offset, base), int(following.offset, base)
            # An ASCII column may look like hex; the next offset says where the row ends.
            if base == 16:
                data = data[: max(end - at, 0)]
            if following.fill and data and end - at < _LONGEST_FILL:
                data *= (end - at) // len(data)  # whole rows
            if len(data) != end - at:
                raise ValueError(
                    f"the row at offset {at:x} has {len(data)} bytes, "
                    f"but the next one is at {end:x}"
                )
        elif widest > 0 and not two_ways:
            data = data[:widest]
        pieces.append(Piece(sender, data))
    pieces.reverse()
    return pieces if two_ways else [Piece(None, b"".join(piece.data for piece in pieces))]


def _is_little_endian(line: str) -> bool:
    """Whether the text column says that the bytes of each group are in reverse (xxd -e)."""
    match = re.fullmatch(r"[0-9a-f]{8}: (\S.*\S) {2,}(\S.*)", line)
    words = match[1].split() if match else []
    if not match or not all(map(re.compile("([0-9a-f]{2}){1,8}").fullmatch, words)):
        return False
    forward = b"".join(map(bytes.fromhex, words))
    backward = b"".join(bytes.fromhex(word)[::-1] for word in words)
    return _visible(forward) != _visible(match[2].encode()) == _visible(backward)


def _visible(data: bytes) -> bytes:
    return bytes(byte for byte in data if 0x20 < byte < 0x7F and byte != 0x2E)
