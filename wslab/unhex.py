"""Read bytes that people wrote as text: hex in its usual notations, and dumps of common tools."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from .protocol.rfc import Role


class Piece(NamedTuple):
    """Some bytes, and who sent them, if the text said so."""

    sender: Role | None
    data: bytes


_MARKER = re.compile(r"\s*(->|<-|>|<)")
_SENDERS = {">": Role.CLIENT, "->": Role.CLIENT, "<": Role.SERVER, "<-": Role.SERVER}
# Wireshark ends the lines of an escaped string with a backslash.
_NOISE = re.compile(r"\\x|\\(?=\s|$)|[\s,;:()\[\]'\"-]")
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_ARRAY = re.compile(r"([^{}]*)\{([^{}]*)\}")


def unhex(text: str) -> list[Piece]:
    r"""The bytes that ``text`` stands for. Raises ValueError with the place that cannot be read.

    It may be plain hex, with or without spaces, ``0x``, commas, colons or ``\x``; a bytes literal
    of Python; an array of C; a dump of xxd, hexdump -C, Wireshark or this program. Lines that
    begin with ``>`` were sent by the client, with ``<`` by the server.

    >>> unhex("0x81, 0x05")[0].data == unhex("81:05")[0].data == b"\x81\x05"
    True
    >>> unhex("> 81 85" + chr(10) + "< 81 05")[1].sender
    <Role.SERVER: 'server'>
    """
    if match := re.fullmatch(r"\s*(?:bytearray\()?\s*(b['\"].*?)\)?\s*", text, re.DOTALL):
        pieces = [Piece(None, _literal(match[1]))]
    else:
        lines = [line for line in text.splitlines() if line.strip()]
        pieces = _read_dump(lines) or (_read_arrays(text) if "{" in text else _read_lines(lines))
    if not any(piece.data for piece in pieces):
        raise ValueError("there are no bytes: give hex digits")
    return _merge(pieces)


def _literal(text: str) -> bytes:
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        value = None
    if not isinstance(value, bytes):
        raise ValueError(f"{_quote(text)} is not a bytes literal of Python")
    return value


def _read_arrays(text: str) -> list[Piece]:
    """What stands in braces, in C; Wireshark calls the two ends peer0 and peer1."""
    pieces = []
    for name, inside in _ARRAY.findall(_COMMENT.sub("", text)):
        peer = re.search("peer([01])_", name)
        sender = (Role.CLIENT, Role.SERVER)[int(peer[1])] if peer else None
        pieces.append(Piece(sender, _read_line(inside).data))
    return pieces


def _read_lines(lines: list[str]) -> list[Piece]:
    """Plain hex; a line without a marker of direction goes on with the one before it."""
    pieces: list[Piece] = []
    for line in lines:
        sender, data = _read_line(line)
        pieces.append(Piece(sender or (pieces[-1].sender if pieces else None), data))
    return pieces


def _read_line(line: str) -> Piece:
    """Plain hex, perhaps with a marker of direction in front."""
    sender, data = None, []
    if match := _MARKER.match(line):
        sender = _SENDERS[match[1]]
    for token in _NOISE.split(line[match.end() :] if match else line):
        digits = re.sub("^0[xX]", "", token)
        if odd := re.search(r"[^0-9a-fA-F]", digits):
            raise ValueError(f"{odd[0]!a} in {_quote(line)} is not a hex digit")
        # 0x8 is a number of one digit, and a byte; 0x123 has lost a digit, or has one too many.
        if len(digits) % 2 and (len(digits) == len(token) or len(digits) > 1):
            raise ValueError(
                f"{_quote(token)} in {_quote(line)} has an odd number of hex digits; "
                "two make a byte"
            )
        data.append(bytes.fromhex(digits.zfill(len(digits) + len(digits) % 2)))
    return Piece(sender, b"".join(data))


def _quote(text: str) -> str:
    """The beginning of what cannot be read, on one line."""
    text = " ".join(text.split())
    return ascii(text if len(text) <= 40 else text[:37] + "...")


def _merge(pieces: list[Piece]) -> list[Piece]:
    """Neighbours from the same sender become one piece."""
    merged: list[tuple[Role | None, list[bytes]]] = []
    for sender, data in pieces:
        if not merged or merged[-1][0] is not sender:
            merged.append((sender, []))
        merged[-1][1].append(data)
    return [Piece(sender, b"".join(parts)) for sender, parts in merged]


# ---------------------------------------------------------------- hex dumps


class _Row(NamedTuple):
    """A row of a dump: where it begins, its bytes, and whether it can be nothing but a row."""

    indent: int
    digits: int
    at: int
    data: bytes
    certain: bool
    fill: bool = False
    """A row with * before it: the rows between are like the one before."""


_ROW = re.compile(r"(\s*)([0-9a-fA-F]{1,16})(:?)(\s+)(\S.*)")
_END = re.compile(r"\s*[0-9a-fA-F]{6,16}\s*")
_SWAPPED = re.compile(r"[0-9a-f]{7}( +[0-9a-f]{4})+ *")
_BITS = re.compile(r"[0-9a-f]{8}:( [01]{8})+ .*")


_LONGEST_FILL = 2**26
"""In bytes; a short text must not stand for a memory full of bytes."""


def _read_dump(lines: list[str]) -> list[Piece] | None:
    """Rows of offset, hex, and ASCII; None if that is not what the lines are."""
    if any(map(_SWAPPED.fullmatch, lines)):
        raise ValueError("hexdump and od -x swap the bytes of each pair: use hexdump -C, or xxd")
    if lines and all(map(_BITS.fullmatch, lines)):
        raise ValueError("xxd -b writes bits: use xxd without it")
    rows: list[_Row] = []
    fill = False
    for number, line in enumerate(lines):
        if line.strip() == "*" and rows:
            fill = True
            continue
        # hexdump and od end with an offset alone.
        end = rows and number == len(lines) - 1 and _END.fullmatch(line)
        row = rows[-1]._replace(at=int(line, 16), data=b"") if end else _row(line)
        if row is None:
            return None
        rows.append(row._replace(fill=fill))
        fill = False
    certain = any(row.certain for row in rows)
    return _chain(rows, certain) if certain or len(rows) > 1 else None


def _row(line: str) -> _Row | None:
    match = _ROW.fullmatch(line)
    if not match:
        return None
    indent, offset, colon, gap, rest = match.groups()
    data, more = _read_row(rest)
    wide = bool(colon) or len(gap) > 1
    if not data or not (wide or len(offset) >= 6):
        return None
    # Offset and bytes alone may also be plain hex, written in groups.
    at = int(offset, 16)
    sure = more or len(offset) % 2 == 1 or (not at and len(offset) >= 4)
    return _Row(len(indent), len(offset), at, data, wide and sure)


def _read_row(text: str) -> tuple[bytes, bool]:
    """The hex of one row up to the gap before its ASCII column, and whether there is such a column.

    Tools that write single bytes leave a gap of two spaces in the middle.
    """
    data, longest = bytearray(), len(text.split()[0])
    for match in re.finditer(r"(\S+)(\s*)", text):
        token, gap = match.groups()
        if len(token) % 2 or len(token) > longest or not re.fullmatch("[0-9a-fA-F]+", token):
            return bytes(data), bool(data)
        data += bytes.fromhex(token)
        middle = len(gap) == 2 and len(data) == 8 and len(token) == 2
        if len(gap) > 1 and not middle:
            return bytes(data), match.end() < len(text)
    return bytes(data), False


def _chain(rows: list[_Row], certain: bool) -> list[Piece] | None:
    """The bytes of all rows, if each begins where the one before it ends."""
    # Wireshark's "Follow TCP stream" indents what the server sent.
    two_ways = {(row.indent, row.digits) for row in rows} == {(0, 8), (4, 8)}
    senders = [(Role.SERVER if row.indent else Role.CLIENT) if two_ways else None for row in rows]
    after: dict[Role | None, _Row] = {}
    chunks: list[bytes] = []
    for row, sender in zip(reversed(rows), reversed(senders), strict=True):
        data, following = row.data, after.get(sender)
        after[sender] = row
        if following is not None:
            size = following.at - row.at
            # An ASCII column may look like hex; the next offset says where the row ends.
            data = data[: max(size, 0)]
            if following.fill and data and size < _LONGEST_FILL:
                data = (data * (size // len(data) + 1))[:size]
            if len(data) != size:
                if not certain:
                    return None
                raise ValueError(
                    f"the row at offset {row.at:x} has {len(data)} bytes, "
                    f"but the next one is at {following.at:x}"
                )
        chunks.append(data)
    return list(map(Piece, senders, reversed(chunks)))
