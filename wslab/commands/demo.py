"""``python -m wslab demo``: the same words over a raw TCP socket and a WebSocket, side by side."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .. import tcp_echo, ws_echo
from ..errors import Error
from ..observe.dissect import Dissection, dissect
from ..observe.recording import Recording
from ..protocol.rfc import Role
from ..views.text import explain, ladder, side_by_side, wants_color
from . import command

NEXT = """
Next
====
python -m wslab serve ws --tap   talk to it from a browser: every byte, live
python start.py                  the lessons, from the first byte on"""

WORDS = ("Hello", "What is the difference?")
TIMES = "ms: since each recording began, connecting included; this measures no speed."


def add(commands: Any) -> None:
    """Its words on the command line."""
    summary = "say the same words over TCP and over WebSocket, and explain every byte"
    examples = "  python -m wslab demo\n  python -m wslab demo Hello 'How are you?'"
    parser = command(commands, "demo", run, summary, examples)
    parser.add_argument("text", nargs="*", metavar="TEXT", help="what to say; each is a message")


def run(args: argparse.Namespace) -> int:
    """Both echoes, side by side."""
    try:
        conversations = converse(args.text or WORDS)
    except UnicodeEncodeError as error:
        raise Error(f"{error.object!a} is not text in UTF-8.") from None
    print(report(*conversations, wants_color(sys.stdout)))
    print(NEXT)
    return 0


class Conversation(NamedTuple):
    """One of the two conversations; ``words`` is what was said, in bytes of UTF-8."""

    url: str
    words: tuple[bytes, ...]
    recording: Recording
    dissection: Dissection

    @property
    def application_bytes(self) -> int:
        """The words and their echoes: what it was all about."""
        return 2 * sum(map(len, self.words))

    @property
    def stream_bytes(self) -> int:
        """All bytes of both directions."""
        return sum(self.recording.size(role) for role in Role)

    def bytes_of(self, kind: str) -> int:
        """The bytes of all items of one kind: "handshake", "frame" or "bytes"."""
        return sum(len(item.raw) for item in self.dissection if item.kind == kind)

    @property
    def round_trips(self) -> int:
        """How often the client had to wait for the server until the first word was answered.

        One for TCP's own connection, which happens below the socket; the others are counted in
        the recording: each answer to something that the client said.
        """
        trips, asked = 1, False
        for item in self.dissection:
            if item.sender is Role.SERVER and asked:
                trips, asked = trips + 1, False
                if item.kind != "handshake":
                    break
            asked = asked or item.sender is Role.CLIENT
        return trips


def converse(words: Sequence[str] = WORDS) -> tuple[Conversation, Conversation]:
    """Say ``words`` to a TCP echo and to a WebSocket echo, both on this machine, and record it."""
    spoken = tuple(word.encode() for word in words)
    return _run_tcp(spoken), _run_websocket(spoken)


def _run_tcp(words: tuple[bytes, ...]) -> Conversation:
    recording = Recording()
    with tcp_echo.serve() as server, tcp_echo.connect(server.url, tap=recording) as sock:
        _check(words, list(tcp_echo.say(sock, words)))
        url = server.url
    return Conversation(url, words, recording, dissect(recording, "tcp"))


def _run_websocket(words: tuple[bytes, ...]) -> Conversation:
    recording = Recording()
    with ws_echo.serve() as server, ws_echo.connect(server.url, tap=recording) as ws:
        texts = [word.decode() for word in words]
        _check(texts, list(ws_echo.say(ws, texts)))
        url = server.url
    return Conversation(url, words, recording, dissect(recording, "websocket"))


def _check(said: Sequence[object], heard: Sequence[object]) -> None:
    if list(said) != list(heard):
        raise RuntimeError(f"that was no echo: said {said!r}, heard {heard!r}")


def report(tcp: Conversation, websocket: Conversation, color: bool = False) -> str:
    """Both conversations as text, 80 columns wide: in short, every byte, and the totals."""
    head = side_by_side(
        ["RAW TCP SOCKET", tcp.url, "", *ladder(tcp.dissection)],
        ["WEBSOCKET", websocket.url, "", *ladder(websocket.dissection)],
    )
    return "\n".join(
        (
            head,
            "",
            TIMES,
            "",
            _title("Every byte of the raw TCP conversation"),
            explain(tcp.dissection, color) or "None: an empty text is nothing on a stream.",
            "",
            _title("Every byte of the WebSocket conversation"),
            explain(websocket.dissection, color),
            "",
            _title("Totals"),
            _totals(tcp, websocket),
        )
    )


def _totals(tcp: Conversation, websocket: Conversation) -> str:
    rows: list[tuple[str, Callable[[Conversation], int]]] = [
        ("application bytes (your words, both ways)", lambda c: c.application_bytes),
        ("bytes on the stream", lambda c: c.stream_bytes),
        ("    of these: opening handshake", lambda c: c.bytes_of("handshake")),
        ("    of these: frames (headers, masks, words, Close)", lambda c: c.bytes_of("frame")),
        ("trips: round trips until the 1st answer (1 opens TCP)", lambda c: c.round_trips),
    ]
    lines = [f"{'':<54}{'raw TCP':>11}{'WebSocket':>13}"]
    lines += [f"{name:<54}{count(tcp):>11}{count(websocket):>13}" for name, count in rows]
    return "\n".join(lines)


def _title(text: str) -> str:
    return f"{text}\n{'=' * len(text)}"
