"""Read bytes that people wrote as text: one table of notations, each with its recogniser."""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import NamedTuple

from .dumps import LooksLike, NotHex, Piece, Reading, quote, read_dump
from .protocol.rfc import Role

__all__ = ["LooksLike", "Piece", "Reading", "read_text", "unhex"]

_MARKER = re.compile(r"\s*(->|<-|>|<)")
_SENDERS = {">": Role.CLIENT, "->": Role.CLIENT, "<": Role.SERVER, "<-": Role.SERVER}
# Wireshark ends the lines of an escaped string with a backslash.
_NOISE = re.compile(r"\\x|\\(?=\s|$)|[\s,;:()\[\]'\"-]")


def unhex(text: str) -> list[Piece]:
    r"""The bytes that ``text`` stands for. Raises ValueError with the place that cannot be read.

    It may be plain hex, with or without spaces, ``0x``, commas, colons or ``\x``; bits; a literal,
    list or array of Python, JavaScript, C, Go or Java; a dump of xxd, hexdump -C, od, tcpdump,
    Wireshark or this program. Lines that begin with ``>`` were sent by the client, with ``<`` by
    the server.

    >>> unhex("0x81, 0x05")[0].data == unhex("81:05")[0].data == b"\x81\x05"
    True
    >>> unhex("> 81 85" + chr(10) + "< 81 05")[1].sender
    <Role.SERVER: 'server'>
    """
    return merge(read_text(text).pieces)


def read_text(text: str) -> Reading:
    """The same, in the pieces in which they were written, with a note on how they were read.

    Raises:
        LooksLike: It is of a known kind that holds no bytes of a connection.
        ValueError: Something else can't be read.
    """
    text = _COLOURS.sub("", text.removeprefix("\ufeff"))
    for notation in NOTATIONS:
        if not notation.recognise(text):
            continue
        if isinstance(notation.read, str):
            raise LooksLike(f"{notation.name}. {notation.read}")
        try:
            reading = notation.read(text)
        except NotHex:
            for name, recognise, advice in _KINDS_OF_TEXT:
                if recognise(text[:4096]):
                    raise LooksLike(f"{name}. {advice}") from None
            raise
        if reading is None:
            continue
        if not any(piece.data for piece in reading.pieces):
            raise ValueError("there are no bytes: give hex digits")
        return reading
    raise AssertionError("the last notation takes every text")


def merge(pieces: Iterable[Piece]) -> list[Piece]:
    """Neighbours from the same sender become one piece."""
    merged: list[tuple[Role | None, list[bytes]]] = []
    for sender, data in pieces:
        if not merged or merged[-1][0] is not sender:
            merged.append((sender, []))
        merged[-1][1].append(data)
    return [Piece(sender, b"".join(parts)) for sender, parts in merged]


# ---------------------------------------------------------------- bits


