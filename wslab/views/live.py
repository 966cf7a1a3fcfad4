"""Explain a conversation while it goes on: a recording that need not keep what it shows."""

from __future__ import annotations

import contextlib
import threading
from typing import TextIO

from ..observe.dissect import Dissector, Protocol
from ..observe.fields import Item
from ..observe.recording import Event, Recording
from .text import explain_item, wants_color

MAX_ITEM = 2**22
"""How many bytes of one frame are kept to be explained: a stranger may announce any length."""


class Live:
    """Writes what it is shown to ``stream``, one item at a time, from whatever thread it comes."""

    def __init__(self, stream: TextIO, protocol: Protocol) -> None:
        self._stream = stream
        self._protocol = protocol
        self._color = wants_color(stream)
        self._lock = threading.Lock()

    def recording(self, peer: str = "", max_total: int = 0) -> Recording:
        """A recording for one connection; with ``peer`` each item says whose it is.

        It keeps nothing, or as many bytes as ``max_total`` says.
        """
        dissector = Dissector(self._protocol, max_item=MAX_ITEM)
        heading = f"[{peer}]\n" if peer else ""

        def on_event(event: Event) -> None:
            for item in dissector.feed(event):
                self._show(heading, item)
            if not event.size:
                ended = f"{event.sender.value} has finished ({event.time * 1000:.1f} ms)"
                self._write(f"{heading}the {ended}\n\n")

        return Recording(max_total=max_total, on_event=on_event)

    def _show(self, heading: str, item: Item) -> None:
        self._write(f"{heading}{explain_item(item, self._color)}\n\n")

    def _write(self, text: str) -> None:
        # A reader that has seen enough (as in "| head") must not end the conversation.
        with self._lock, contextlib.suppress(BrokenPipeError):
            self._stream.write(text)
            self._stream.flush()
