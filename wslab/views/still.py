"""What stands still: fixed examples for readers without a kernel or without scripts.

A notebook on a code host, a printed page, a notebook that is not trusted: there no widget lives.
These examples carry the same lesson, and are the same on every run.
"""

from __future__ import annotations

from html import escape

from ..observe.dissect import dissect
from ..observe.recording import Recording
from ..protocol.frames import close_payload, encode_frame
from ..protocol.handshake import accept, make_request
from ..protocol.rfc import Opcode, Role
from ..protocol.uri import parse_url
from .builder import KEY, build
from .text import explain

NONCE = b"the sample nonce"
"""The random bytes of the RFC's own example of a handshake (§1.3)."""


def frames_html() -> str:
    """Four frames that teach what the frame builder does: three that are allowed, one that is not.

    The bytes of the first three are those of §5.7.
    """
    shown = (
        ("From a client: masked", build(b"Hello")),
        ("The same from a server: not masked", build(b"Hello", sender=Role.SERVER, key=b"")),
        (
            "The same in two fragments",
            build(b"Hello", sender=Role.SERVER, key=b"", fragments=2),
        ),
        ("A ping in two fragments", build(b"Hello", Opcode.PING, fragments=2)),
    )
    return "".join(f"<p>{escape(title)}</p>\n{built._repr_html_()}" for title, built in shown)


def conversation() -> Recording:
    """What a browser and an echo server say to each other, with the random values of the RFC."""
    url = "ws://127.0.0.1:8765/"
    request = make_request(parse_url(url), NONCE, origin="http://127.0.0.1:8888")
    recording = Recording(clock=lambda: 0.0)
    recording.add(Role.CLIENT, request.encode())
    recording.add(Role.SERVER, accept(request).encode())
    for opcode, payload in ((Opcode.TEXT, b"Hello"), (Opcode.CLOSE, close_payload(1000))):
        recording.add(Role.CLIENT, encode_frame(opcode, payload, KEY))
        recording.add(Role.SERVER, encode_frame(opcode, payload))
    return recording


def conversation_html() -> str:
    """That conversation, every byte explained."""
    text = explain(dissect(conversation()))
    return f'<pre style="white-space:pre;overflow-x:auto">{escape(text)}</pre>'


def folded(summary: str, markup: str) -> str:
    """Behind one line, to be opened with a click; a viewer that cannot fold shows all of it."""
    return f"<details><summary>{escape(summary)}</summary>{markup}</details>"
