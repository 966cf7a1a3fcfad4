"""Read bytes that people wrote as text: hex in its usual notations, and hex dumps of common tools."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from .protocol.rfc import Role


class Piece(NamedTuple):
    """Some bytes, and who sent them, if the text said so."""

    sender: Role | None
    data: bytes


_MARKER = re.compile(r"\s*(->|<-|>|<)\s?")
_SENDERS = {">": Role.CLIENT, "->": Role.CLIENT, "<": Role.SERVER, "<-": Role.SERVER}
_DUMP = re.compile(r"(\s*)([0-9a-fA-F]{1,8})(?::|\s)\s+(.*)")
_NOISE = re.compile(r"0[xX]|\\x|[\s,;:{}()\[\]'\"-]")


def unhex(text: str) -> list[Piece]:
    """The bytes that ``text`` stands for. Raises ValueError with the place that cannot be read.

    It may be plain hex, with or without spaces, ``0x``, commas, colons or ``\\x``; a bytes literal of
    Python; a dump of xxd, hexdump -C, Wireshark or this program. Lines that begin with ``>`` were
    sent by the client, with ``<`` by the server.

    >>> unhex("0x81, 0x05")[0].data == unhex("81:05")[0].data == b"\\x81\\x05"
    True
    >>> unhex("> 81 85" + chr(10) + "< 81 05")[1].sender
    <Role.SERVER: 'server'>
    """
    if re.match(r"\s*b['\"]", text):
        return [Piece(None, _literal(text))]
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise ValueError("there are no bytes: give hex digits, for example 81 05 48 65 6c 6c 6f")
    pieces = _read_dump(lines) or [_read_line(line) for line in lines]
    return _merge(pieces)


def _literal(text: str) -> bytes:
    try:
        value = ast.literal_eval(text.strip())
    except (SyntaxError, ValueError):
        value = None
    if not isinstance(value, bytes):
        raise ValueError(f"{text.strip()[:40]!r} is not a bytes literal of Python")
    return value


def _read_line(line: str) -> Piece:
    """Plain hex, perhaps with a marker of direction in front."""
    sender = None
    if match := _MARKER.match(line):
        sender, line = _SENDERS[match[1]], line[match.end() :]
    digits = _NOISE.sub("", line)
    if odd := re.search(r"[^0-9a-fA-F]", digits):
        raise ValueError(f"{odd[0]!r} in {line.strip()[:40]!r} is not a hex digit")
    if len(digits) % 2:
        raise ValueError(f"{line.strip()[:40]!r} has {len(digits)} hex digits; two make a byte")
    return Piece(sender, bytes.fromhex(digits))


def _read_dump(lines: list[str]) -> list[Piece] | None:
    """Rows of offset, hex, and ASCII; None if the offsets do not count the bytes."""
    matches = [_DUMP.fullmatch(line) for line in lines]
    # hexdump -C ends with an offset alone.
    if len(lines) > 1 and matches[-1] is None and re.fullmatch(r"[0-9a-f]{7,8}", lines[-1]):
        matches.pop()
    rows = [match for match in matches if match]
    if len(rows) < len(matches):
        return None
    # Wireshark's "Follow TCP stream" indents what the server sent.
    indents = {len(row[1]) for row in rows}
    two_ways = len(indents) == 2 and min(indents) == 0
    positions: dict[Role | None, int] = {}
    pieces = []
    for row in rows:
        sender = None
        if two_ways:
            sender = Role.SERVER if row[1] else Role.CLIENT
        at, data = int(row[2], 16), _read_row(row[3])
        if at != positions.get(sender, at if len(rows) > 1 else 0) or not data:
            return None
        positions[sender] = at + len(data)
        pieces.append(Piece(sender, data))
    return pieces


def _read_row(text: str) -> bytes:
    """The hex of one row, up to the gap before its ASCII column."""
    data = b""
    for token, gap in re.findall(r"(\S+)(\s*)", text):
        if len(token) not in (2, 4) or not re.fullmatch("[0-9a-fA-F]+", token):
            break
        data += bytes.fromhex(token)
        if len(data) >= 16 or len(gap) > 2 or (len(gap) == 2 and len(data) != 8):
            break
    return data


def _merge(pieces: list[Piece]) -> list[Piece]:
    """Neighbours from the same sender become one piece."""
    merged: list[Piece] = []
    for piece in pieces:
        if merged and merged[-1].sender is piece.sender:
            piece = Piece(piece.sender, merged.pop().data + piece.data)
        merged.append(piece)
    return merged
