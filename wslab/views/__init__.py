"""The same fields, shown in several ways. :mod:`.text` needs nothing but a terminal."""

from importlib import import_module


def draw(view: str, what: object) -> str:
    """``what`` as HTML, drawn by that function of :mod:`.html`.

    Data that a notebook asks for its picture come here. The views know the data, so the data must
    not import the views: the one that is needed is looked up by its name, when it is needed.
    """
    drawn: str = getattr(import_module(f"{__name__}.html"), view)(what)
    return drawn
