"""Eavesdropping: what a man in the middle reads of ``ws://``, and what of ``wss://``.

The eavesdropper is a relay between client and server, without any secret of theirs, that sees only
the bytes of the wire. In ``ws://`` it reads every message, though the client masks: the key stands
in the frame (§5.3). In ``wss://`` it reads none (§10.6), and still learns something: which server
is called by name, when something is said, and how long it is. Sizes are in bytes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..client import connect
from ..observe.recording import Recording
from ..observe.relay import Relay
from ..protocol.handshake import accept_value
from ..protocol.rfc import Role
from ..server import serve
from ..views.columns import shorten
from ..websocket import WebSocket
from . import overhear, tls_visible
from .certificates import Certificates, certificates

Talk = Sequence[tuple[str, str]]

TALK: Talk = (
    ("I am Alice, and my password is: correct horse", "Welcome, Alice."),
    ("What is my balance?", "Your balance is 1234.56."),
    ("Pay 250.00 to Bob: " + "it is for the garden, " * 6, "Done. Your balance is 984.56."),
)
"""What client and server say by default: questions, each with its answer."""

NAME = "bank.example"
"""The name by which the client calls the server."""

SHORTEST, LONGEST = 10, 16_000


@dataclass(frozen=True)
class Plain:
    """What the eavesdropper has of the conversation over ``ws://``."""

    recording: Recording
    from_client: tuple[str | bytes, ...]
    from_server: tuple[str | bytes, ...]
    key: str
    """Sec-WebSocket-Key, as it stood in the request."""
    accept: str
    """Sec-WebSocket-Accept, as it stood in the answer."""
    computed: str
    """What the eavesdropper computes from the key. No password: everybody who sees it can."""


@dataclass(frozen=True)
class Secure:
    """What it has of the same conversation over ``wss://``."""

    recording: Recording
    from_client: tuple[str | bytes, ...]
    from_server: tuple[str | bytes, ...]
    found: tuple[str, ...]
    """The messages that occur on the wire, as they are or masked with any key."""
    name: str
    """The name that the client said, before anything was encrypted."""
    records: tuple[tls_visible.Record, ...]
    guesses: tuple[int | None, ...]
    """The length of each message, guessed from its record; what follows the last is the end."""


