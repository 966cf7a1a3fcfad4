"""``python -m wslab explain``: bytes in any notation, every one of them explained."""

from __future__ import annotations

import argparse
import os
import re
import sys
import textwrap
from collections.abc import Iterable
from typing import Any

from ..errors import Error
from ..filetypes import refuse_known, unpack
from ..observe.deflate import NAME as DEFLATE
from ..observe.dissect import Dissector, Protocol, dissect, looks_like_http
from ..observe.fields import Item
from ..observe.files import read_file
from ..observe.recording import FORMAT, Event, Recording
from ..protocol.http import Headers, Response
from ..protocol.rfc import Role
from ..unhex import LooksLike, Piece, Reading, merge, read_text
from ..views.text import WIDTH, explain, wants_color
from . import command

EXAMPLE = "81 05 48 65 6c 6c 6f"
MOST_BYTES = 2**24
"""A larger file is refused: nobody reads a million frames, and a device never ends."""
MOST_FRAMES = 1000
"""So many are shown: each fills half a screen."""


def add(commands: Any) -> None:
    """Its words on the command line."""
    summary = "explain bytes: a frame, a handshake, or a whole recording"
    examples = (
        "  python -m wslab explain 81 85 37 fa 21 3d 7f 9f 4d 51 58\n"
        "  python -m wslab explain 0x89,0x05,0x48,0x65,0x6c,0x6c,0x6f\n"
        "  python -m wslab explain dump.txt          (hex, a hex dump, or raw bytes)\n"
        "  python -m wslab explain talk.json         (what record or relay saved)\n"
        "  xxd recording.bin | python -m wslab explain -\n"
        "Lines of hex that begin with > were sent by the client, with < by the server.\n"
        "Bytes can be hex, bits in groups of eight, decimal numbers in brackets, literals\n"
        "and arrays of Python, JavaScript, C, Go, Java or Rust, or what xxd, hexdump -C,\n"
        "od -t x1, tcpdump -X, Wireshark, gdb, curl --trace or Format-Hex print.\n"
        "If the bytes may be something else, a sentence at the top says so."
    )
    parser = command(commands, "explain", run, summary, examples)
    parser.add_argument("bytes", nargs="+", metavar="HEX|FILE|-", help="what to explain")
    option = parser.add_argument
    option("--sender", choices=["client", "server"], help="who sent it (default: guessed)")
    option("--protocol", choices=["auto", "tcp", "websocket"], default="auto",
           help="what it is (default: %(default)s)")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Bytes in any notation, every one of them explained."""
    recording = _read_recording(args.bytes)
    if recording is not None:
        print(explain(dissect(recording, args.protocol), wants_color(sys.stdout)))
        return 0
    name, reading = _read_bytes(args.bytes, args.protocol)
    pieces, notes = reading.pieces, [reading.note]
    try:
        if args.protocol != "tcp":
            pieces = _without_headers(pieces, notes)
            refuse_known(pieces[0].data)
    except LooksLike as error:
        raise _known(name, error) from None
    pieces, rest = merge(pieces), 0
    if args.protocol != "tcp":
        pieces, rest = _first_frames(pieces)
    if rest:
        notes.append(f"Only the first {MOST_FRAMES} frames: {rest} more bytes aren't shown.")
    items, doubt = _dissect(pieces, args.protocol, Role(args.sender) if args.sender else None)
    for note in filter(None, [doubt, *notes]):
        print(textwrap.fill(note, WIDTH, break_long_words=False), end="\n\n")
    print(explain(items, wants_color(sys.stdout)))
    return 0


# ---------------------------------------------------------------- where the bytes come from


def _read_recording(words: list[str]) -> Recording | None:
    """What --output saved; None if it is something else that should be explained."""
    if len(words) != 1 or not os.path.isfile(words[0]):
        return None
    if FORMAT.encode() not in read_file(words[0], 64):
        return None
    return _load(words[0])


def _load(name: str) -> Recording:
    try:
        return Recording.load(name)
    except Error as error:
        raise Error(str(error)) from None


def _read_bytes(words: list[str], protocol: Protocol) -> tuple[str, Reading]:
    """From the command line, a file or standard input; with a name for them."""
    if words == ["-"] or (len(words) == 1 and os.path.exists(words[0])):
        if words == ["-"]:
            name = "standard input"
            data = sys.stdin.buffer.read(MOST_BYTES + 1) if sys.stdin else b""
        else:
            name, data = words[0], read_file(words[0], MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            size = MOST_BYTES >> 20
            raise Error(f"{name} has more than {size} MiB: cut out what you want to see.")
        return name, _read_hex_or_raw(data, name, protocol)
    # Each word with a mark of direction is a line.
    marked = any(word.lstrip().startswith(("<", ">", "->")) for word in words)
    name = "this"
    if len(words) == 1 and words[0].strip():
        name = f"{words[0][:50]!a} (there is no file of that name)"
    try:
        return "this", read_text(("\n" if marked else " ").join(words))
    except ValueError as error:
        if files := [word for word in words[:100] if len(words) > 1 and os.path.isfile(word)]:
            raise Error(f"One file at a time: explain {files[0]}") from None
        raise _no_hex(name, error) from None


def _read_hex_or_raw(data: bytes, name: str, protocol: Protocol) -> Reading:
    """Text is taken for hex, unless it is HTTP; no frame is text alone (§5.2: the RSV bits)."""
    if FORMAT.encode() in data[:64]:
        raise Error("That is a recording, as record saves it: give its file by name.")
    raw = Reading([Piece(None, data)])
    text = _decode(data)
    if text is None or looks_like_http(data):
        return raw
    try:
        return read_text(text)
    except ValueError as error:
        if protocol == "tcp" and data:
            return raw
        try:
            refuse_known(data)
        except LooksLike as known:
            raise _known(name, known) from None
        if name.endswith(".json") and not isinstance(error, LooksLike):
            _load(name)
        raise _no_hex(name, error) from None


def _no_hex(what: str, error: ValueError) -> Error:
    if isinstance(error, LooksLike):
        return _known(what, error)
    return Error(f"Cannot read {what} as hex: {error}. Write it like this: {EXAMPLE}")


def _known(what: str, error: LooksLike) -> Error:
    return Error(f"Cannot explain {what}: it looks like {error}.")


_HEX_TEXT = b"0123456789abcdefABCDEF \t\r\n,:x"
_ASCII = bytes(range(32, 127)) + b"\t\r\n"
_COLOURS = re.compile(rb"\x1b\[[0-9;]*[mK]")


def _decode(data: bytes) -> str | None:
    """As text, also in the encodings of Windows; None if they are bytes and not a text.

    Text with one character that can't be seen is still text: the reader of hex points at it.
    """
    encoding = "utf-8-sig"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif len(data) > 3 and all(data[:200:2]) and not any(data[1:200:2]):
        encoding = "utf-16-le"
    plain = _COLOURS.sub(b"", data)
    try:
        text = plain.decode(encoding)
    except UnicodeDecodeError:
        text = plain.decode("latin-1")
        seen = False
    else:
        seen = all(c.isprintable() or c.isspace() for c in text)
    letters = text.encode("latin-1", "replace")
    in_hex = len(letters) - len(letters.translate(None, _HEX_TEXT))
    in_ascii = len(letters) - len(letters.translate(None, _ASCII))
    # No frame begins with a printable character: it would set a reserved bit (§5.2).
    mostly = in_hex >= 0.6 * len(letters) or (text[0] > " " and in_ascii >= 0.75 * len(letters))
    return text if seen or (mostly and _doubt(dissect(data))) else None


def _without_headers(pieces: list[Piece], notes: list[str]) -> list[Piece]:
    """The streams inside whole packets of a network, if that is what the pieces are.

    Raises:
        LooksLike: Packets without bytes of a TCP stream.
    """
    packets = [unpack(piece.data) for piece in pieces]
    found = [packet for packet in packets if packet is not None]
    if not found:
        return pieces
    if len(found) < len(pieces) or not any(packet.payload for packet in found):
        what = "have no payload" if len(found) == len(pieces) else "come with other bytes"
        raise LooksLike(f"packets ({found[0].names}) that {what}. Copy one with a payload")
    if len({frozenset((packet.sender, packet.receiver)) for packet in found}) > 1:
        raise LooksLike("packets of several connections. Copy those of one")
    many = f" of {len(found)} packets" if len(found) > 1 else ""
    notes.append(f"Skipped the {found[0].names}{many}: this is the TCP payload.")
    # A capture may have a packet twice: sent again, or seen on two interfaces.
    return [Piece(None, packet.payload) for packet in dict.fromkeys(found)]


# ---------------------------------------------------------------- what they are, and doubts


def _dissect(
    pieces: list[Piece], protocol: Protocol, sender: Role | None
) -> tuple[list[Item], str]:
    """Units, and what is doubtful about them, in one sentence."""
    data = b"".join(piece.data for piece in pieces)
    if not any(piece.sender for piece in pieces):
        items = dissect(data, protocol, sender).items
    else:
        items = _conversation(pieces, protocol)
    doubt = "" if protocol == "tcp" else _doubt(items)
    if "RSV1 is set" in doubt:
        return _deflated(pieces, sender, items, doubt)
    if doubt and (size := _swapped(data)):
        doubt += f" With the bytes of each group of {size} in reverse it would be frames: did"
        doubt += " hexdump, od or xxd -e write them? Use hexdump -C, or xxd."
    senders = {item.sender for item in items if item.kind == "frame"}
    if not doubt and len(senders) > 1 and not any(piece.sender for piece in pieces):
        doubt = "Who sent what is guessed: clients mask their frames. Mark lines with > and <."
    return items, doubt


def _conversation(pieces: list[Piece], protocol: Protocol) -> list[Item]:
    """Of both ends, with a handshake or without."""
    recording = Recording(max_total=sys.maxsize, clock=lambda: 0.0)
    for piece in pieces:
        recording.add(piece.sender or Role.CLIENT, piece.data)
    opened = protocol != "tcp" and not looks_like_http(pieces[0].data)
    return dissect(recording, protocol, opened=opened).items


def _deflated(
    pieces: list[Piece], sender: Role | None, items: list[Item], doubt: str
) -> tuple[list[Item], str]:
    """Frames that are read as compressed: without a handshake nobody knows (RFC 7692 §6)."""
    dissector = Dissector("websocket", opened=True)
    agreed = Response(101, "", Headers([("Sec-WebSocket-Extensions", DEFLATE)]))
    for role in Role:
        dissector.direction(role).agree(agreed)
    inflated: list[Item] = []
    for piece in pieces:
        masked = len(piece.data) > 1 and piece.data[1] >= 0x80
        role = piece.sender or sender or (Role.CLIENT if masked else Role.SERVER)
        inflated += dissector.feed(Event(0.0, role, piece.data, len(piece.data)))
    inflated += dissector.end()
    fields = [field for item in inflated for field in item.fields]
    if _doubt(inflated) or any("cannot be inflated" in field.meaning for field in fields):
        return items, f"{doubt} If it's {DEFLATE}, give the whole conversation with its handshake."
    return inflated, (
        f"RSV1 is set: probably {DEFLATE} (RFC 7692), and inflated here. "
        "The handshake, which isn't here, would prove it."
    )


def _doubt(items: Iterable[Item]) -> str:
    """Why these may not be the frames or the handshake that they seem to be, in a sentence."""
    last = None
    for last in items:
        refused = [f.meaning for f in last.fields if "; refused, " in f.meaning]
        if refused or last.kind == "unparsed":
            why = refused[0].partition("; refused, ")[2] if refused else last.fields[0].meaning
            if "breaks off" in why:
                return f"The bytes end too early: {why}."
            start = last.fields[0].start
            where = f"From offset {start} on this" if start else "This"
            return f"{where} isn't WebSocket, or breaks its rules: {why}."
    if (
        last is not None
        and last.kind == "frame"
        and (missing := _frame_size(last.raw) - len(last.raw)) > 0
    ):
        return f"The bytes end inside a frame: {missing} bytes of it are missing."
    if last is not None and last.kind == "handshake" and last.fields[-1].label != "blank line":
        return "The bytes end inside the HTTP headers: the blank line is missing."
    return ""


def _frame_size(data: bytes, at: int = 0) -> int:
    """How many bytes the frame that begins there should have (§5.2)."""
    second = data[at + 1] if at + 1 < len(data) else 0
    length, extended = second & 0x7F, {126: 2, 127: 8}.get(second & 0x7F, 0)
    if extended:
        start = at + 2
        length = int.from_bytes(data[start : start + extended].ljust(extended, b"\0"), "big")
    return 2 + extended + 4 * (second >> 7) + length


def _first_frames(pieces: list[Piece]) -> tuple[list[Piece], int]:
    """As much of the pieces as can be shown, and the number of bytes that are left."""
    kept, frames = [], MOST_FRAMES
    for piece in pieces:
        at = 0
        if looks_like_http(piece.data):
            end = piece.data.rfind(b"\r\n\r\n")
            at = len(piece.data) if end < 0 else end + 4
        while frames and at < len(piece.data):
            at, frames = at + _frame_size(piece.data, at), frames - 1
        kept.append(piece._replace(data=piece.data[:at]))
        if not frames:
            break
    return kept, sum(len(piece.data) for piece in pieces) - sum(len(p.data) for p in kept)


def _swapped(data: bytes) -> int:
    """The size of groups (2 or 4) in which these bytes would be frames if each were reversed."""
    if len(data) > 4096:
        return 0
    for size in (2, 4):
        parts = [data[at : at + size][::-1] for at in range(0, len(data), size)]
        turned = b"".join(parts)
        # These tools fill up the last group with 0.
        for pad in range(size):
            frames = turned[: len(turned) - pad]
            if frames + bytes(pad) == turned and not _doubt(dissect(frames)):
                return size
    return 0
