"""Where the words of a figure stand on paper, and which of them are in each other's way."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple


class Word(NamedTuple):
    """A text of a figure as it is drawn; ``corners`` in pixels, in order."""

    text: str
    corners: Any


def words(figure: Any) -> list[Word]:
    """All texts that are drawn. A text that turns with its data is turned back: draw no more."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    figure.set_layout_engine("none")  # nothing moves while it is measured
    unseen = set(_ticks_out_of_sight(figure))
    texts = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
    renderer = canvas.get_renderer()
    return [Word(t.get_text(), _corners(t, renderer)) for t in texts if t not in unseen]


def _ticks_out_of_sight(figure: Any) -> Iterator[Any]:
    """Labels that matplotlib keeps for ticks beyond the ends of an axis, and does not draw."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks():
                if not axes.axison or not low <= tick.get_loc() <= high:
                    yield from (tick.label1, tick.label2)


def _corners(text: Any, renderer: Any) -> Any:
    """The box of a text; if it turns with its data, the box without the turn, turned after."""
    import numpy as np

    turn, anchor = 0.0, np.zeros(2)
    if text.get_transform_rotates_text():
        place = text.get_unitless_position()
        anchor = text.get_transform().transform(place)
        [turned] = text.get_transform().transform_angles([text._rotation], [place])
        turn = math.radians(turned)
        text.set_transform_rotates_text(False)
        text.set_rotation(0)
    box = text.get_window_extent(renderer)
    flat = np.array([(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)])
    matrix = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    return (flat - anchor) @ matrix + anchor


def apart(one: Any, other: Any) -> bool:
    """Whether a line lies between two convex shapes (the theorem of the separating axis)."""
    import numpy as np

    for shape in (one, other):
        for start, end in zip(shape, np.roll(shape, -1, axis=0), strict=True):
            normal = np.array([start[1] - end[1], end[0] - start[0]])
            a, b = one @ normal, other @ normal
            if a.max() <= b.min() or b.max() <= a.min():
                return True
    return False


def flaws(figure: Any) -> Iterator[str]:
    """Words on other words, and words that leave the figure."""
    found = words(figure)
    page = figure.bbox
    for text, box in found:
        low, high = box.min(axis=0), box.max(axis=0)
        if min(low) < -1 or high[0] > page.x1 + 1 or high[1] > page.y1 + 1:
            yield f"{text!r} leaves the figure"
    for one, other in itertools.combinations(found, 2):
        if not apart(one.corners, other.corners):
            yield f"{one.text!r} lies on {other.text!r}"
