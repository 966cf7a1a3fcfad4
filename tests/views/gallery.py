"""Every view of this project, of one small conversation: for a notebook to show, a test to judge.

Run in a notebook's kernel too, so it needs no pytest.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import wslab
from wslab import Recording, ws_echo
from wslab.commands import demo
from wslab.observe.dissect import dissect
from wslab.views import plot
from wslab.views.builder import KEY, build
from wslab.views.html import bits_html

NAMES = ("recording", "handshake", "frame", "field", "bits", "built")
NAMES += ("ladder figure", "bits figure", "overhead figure", "time line figure")


class Markup(NamedTuple):
    """HTML that shows itself."""

    text: str

    def _repr_html_(self) -> str:
        return self.text


def chat() -> Recording:
    """What makes a view long or odd: no ASCII, binary, a long message, a ping, a reason."""
    recording = Recording()
    with ws_echo.serve() as server, wslab.connect(server.url, tap=recording) as ws:
        ws.send("回声 <b>$5</b> 🙂 é")
        ws.send(bytes(range(256)) * 2)
        for _ in range(2):
            ws.recv()
        ws.ping(b"abc")
        ws.close(4000, "that is all")
    return recording


def views() -> dict[str, Any]:
    """The views by name; all have ``_repr_html_``, the pictures a ``figure``."""
    recording = chat()
    dissection = dissect(recording)
    masked = next(item for item in dissection if item.kind == "frame")
    binary = next(item for item in dissection if "binary" in item.summary)
    shown = {
        "recording": recording,
        "handshake": dissection.items[0],
        "frame": masked,
        "field": masked.fields[0],
        "bits": Markup(bits_html(binary)),
        "built": build(b"Hello", 9, key=KEY, fragments=2),
        "ladder figure": plot.ladder(*demo.converse()),
        "bits figure": plot.bits(binary),
        "overhead figure": plot.overhead(),
        "time line figure": plot.timeline(*demo.converse(), recording),
    }
    assert tuple(shown) == NAMES
    return shown
