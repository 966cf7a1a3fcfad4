"""The same fields, shown in several ways. :mod:`.text` needs nothing but a terminal."""

from importlib import import_module


def draw(view: str, what: object, module: str = "html") -> str:
    """``what`` as HTML or text, drawn by that function of that module in here.

    Data that a notebook asks for its picture come here. The views know the data, so the data must
    not import the views: the one that is needed is looked up by its name, when it is needed.
    """
    drawn: str = getattr(import_module(f"{__name__}.{module}"), view)(what)
    return drawn
