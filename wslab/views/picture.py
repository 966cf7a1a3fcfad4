"""A picture that says in words what it shows: a figure, its alt text, its twin in plain text."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Callable
from functools import cache
from html import escape
from importlib import import_module
from typing import Any, NamedTuple

from .columns import printable

FONT, POINTS = "DejaVu Sans", 9
"""The font that comes with matplotlib, so that a figure looks the same on every machine."""

DPI = 110


class Picture(NamedTuple):
    """What a figure function returns; a notebook shows it.

    ``figure`` is a ``matplotlib.figure.Figure``, or None where matplotlib is not installed. ``alt``
    says in a few sentences what is to be seen; ``twin`` holds the same facts in plain text, at most
    80 columns wide.
    """

    figure: Any
    alt: str
    twin: str

    def png(self) -> bytes:
        """The figure as PNG, in at most 64 colours: a quarter of the size, and nobody sees it.

        Raises:
            ValueError: There is no figure, for want of matplotlib.
        """
        if self.figure is None:
            raise ValueError("there is no figure: matplotlib is not installed")
        whole, small = io.BytesIO(), io.BytesIO()
        with _plain_style():
            self.figure.savefig(whole, format="png", dpi=DPI, facecolor="white")
        image = import_module("PIL.Image").open(whole)  # matplotlib never comes without Pillow
        image.convert("RGB").quantize(64).save(small, "PNG", optimize=True)
        return small.getvalue()

    def __repr__(self) -> str:
        return self.twin

    def _repr_html_(self) -> str:
        # Its own ink and ground, because a dark theme would write on white in white.
        twin = f'<pre style="white-space:pre;overflow-x:auto">{escape(self.twin)}</pre>'
        if self.figure is None:
            return f"<div>{twin}</div>"
        data = b64encode(self.png()).decode()
        image = f'<img src="data:image/png;base64,{data}" alt="{escape(self.alt)}">'
        return f"<div>{image}<details><summary>The same as text</summary>{twin}</details></div>"


def picture(alt: str, twin: str, draw: Callable[[], Any]) -> Picture:
    """A picture with the figure that ``draw`` gives; without matplotlib with none."""
    try:
        import_module("matplotlib")
    except ModuleNotFoundError:
        return Picture(None, alt, twin)
    with _plain_style():
        figure = draw()
        figure.draw_without_rendering()  # all is laid out now, in this style
    return Picture(figure, alt, twin)


def new_figure(width: float, height: float) -> Any:
    """An empty figure of that size, in inches; it belongs to no window and no list of figures."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=DPI, layout="constrained", facecolor="white")


def drawable(text: str) -> str:
    r"""The same with codes for the characters that the font does not have, as in ``\u56de``."""
    text = printable(text)
    if text.isascii():
        return text
    return "".join(c if ord(c) in _glyphs() else ascii(c)[1:-1] for c in text)


@cache
def _glyphs() -> frozenset[int]:
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont(FONT)).get_charmap())


def _plain_style() -> Any:
    """Our figures do not take part in the reader's dark or special styles."""
    import matplotlib.style

    ours = {"font.family": FONT, "font.size": POINTS}
    return matplotlib.style.context(["default", ours])
