"""The tables of a comparison: every figure there, and each says what it is."""

from __future__ import annotations

import re

import pytest

from tests.views.comparisons import comparison
from wslab.commands import demo
from wslab.comparison.requests import captured
from wslab.views.traffic import comparison_markdown, comparison_tables, comparison_text


def line(text: str, start: str, table: int = 0) -> str:
    return [line for line in text.split("\n") if line.startswith(start)][table]


@pytest.mark.parametrize("rtt", [None, 0.05])
@pytest.mark.parametrize("modelled", [False, True])
def test_the_text_fits_a_terminal(rtt: float | None, modelled: bool) -> None:
    text = comparison_text(comparison(rtt=rtt, modelled=modelled))
    assert max(map(len, text.splitlines())) <= 80


def test_the_figures_are_those_of_the_comparison() -> None:
    result = comparison(rtt=0.05)
    text = str(result)
    wire = round(result["TCP"].wire)
    assert line(text, "TCP ").split() == ["TCP", "12.3", "56.8", "2.10", str(wire), "2"]
    assert line(text, "TCP ", 1).split() == ["TCP", "3.21", "1.00", "2.00", "2.00", "0.46"]
    assert line(text, "TCP ", 2).split() == ["TCP", "2", "100", "101", "5,050"]
    once = result.idle[0].once
    hour = f"{once.wire * 1.8:,.0f}"
    expected = ["polling", "2", "1,234", "5,678", "210", f"{once.wire:,}", hour]
    assert line(text, "polling").split() == expected
    assert line(text, "two writes").split() == ["two", "writes", "2", "1.00", "40.00", "45.00"]
    assert captured()["browser"] in text.replace("\n", " ")


def test_the_demo_has_the_same_name_for_the_same_number() -> None:
    name = "trips: round trips until the 1st answer (1 opens TCP)"
    assert name in comparison_text(comparison())
    assert f"\n{name} " in demo.report(*demo.converse(["Hello"]))


def test_what_was_skipped_says_why() -> None:
    text = comparison_text(comparison())
    assert text.count("skipped: trustme is not installed") == 2  # counts, times


def test_measured_and_modelled_are_never_confused() -> None:
    counted = comparison_text(comparison())
    assert "Measured: segments, by the kernel" in counted
    assert "2.10 " in counted
    modelled = comparison_text(comparison(modelled=True))
    assert "Modelled (m): segments" in modelled
    assert "by the kernel" not in modelled
    assert "2.10m" in modelled
    assert "210m" in modelled  # idle
    assert re.search(r"two writes +2m", modelled)


def test_a_line_that_is_only_computed_says_so() -> None:
    assert "round trip of" not in comparison_text(comparison())
    text = comparison_text(comparison(rtt=0.05))
    assert "Modelled, not measured: a line with a round trip of 50 ms:" in text
    assert "Modelled from one measured exchange" in text


def test_a_notebook_shows_the_same_tables() -> None:
    result = comparison(rtt=0.05)
    shown = result._repr_markdown_()
    assert shown == comparison_markdown(result)
    assert shown.count("|:---|") == len(comparison_tables(result)) == 5
    assert r"HTTP \<new\>" in shown
    assert "<new>" not in shown