@dataclass(frozen=True)
class Eavesdropped:
    """What was said, and what the eavesdropper has of it; ``secure`` is None without TLS."""

    talk: tuple[tuple[str, str], ...]
    plain: Plain
    secure: Secure | None

    @property
    def said(self) -> tuple[str, ...]:
        """All messages, in the order in which they crossed."""
        return tuple(text for pair in self.talk for text in pair)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Their lengths in bytes of UTF-8: what the guesses should be."""
        return tuple(len(text.encode()) for text in self.said)

    def __str__(self) -> str:
        return "\n".join(_tell_plain(self.plain) + _tell_secure(self))


def run(
    talk: Talk = TALK,
    *,
    tls: bool = True,
    clock: Callable[[], float] = time.perf_counter,
    random: Callable[[int], bytes] = os.urandom,
) -> Eavesdropped:
    """Hold the conversation twice through the eavesdropper's relay, and tell what it learned.

    ``tls=False`` leaves the second time out, for which ``trustme`` must be installed. Raises
    Error if it is not, and ValueError for messages that are too short or too long.
    """
    for text in (text for pair in talk for text in pair):
        # A few bytes may stand anywhere by chance; and a long message takes more than one record.
        if not SHORTEST <= len(text.encode()) <= LONGEST:
            raise ValueError(f"a message here has {SHORTEST} to {LONGEST} bytes, not {text[:20]!r}")
    papers = certificates(NAME) if tls else None
    plain = _read_plain(_hold(talk, None, clock, random))
    secure = _read_secure(talk, _hold(talk, papers, clock, random)) if papers else None
    return Eavesdropped(tuple(talk), plain, secure)


def _hold(
    talk: Talk,
    papers: Certificates | None,
    clock: Callable[[], float],
    random: Callable[[int], bytes],
) -> Recording:
    """The conversation, through the relay: what crossed the relay."""
    recording = Recording(clock=clock)

    def answer(ws: WebSocket) -> None:
        for _, reply in talk:
            ws.recv()
            ws.send(reply)
        ws.recv()  # waits for the client's Close

    with (
        serve(answer, ssl=papers and papers.server) as server,
        Relay(server.address, record=lambda _: recording, report=lambda _: None) as middle,
    ):
        scheme = "wss" if papers else "ws"
        url = "{}://{}:{}/".format(scheme, *middle.address)
        with connect(url, ssl=papers and papers.client, random=random) as ws:
            for question, _ in talk:
                ws.send(question)
                ws.recv(timeout=30)
    return recording


def _read_plain(recording: Recording) -> Plain:
    client, server = recording.stream(Role.CLIENT), recording.stream(Role.SERVER)
    key = overhear.handshake_value(client)
    return Plain(
        recording,
        overhear.messages(client),
        overhear.messages(server),
        key,
        overhear.handshake_value(server),
        accept_value(key),
    )


def _read_secure(talk: Talk, recording: Recording) -> Secure:
    client, server = recording.stream(Role.CLIENT), recording.stream(Role.SERVER)
    found = [q for q, _ in talk if occurs(q.encode(), client)]
    found += [a for _, a in talk if occurs(a.encode(), server)]
    records = tuple(tls_visible.talk(tls_visible.records(recording)))
    return Secure(
        recording,
        overhear.messages(client),
        overhear.messages(server),
        tuple(found),
        tls_visible.server_name(client),
        records,
        tuple(map(tls_visible.payload_size, records)),
    )


def occurs(message: bytes, stream: bytes) -> bool:
    """Whether ``message`` stands in ``stream``, as it is or masked, with whatever key.

    No key has to be tried. Bytes that are four places apart are masked with the same byte of the
    key, and in the XOR of the two it cancels out.

    >>> occurs(b"Hello, world", bytes.fromhex("37fa213d 7f9f4d51 58d6014a 58884d59"))
    True
    >>> occurs(b"Hello, earth", bytes.fromhex("37fa213d 7f9f4d51 58d6014a 58884d59"))
    False
    """
    return message in stream or _without_key(message) in _without_key(stream)


def _without_key(data: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(data, data[4:], strict=False))


# ---------------------------------------------------------------- as text

_ARROWS = {Role.CLIENT: "->", Role.SERVER: "<-"}


def _tell_plain(plain: Plain) -> list[str]:
    lines = ["ws://   What the eavesdropper reads, without any secret:", ""]
    for question, answer in zip(plain.from_client, plain.from_server, strict=False):
        lines += [f"    -> {shorten(repr(question), 72)}", f"    <- {shorten(repr(answer), 72)}"]
    same = "(no password!)" if plain.computed == plain.accept else "(another)"
    lines += [
        "",
        f"    Sec-WebSocket-Key     {plain.key}",
        f"    Sec-WebSocket-Accept  {plain.accept}",
        f"    computed from the key {plain.computed}  {same}",
    ]
    return lines


def _tell_secure(result: Eavesdropped) -> list[str]:
    if result.secure is None:
        return ["", "wss://  was left out."]
    secure = result.secure
    lines = [
        "",
        f"wss://  Messages found, plain or masked: {len(secure.found)} of"
        f" {len(result.said)}. Seen all the same:",
        "",
        f"    name of the server: {secure.name or 'none'}",
        "    when           who  record       so the message has   it had",
    ]
    truths = [f"{size} bytes" for size in result.sizes]
    truths += ["(the end)"] * (len(secure.records) - len(truths))
    for record, guess, truth in zip(secure.records, secure.guesses, truths, strict=False):
        guessed = "?" if guess is None else f"{guess} bytes"
        lines.append(
            f"    {record.time * 1000:8.1f} ms    {_ARROWS[record.sender]}   "
            f"{f'{record.size} bytes':<12} {guessed:<20} {truth}"
        )
    return lines
