"""What it costs to look: to dissect a recording, and to show it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from . import raw
from .worlds import Candidate

Look = Callable[[Any], tuple[str, int]]
"""Looks at a recording: what it shows, and how many items it found."""


def conversation(frames: int) -> Any:
    """A recording of a handshake and so many frames behind it, by turns from each end."""
    from wslab import Recording
    from wslab.protocol.frames import encode_frame
    from wslab.protocol.handshake import accept, make_request
    from wslab.protocol.rfc import Opcode, Role
    from wslab.protocol.uri import parse_url

    request = make_request(parse_url("ws://127.0.0.1/"), os.urandom(16))
    recording = Recording()
    recording.add(Role.CLIENT, request.encode())
    recording.add(Role.SERVER, accept(request).encode())
    for number in range(frames):
        role, key = ((Role.SERVER, b""), (Role.CLIENT, os.urandom(4)))[number % 2]
        recording.add(role, encode_frame(Opcode.TEXT, b"message %8d" % number, key))
    return recording


def dissecting() -> Look:
    from wslab.observe.dissect import dissect

    return lambda recording: ("", len(dissect(recording)))


def dissecting_one_piece() -> Look:
    from wslab.observe.dissect import dissect

    return lambda recording: ("", len(dissect(b"".join(event.data for event in recording))))


def as_text() -> Look:
    from wslab.observe.dissect import dissect

    def look(recording: Any) -> tuple[str, int]:
        found = dissect(recording)
        return str(found), len(found)

    return look


def in_a_notebook() -> Look:
    from wslab.views import html  # noqa: F401  (to load it is no part of the work)

    return lambda recording: (recording._repr_html_(), len(recording))


VIEWS = {
    "dissect": Candidate("dissect", dissecting),
    "mixed": Candidate("dissect, in one piece", dissecting_one_piece),
    "text": Candidate("all as text", as_text),
    "html": Candidate("folded, in a notebook", in_a_notebook),
}


def viewing(candidate: Candidate, frames: int, seconds: float) -> float:
    """Seconds of processor time for one frame of a recording of so many; one run is long enough.

    Nothing waits here for anything, so what other programs take meanwhile need not be counted.
    """
    look, recording = candidate.make(), conversation(frames)
    start = time.process_time()
    shown, items = look(recording)
    one = (time.process_time() - start) / frames
    if items != frames + 2 or (shown and "GET / HTTP/1.1" not in shown):
        raise raw.WrongEcho(f"{candidate.label}: shows {items} items, and not {frames + 2}")
    return one