def _read_bits(text: str) -> Reading:
    words = [word for word in re.split(r"[\s,]+", text.strip()) if word]
    if "0b" in text:
        words = [word[2:].replace("_", "") for word in words]
        note = ""
    else:
        words = re.findall(".{8}", "".join(words).replace("_", ""))
        note = "Read as bits, eight to a byte. If it's hex, put a space after every two digits."
    data = b"".join(int(word, 2).to_bytes((len(word) + 7) // 8, "big") for word in words)
    return Reading([Piece(None, data)], note)


# ---------------------------------------------------------------- literals of strings

_LITERAL = re.compile(
    r"""((?:(?<!\w)(?:[bB][rR]?|[rR][bB]))?)("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')""", re.DOTALL
)
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u\{?([0-9a-fA-F]{2,4})\}?|([0-3]?[0-7]{1,2})|([abfnrtv0\\'\"/?e\n])|(.?))",
    re.DOTALL,
)
_CONTROL = dict(zip("abfnrtve", b"\a\b\f\n\r\t\v\x1b", strict=True))
_CUT = re.compile(r"\.\.\.|\u2026|\d more (?:byte|item)")
_WRAPPERS = re.compile(
    r"\b(?:bytearray|bytes?|memoryview|new|from|of|vec|unsigned|char|uint8_t|const|static|client|server"
    r"|byteArrayOf|byteLength|\w*(?:Array|Buffer)|\w*peer\d_\d+)\b|[^\w]+|\b\d+\b"
)


def _has_literal(text: str) -> bool:
    return bool(re.search(r"""(?<!\w)[bB][rR]?['"]|["'][^"'\n]*\\[x0-7abfnrtvu]""", text)) and (
        not re.fullmatch(r"""(?:["'\s]|\\x[0-9a-fA-F]{2}|\\\s)*""", text)
    )


def _read_literals(text: str) -> Reading:
    """Literals of Python's bytes, or strings with escapes; what is around them is left out."""
    pieces, around, at = [], [], 0
    in_python = bool(re.search(r"""(?<!\w)[bB][rR]?['"]""", text))
    sender: Role | None = None
    for match in _LITERAL.finditer(text):
        between = text[at : match.start()]
        at = match.end()
        around.append(between)
        if mark := _MARKER.match(between.rpartition("\n")[2]):
            sender = _SENDERS[mark[1]]
        if in_python and not match[1] and "+" not in between:
            around.append(match[2][1:-1])  # a string beside the bytes
            continue
        pieces.append(Piece(sender, (_python if in_python else _c_string)(match[0])))
    around.append(text[at:])
    words = " ".join(around)
    _refuse_cut(words)
    if odd := re.search("[\"']|\\\\(?!\\s|$)", words):
        start = max(words.rfind(" ", 0, odd.start()), 0)
        raise ValueError(f"{quote(words[start:])} is not a bytes literal of Python, or of C")
    return Reading(pieces, _left_out(words))


def _left_out(words: str) -> str:
    label = " ".join(_WRAPPERS.sub(" ", words[:2000]).split())
    return f"Left out the words around the bytes: {quote(label)}." if label else ""


def _python(text: str) -> bytes:
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        value = None
    if not isinstance(value, bytes):
        raise ValueError(f"{quote(text)} is not a bytes literal of Python")
    return value


def _c_string(text: str) -> bytes:
    """What a string of C or JavaScript stands for, if each of its characters is one byte."""

    def undo(match: re.Match[str]) -> str:
        hexadecimal, point, octal, letter, odd = match.groups()
        if odd is not None:
            raise ValueError(f"{quote(match[0])} in {quote(text)} is not an escape that we know")
        if letter is not None:
            return chr(_CONTROL.get(letter, ord(letter))) if letter != "\n" else ""
        return chr(int(octal, 8) if octal else int(hexadecimal or point, 16))

    if odd := re.search(r"[^\x00-\x7f]", text):
        raise ValueError(f"{odd[0]!a} in {quote(text)} may be several bytes: write them as \\x..")
    try:
        return _ESCAPE.sub(undo, text[1:-1]).encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError(f"{quote(text)} has a character that is more than a byte") from None


def _read_bare_escapes(text: str) -> Reading:
    if '"' in text or re.fullmatch(r"(?:\\x[0-9a-fA-F]+|[\s,;'\\])*", text):
        return _read_lines(text)
    _refuse_cut(text)
    note = "Read as one string with escapes."
    return Reading([Piece(None, _c_string(f'"{text.strip()}"'))], note)


# ---------------------------------------------------------------- lists and arrays

_GROUP = re.compile(
    r"<(?:Buffer\b|(?=[0-9a-fA-F]))[^<>\[\]{}()\n]*>|\[[^<>\[\]{}()]*\]|\{[^{}\[\]<>]*\}|\([^()\[\]{}]*\)"
)
_CAST = re.compile(r"\((?:byte|unsigned char|char|uint8_t)\)|\.toByte\(\)|\bbyte(?=\()")
_TAIL = re.compile(r",\s*buffer: ArrayBuffer[^\]]*|\[Uint8Contents\]:")  # consoles add it
_NUMBER = re.compile(r"(?:0[xX]([0-9a-fA-F]{1,2})|(-?\d{1,3}))(?:[uU]8?|i8)?|'([ -&(-\[\]-~])'")
_DECIMAL = re.compile(r"-?(?:0|[1-9]\d{0,2})")


def _read_arrays(text: str) -> Reading | None:
    """What is in brackets or braces; Wireshark calls the two ends peer0 and peer1."""
    text = _TAIL.sub("", _CAST.sub("", _without_comments(text)))
    pieces: list[Piece] = []
    around: list[str] = []
    note, at, end, declared = "", 0, 0, None
    for match in _GROUP.finditer(text):
        name, inside = text[max(at, match.start() - 80) : match.start()], match[0][1:-1].strip()
        around.append(text[end : match.start()])
        end = match.end()
        if re.search(r"\w$", name) and re.fullmatch(r"\d*", inside):
            declared = int(inside[:9]) if name.endswith("Array") and inside else None
            continue  # the length of the array
        if not re.search(r"\d|[0-9a-f]{2}", inside) and inside:
            continue
        _refuse_cut(inside)
        at = match.end()
        peer = re.search(r"peer([01])_", name)
        sender = (Role.CLIENT, Role.SERVER)[int(peer[1])] if peer else None
        data, how = _read_items(inside, match[0])
        if declared is not None and declared != len(data):
            raise ValueError(f"{declared} bytes are promised, and {len(data)} are here")
        pieces.append(Piece(sender, data))
        note, declared = note or how, None
    around.append(text[end:])
    words = _left_out(" ".join(around))
    return Reading(pieces, f"{words} {note}".strip()) if pieces else None


def _read_items(inside: str, group: str) -> tuple[bytes, str]:
    """The numbers between two brackets, and how they were read if there's another way."""
    if group.startswith("<") and "," not in inside:
        return _read_line(inside.removeprefix("Buffer")).data, ""
    items = re.findall(r"'[^'\n]'|[^\s,;]+", inside)
    if all(map(_DECIMAL.fullmatch, items)):
        pairs = len(items) > 1 and all(len(item) == 2 and item.isdigit() for item in items)
        note = "Read as decimal numbers, because they're in brackets. If it's hex, leave them out."
        return _numbers(items), note if pairs else ""
    if all(map(_NUMBER.fullmatch, items)) and re.search("0[xX]|'|[ui]8", inside):
        return _numbers(items), ""
    return _read_line(inside).data, ""


def _numbers(items: list[str]) -> bytes:
    """Numbers of C, JavaScript or Java, whose bytes have a sign; letters in quotes."""
    values = []
    for item in items:
        match = _NUMBER.fullmatch(item)
        assert match
        hexadecimal, decimal, letter = match.groups()
        if decimal and len(decimal) > 1 and decimal[0] == "0":
            raise ValueError(f"{quote(item)} begins with 0: write 0x for hex")
        value = int(hexadecimal, 16) if hexadecimal else int(decimal) if decimal else ord(letter)
        if not -128 <= value <= 255:
            raise ValueError(f"{value} is more than a byte holds: 0 to 255")
        values.append(value & 0xFF)
    return bytes(values)


def _without_comments(text: str) -> str:
    """C without its comments; as fast for a text of nothing but their beginnings."""
    parts = text.split("/*")
    text = parts[0] + "".join(part.partition("*/")[2] for part in parts[1:])
    return re.sub(r"//[^\n]*", "", text)


def _refuse_cut(text: str) -> None:
    if cut := _CUT.search(text):
        raise ValueError(f"the bytes are cut ({quote(cut[0])}): print all of them")


def _read_json(text: str) -> Reading | None:
    """A Buffer or a typed array, as JSON.stringify writes it."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, dict) and isinstance(value.get("log"), dict):
        raise LooksLike(
            "a HAR file. It has the payloads of messages, and not the frames that carried them: "
            "record with wslab relay, or with Wireshark"
        )
    items = value
    if isinstance(value, dict) and value:
        items = value.get("data")
        if list(value) == [str(number) for number in range(len(value))]:
            items = list(value.values())
        if not (isinstance(items, list) and all(type(item) is int for item in items)):
            raise LooksLike("JSON. " + _ONLY_BYTES)
        return Reading([Piece(None, _numbers([str(item)[:9] for item in items]))])
    if isinstance(items, list) and not all(isinstance(item, int) for item in items):
        raise LooksLike("JSON. " + _ONLY_BYTES)
    return None


def _is_decimal(text: str) -> bool:
    """Numbers without brackets that hex in pairs can't be."""
    items = [item for item in re.split(r"[\s,;]+", text) if item]
    return (
        len(items) > 1
        and all(map(_DECIMAL.fullmatch, items))
        and all(-128 <= int(item) <= 255 for item in items)
        and any(len(item) > 2 or item[0] == "-" for item in items)
    )


def _read_decimal(text: str) -> Reading:
    items = [item for item in re.split(r"[\s,;]+", text) if item]
    return Reading([Piece(None, _numbers(items))], "Read as decimal numbers.")


# ---------------------------------------------------------------- plain hex


def _read_lines(text: str) -> Reading:
    """Plain hex; a line without a marker of direction goes on with the one before it."""
    pieces: list[Piece] = []
    several = "\n" in text.strip()
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            sender, data = _read_line(line, number if several else 0)
            pieces.append(Piece(sender or (pieces[-1].sender if pieces else None), data))
    items = re.split(r"[\s,;]+", text.strip())
    doubtful = len(items) > 1 and all(re.fullmatch("[1-9][0-9]", item) for item in items)
    note = "Read as hex. If the numbers are decimal, write them in brackets: [10, 33]."
    if re.fullmatch("(?:[01]{8})+", text.strip()):
        doubtful, note = True, "Read as hex. If these are bits, put a space after every eight."
    return Reading(merge(pieces), note if doubtful else "")


_QUOTED_HEX = re.compile(
    r"""[\w.\s=:!]*\(?["']([0-9a-fA-F\s:,-]+)["'](?:, ?["']hex["'])?[\s);]*""", re.ASCII
)


def _read_quoted(text: str) -> Reading | None:
    """As in bytes.fromhex('81 05'), and in SQL."""
    match = _QUOTED_HEX.fullmatch(text)
    return _read_lines(match[1]) if match else None


def _read_line(line: str, number: int = 0) -> Piece:
    """Plain hex, perhaps with a marker of direction in front."""
    sender, data = None, []
    if match := _MARKER.match(line):
        sender = _SENDERS[match[1]]
    tokens = _NOISE.split(line[match.end() :] if match else line)
    prefixed = sum(token[:2] in ("0x", "0X") for token in tokens)
    for token in tokens:
        digits = re.sub("^0[xX]", "", token)
        if odd := re.search(r"[^0-9a-fA-F]", digits):
            where = _where(line, line.find(odd[0], match.end() if match else 0), number)
            raise NotHex(f"{odd[0]!a} in {quote(line)} is not a hex digit{where}")
        # 0x8 is a number of one digit, and a byte; 0x123 has lost a digit, or has one too many.
        if len(digits) % 2 and (len(digits) == len(token) or len(digits) > 1):
            raise ValueError(
                f"{quote(token)} in {quote(line)} has an odd number of hex digits; two make a byte"
            )
        if prefixed > 1 and len(digits) == len(token) and re.fullmatch("[1-9][0-9]", token):
            raise ValueError(f"{token} has no 0x, and others have: is it decimal?")
        data.append(bytes.fromhex(digits.zfill(len(digits) + len(digits) % 2)))
    return Piece(sender, b"".join(data))


_ALIKE = {"O": "0", "o": "0", "l": "1", "I": "1"}


def _where(line: str, at: int, number: int) -> str:
    """Where to look for a character in a line that is hex for the rest."""
    char, sample = line[at], line[:1000]
    hexadecimal = sum(char in "0123456789abcdefABCDEF \t,:xX" for char in sample)
    unusual = not char.isascii() or not char.isprintable()
    if hexadecimal < (0.5 if unusual else 0.75) * len(sample):
        return "; it looks like ordinary text"
    name = unicodedata.name(char, f"the control character U+{ord(char):04X}")
    if char in _ALIKE:
        name = f"the letter {char}, not the digit {_ALIKE[char]}"
    return f": character {at + 1}{f' of line {number}' if number else ''} is {name}"


def _is_base64(text: str) -> bool:
    """One word, or lines of one length, of letters and digits that no word of a language has."""
    lines = text.strip().strip("\"'").split("\n")
    if any(len(line) != len(lines[0]) for line in lines[1:-1]) or len(lines[-1]) > len(lines[0]):
        return False
    joined = "".join(line.strip() for line in lines)
    mixed = all(re.search(kind, joined) for kind in ("[a-z]", "[A-Z]", "[0-9+/_-]"))
    return bool(
        re.fullmatch("[A-Za-z0-9+/_-]{4,}={0,2}", joined)
        and (joined.endswith("=") or (mixed and len(joined) >= 8))
    )


# ---------------------------------------------------------------- the table

_COLOURS = re.compile("\x1b\\[[0-9;]*[mK]")
"""xxd and grep colour what they print."""

_ONLY_BYTES = "Give the bytes that crossed the connection, in hex"
_KINDS_OF_TEXT: tuple[tuple[str, Callable[[str], object], str], ...] = (
    (
        "base64",
        lambda text: _is_base64(text),
        "If it holds the bytes of frames, decode it: base64 -d FILE | python -m wslab explain -. "
        "Browsers show payloads this way, and Sec-WebSocket-Key is a text, not bytes to explain",
    ),
    (
        "source code",
        re.compile(
            r"^\s*(?:def |class |import |from \w+ import|#include|function\b|const |let |var |"
            r"public |package |fn |func |#!)",
            re.M,
        ).search,
        "Give the bytes that it sends or receives: print them with .hex(), for example",
    ),
)
"""Texts that are named only after they couldn't be read."""


class Notation(NamedTuple):
    """A kind of text: how to recognise it, and how to read it, or why that can't be."""

    name: str
    recognise: Callable[[str], object]
    read: Callable[[str], Reading | None] | str


def _find(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern, re.M).search


NOTATIONS = (
    Notation("a Python traceback", _find(r"^Traceback \(most recent call last\)"), _ONLY_BYTES),
    Notation(
        "a certificate or key (PEM)",
        _find(r"^-----BEGIN "),
        _ONLY_BYTES,
    ),
    Notation(
        "what explain prints",
        _find(r"^ *at  bytes +field"),
        "Give it the bytes, or the file that record or relay saved",
    ),
    Notation(
        "HTTP with marks of curl -v",
        _find(r"^[<>*] (?:HTTP/\d|[A-Z]+ \S+ HTTP/\d)"),
        "Use curl --trace - in place of -v: it prints the bytes",
    ),
    Notation(
        "the beginning of HTTP",
        re.compile(r"\s*(?:HTTP/\d|[A-Z]+ [!-~]+ HTTP/\d)").match,
        "Save it to a file, with CR LF at the end of each line, and give the file's name",
    ),
    Notation(
        "a page of HTML or XML", re.compile(r"\s*<(?:!doctype|html|\?xml|head|body)", re.I).match,
        _ONLY_BYTES,
    ),
    Notation(
        "a URL",
        re.compile(r"\s*(?:https?|wss?|ftp|file)://\S+\s*$", re.I).match,
        "Connect to it to see bytes: python -m wslab connect URL --explain",
    ),
    Notation(
        "bits",
        re.compile(
            r"\s*(?:[01]{8}[\s,]+(?:[01]{8}(?:[\s,]+|$))+|(?:[01]{4}[ _]+[01]{4}(?:[\s,]+|$))+"
            r"|(?:0b[01][01_]{0,31}(?:[\s,]+|$))+)\Z"
        ).match,
        _read_bits,
    ),
    Notation("hex in quotes", _QUOTED_HEX.fullmatch, _read_quoted),
    Notation("a hex dump", lambda text: True, read_dump),
    Notation("JSON", re.compile(r"\s*[\[{]").match, _read_json),
    Notation("a literal", _has_literal, _read_literals),
    Notation("escapes", re.compile(r"\s*\\(?:x|[0-7]{3})").match, _read_bare_escapes),
    Notation(
        "octal numbers, as od -b writes them",
        re.compile(r"(?:\s*\b[0-3][0-7]{2}\b){2,}\s*\Z").match,
        "Use od -A x -t x1. If the numbers are decimal, write them in brackets: [129, 5]",
    ),
    Notation("decimal numbers", _is_decimal, _read_decimal),
    Notation("lists and arrays",
        re.compile(r"[\[{(]|<Buffer|<<[0-9]|\A\s*<[0-9a-fA-F ]+>").search,
        _read_arrays),
    Notation("hex", lambda text: True, _read_lines),
)  # fmt: skip
"""In the order in which they're tried; a reader may find that it's something else after all."""
