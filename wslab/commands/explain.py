"""``python -m wslab explain``: bytes in any notation, every one of them explained."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from ..observe.dissect import Dissection, Protocol, dissect, looks_like_http
from ..observe.files import read_file
from ..observe.pcapng import MAGIC as PCAPNG
from ..observe.store import FORMAT, DamagedRecording
from ..observe.tap import Recording
from ..protocol.rfc import Role
from ..unhex import Piece, unhex
from ..views.text import explain, wants_color
from . import UsageError
from .words import command

EXAMPLE = "81 05 48 65 6c 6c 6f"


def add(commands: Any) -> None:
    """Its words on the command line."""
    summary = "explain bytes: a frame, a handshake, or a whole recording"
    examples = (
        "  python -m wslab explain 81 85 37 fa 21 3d 7f 9f 4d 51 58\n"
        "  python -m wslab explain 0x89,0x05,0x48,0x65,0x6c,0x6c,0x6f\n"
        "  python -m wslab explain dump.txt          (hex, a hex dump, or raw bytes)\n"
        "  python -m wslab explain talk.json         (what record or relay saved)\n"
        "  xxd recording.bin | python -m wslab explain -\n"
        "Lines of hex that begin with > were sent by the client, with < by the server."
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
    pieces = _read_bytes(args.bytes, args.protocol)
    if any(piece.sender for piece in pieces):
        found = _conversation(pieces, args.protocol)
    else:
        sender = Role(args.sender) if args.sender else None
        found = dissect(pieces[0].data, args.protocol, sender)
    print(explain(found, wants_color(sys.stdout)))
    return 0


def _read_recording(words: list[str]) -> Recording | None:
    """What --output saved; None if it is something else that should be explained."""
    if len(words) != 1 or not os.path.isfile(words[0]):
        return None
    name, start = words[0], read_file(words[0])[:64]
    if start.startswith(PCAPNG):
        text = f"{name} is a capture for Wireshark: open it there, or record to a .json file."
        raise UsageError(text)
    if not name.endswith(".json") and FORMAT.encode() not in start:
        return None
    try:
        return Recording.load(name)
    except DamagedRecording as error:
        raise UsageError(str(error)) from None


def _conversation(pieces: list[Piece], protocol: Protocol) -> Dissection:
    """Of both ends, with a handshake or without."""
    recording = Recording(max_event=sys.maxsize, max_total=sys.maxsize, clock=lambda: 0.0)
    for piece in pieces:
        recording.add(piece.sender or Role.CLIENT, piece.data)
    opened = protocol != "tcp" and not looks_like_http(pieces[0].data)
    return dissect(recording, protocol, opened=opened)


def _read_bytes(words: list[str], protocol: Protocol) -> list[Piece]:
    """From the command line, a file or standard input; from hex or as they are."""
    if words == ["-"]:
        data = sys.stdin.buffer.read() if sys.stdin else b""
        return _read_hex_or_raw(data, "standard input", protocol)
    if len(words) == 1 and os.path.exists(words[0]):
        return _read_hex_or_raw(read_file(words[0]), words[0], protocol)
    try:
        # Each word with a mark of direction is a line.
        marked = any(word.lstrip().startswith(("<", ">", "->")) for word in words)
        return unhex(("\n" if marked else " ").join(words))
    except ValueError as error:
        what = "this"
        if len(words) == 1 and words[0].strip():
            what = f"{words[0][:50]!a} (there is no file of that name)"
        elif files := [word for word in words if os.path.isfile(word)]:
            raise UsageError(f"One file at a time: explain {files[0]}") from None
        raise _no_hex(what, error) from None


def _read_hex_or_raw(data: bytes, name: str, protocol: Protocol) -> list[Piece]:
    """Text is taken for hex, unless it is HTTP; no frame is text alone (§5.2: the RSV bits)."""
    if FORMAT.encode() in data[:64]:
        raise UsageError("That is a recording, as record saves it: give its file by name.")
    text = _decode(data)
    if text is None or looks_like_http(data):
        return [Piece(None, data)]
    try:
        return unhex(text)
    except ValueError as error:
        if protocol == "tcp" and data:
            return [Piece(None, data)]
        raise _no_hex(name, error) from None


def _no_hex(what: str, error: ValueError) -> UsageError:
    return UsageError(f"Cannot read {what} as hex: {error}. Write it like this: {EXAMPLE}")


def _decode(data: bytes) -> str | None:
    """As text, also in the encodings of Windows; None if it is none."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return text if all(c.isprintable() or c.isspace() for c in text) else None
