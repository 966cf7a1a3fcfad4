"""The figure of a comparison: bars as long as the bytes, nothing overlaps, words beside it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.protocol.streams import need
from tests.views.comparisons import comparison
from wslab.comparison.run import compare
from wslab.views.plot import traffic
from wslab.views.plot_traffic import SHARES, shares

need("matplotlib")
import matplotlib  # noqa: E402

matplotlib.use("Agg")  # no window


def test_the_bars_are_the_bytes() -> None:
    result = comparison()
    figure = traffic(result).figure
    bars = figure.axes[0].containers
    assert len(bars) == len(SHARES)
    for number, bar in enumerate(bars):
        expected = [shares(row, 16)[number] for row in result.measured]
        assert [patch.get_width() for patch in bar] == pytest.approx(expected)
        assert [patch.get_hatch() or "" for patch in bar] == [SHARES[number][2]] * len(expected)
    row = result["TCP"]
    assert sum(shares(row, 16)) == pytest.approx(row.wire)
    assert shares(row, 16)[0] == 32
    assert len({pattern for _, _, pattern in SHARES}) == len(SHARES), "told apart without colour"


def test_the_marks_are_the_latencies() -> None:
    result = comparison()
    lines = traffic(result).figure.axes[1].lines
    for line, percent in zip(lines, (50, 95, 99), strict=True):
        expected = [row.percentile(percent) * 1000 for row in result.measured]
        assert list(line.get_xdata()) == pytest.approx(expected)


def test_alt_text_and_twin_say_the_same() -> None:
    result = comparison()
    picture = traffic(result)
    wire = f"{result['TCP'].wire:.0f}"
    assert f"TCP: {wire} bytes, answer within 1.00 ms" in picture.alt
    assert "HTTP <new>" in picture.alt
    assert wire in picture.twin
    assert max(map(len, picture.twin.splitlines())) <= 80
    assert picture.png().startswith(b"\x89PNG")
    assert "&lt;new&gt;" in picture._repr_html_()


def drawn(axes: Any) -> Iterator[Any]:
    """All words of a panel; matplotlib keeps labels beyond the ends of an axis, and hides them."""
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in axis.get_major_ticks():
            if low <= tick.get_loc() <= high and tick.label1.get_visible():
                yield tick.label1
    yield from (*axes.texts, axes.xaxis.label, *axes.get_legend().get_texts())


def test_no_words_lie_on_others() -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = traffic(compare(3, 16, extras=False)).figure
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    texts = [text for axes in figure.axes for text in drawn(axes)]
    assert len(texts) > 20
    boxes = [(text.get_text(), text.get_window_extent(canvas.get_renderer())) for text in texts]
    for (one, box), (other, its) in itertools.combinations(boxes, 2):
        assert not box.overlaps(its), f"{one!r} lies on {other!r}"
    whole = figure.bbox
    for name, box in boxes:
        assert whole.x0 <= box.x0, name
        assert box.x1 <= whole.x1, name


@pytest.mark.parametrize("times", [(0.002, 0.004), (0.001,), (0.0,), (0.0, 0.5)])
def test_times_have_two_labels_that_do_not_touch(times: tuple[float, ...]) -> None:
    """Between two decades, matplotlib would label 2 × 10⁰, 3 × 10⁰ ... one upon the other."""
    result = comparison()
    rows = tuple(replace(row, latencies=times) for row in result.measured)
    axes = traffic(replace(result, rows=rows)).figure.axes[1]
    low, high = axes.get_xlim()
    shown = [each for each in axes.get_xticks() if low <= each <= high]
    assert len(shown) >= 2
    assert low < 1000 * max(times[-1], 1e-6) < high
    assert {label.get_text() for label in axes.get_xticklabels(minor=True)} <= {""}


def test_nothing_to_draw() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        traffic(comparison(nothing=True))
