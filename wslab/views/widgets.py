"""Views that live in a notebook: a frame builder, and a client in the reader's own browser.

The frame builder needs ipywidgets, which is imported when it is asked for. What cannot live, in a
page that only shows what was stored, stands still below it: see :mod:`.still`.
"""

from __future__ import annotations

from html import escape
from importlib import import_module
from typing import Any

from ..environment import how_to_get
from ..protocol.rfc import Opcode, Role
from .browser_client import LiveClient as LiveClient
from .browser_client import live_browser_client as live_browser_client
from .builder import KEY, MOST_BYTES, MOST_FRAGMENTS, Built, build, read_payload
from .columns import printable
from .still import folded, frames_html

OPCODES = [(f"{opcode.value:X} {opcode.name.lower()}", int(opcode)) for opcode in Opcode]
OPCODES += [("3 reserved", 0x3), ("B reserved", 0xB)]

STILL = "The same without a running notebook: four fixed examples"


def frame_builder() -> FrameBuilder:
    """Fields for every part of a frame; below them the bytes, as they change.

    Raises:
        ModuleNotFoundError: ipywidgets is not installed.
    """
    try:
        return FrameBuilder(import_module("ipywidgets"))
    except ModuleNotFoundError as error:
        text = f"The frame builder needs ipywidgets; {how_to_get('ipywidgets')}"
        raise ModuleNotFoundError(text, name=error.name) from None


class FrameBuilder:
    """The fields, each an attribute with a ``value``; ``built`` is what they make, or None."""

    def __init__(self, ipywidgets: Any) -> None:
        # Wide enough for the longest description, or Jupyter cuts it.
        look = {"style": {"description_width": "8em"}, "layout": {"width": "26em"}}
        new = ipywidgets
        senders = [("client", Role.CLIENT), ("server", Role.SERVER)]
        self.sender = new.Dropdown(options=senders, description="Sender", **look)
        self.opcode = new.Dropdown(
            options=OPCODES, value=int(Opcode.TEXT), description="Opcode", **look
        )
        self.payload = new.Text(value="Hello", description="Payload", **look)
        self.kind = new.Dropdown(options=["text", "hex"], description="Payload is", **look)
        self.repeat = new.BoundedIntText(
            value=1, min=1, max=MOST_BYTES, description="Repeat it", **look
        )
        self.fragments = new.BoundedIntText(
            value=1, min=1, max=MOST_FRAGMENTS, description="Fragments", **look
        )
        self.fin = new.Checkbox(value=True, description="FIN of the last frame", indent=False)
        self.masked = new.Checkbox(value=True, description="Mask", indent=False)
        self.key = new.Text(value=KEY.hex(" "), description="Masking key", **look)
        self.output = new.HTML()
        self.built: Built | None = None
        self.fields = (
            *(self.payload, self.kind, self.repeat, self.opcode, self.sender),
            *(self.masked, self.key, self.fragments, self.fin),
        )
        for field in self.fields:
            field.continuous_update = True  # a text shows its bytes while it is typed
            field.observe(self._update, names="value")
        left = new.VBox(self.fields[:5])
        right = new.VBox(self.fields[5:])
        wrap = {"flex_flow": "row wrap"}  # one below the other where it is narrow
        self.box = new.VBox([new.Box([left, right], layout=wrap), self.output])
        self._update()

    def _update(self, change: object = None) -> None:
        """Build again from what stands in the fields, and show it or say what is wrong."""
        try:
            self.built = self._build()
            # ipywidgets has lines wide enough for its fields.
            self.output.value = f'<div style="line-height:1.3">{self.built._repr_html_()}</div>'
        except ValueError as error:
            self.built = None
            self.output.value = f"<p><b>{escape(printable(str(error)))}</b></p>"

    def _build(self) -> Built:
        payload = read_payload(self.payload.value, self.kind.value == "hex", self.repeat.value)
        key = read_payload(self.key.value, as_hex=True) if self.masked.value else b""
        if self.masked.value and not key:
            raise ValueError("a masking key has 4 bytes, this one has 0")
        return build(
            payload,
            self.opcode.value,
            sender=self.sender.value,
            key=key,
            fin=self.fin.value,
            fragments=self.fragments.value,
        )

    def __repr__(self) -> str:
        return str(self.built) if self.built else "Frame builder: what is typed is no frame yet."

    def _ipython_display_(self) -> None:
        """The fields, and below them what does not need them."""
        display = import_module("IPython.display")
        shown = self.box._repr_mimebundle_()  # a view without a kernel shows its text alone
        shown["text/plain"] = "The frame builder needs a running kernel: run this cell."
        display.display(shown, raw=True)
        display.display(display.HTML(folded(STILL, frames_html())))
