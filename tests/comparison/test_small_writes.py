"""Two small writes are two segments, with or without Nagle's algorithm; one write is one.

How long it takes is shown and not asserted: it is a timer of the system that the test runs on.
"""

from __future__ import annotations

import itertools

import pytest

from wslab.comparison.small_writes import small_writes

pytestmark = pytest.mark.usefixtures("nothing_stays")


def test_segments_of_two_writes_and_of_one() -> None:
    two, undelayed, one = small_writes(5)
    for each in (two, undelayed, one):
        print(each.name, each.data_segments, [f"{s * 1000:.1f} ms" for s in each.latencies])
        assert each.messages == len(each.latencies) == 5
        assert all(seconds > 0 for seconds in each.latencies)
    assert two.data_segments >= 10
    assert undelayed.data_segments >= 10
    assert 5 <= one.data_segments < 10


def test_the_clock_can_be_passed_in() -> None:
    ticks = itertools.count()
    for each in small_writes(2, clock=lambda: float(next(ticks))):
        assert each.latencies == (1.0, 1.0)
