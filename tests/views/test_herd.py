"""The herd: bars where clients knock, no word on another, all of it in words too."""

from typing import Any

import pytest

from tests.protocol.streams import need
from tests.views.figures import flaws
from wslab.experiments import backoff
from wslab.views.plot import herd

need("matplotlib")
import matplotlib  # noqa: E402

matplotlib.use("Agg")  # no window

HERDS = backoff.run(clients=200, capacity=20, seed=9)


def bars(picture: Any, panel: int) -> list[tuple[int, int]]:
    """The bars of a panel: second, height."""
    [lines] = [
        found
        for found in picture.figure.axes[panel].collections
        if type(found).__name__ == "LineCollection"
    ]
    return [(int(top[0]), int(top[1])) for _, top in lines.get_segments()]


def test_a_bar_for_each_second_in_which_somebody_knocks() -> None:
    picture = herd(HERDS)
    for panel, one in enumerate((HERDS.without, HERDS.with_jitter)):
        knocks = [(second, count) for second, count in enumerate(one.per_second) if count]
        assert bars(picture, panel) == knocks


@pytest.mark.parametrize("outage", [0, 30, 300])
@pytest.mark.parametrize("clients", [1, 50, 200, 1000])
def test_no_word_lies_on_another(clients: int, outage: float) -> None:
    herds = backoff.run(clients=clients, outage=outage, capacity=max(1, clients // 10), seed=1)
    assert list(flaws(herd(herds).figure)) == []


def test_the_words_say_what_the_figure_shows() -> None:
    picture = herd(HERDS)
    for one in (HERDS.without, HERDS.with_jitter):
        told = f"{one.attempts} attempts, at most {one.peak} in one second"
        assert told in picture.alt
    numbers = [line.split() for line in picture.twin.splitlines() if " to " in line]
    total = HERDS.without.attempts + HERDS.with_jitter.attempts
    assert sum(int(row[3]) for row in numbers) == total
    assert max(int(row[4]) for row in numbers) == HERDS.without.peak
    assert max(map(len, picture.twin.splitlines())) <= 80


def test_without_matplotlib_the_words_remain(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    picture = herd(HERDS)
    assert picture.figure is None
    assert "without jitter" in picture._repr_html_()
