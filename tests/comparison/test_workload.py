"""What can be said, and what makes no sense."""

from __future__ import annotations

import math
from typing import Any

import pytest

from wslab.comparison.workload import MAX_MESSAGES, MAX_SIZE, Workload
from wslab.errors import Error


@pytest.mark.parametrize(("messages", "size"), [(1, 1), (12, 1), (3, 16), (2, 5000)])
def test_messages_are_text_of_that_size(messages: int, size: int) -> None:
    said = list(Workload(messages, size))
    assert len(said) == messages
    assert {len(message) for message in said} == {size}
    assert b"".join(said).isdigit()
    assert list(Workload(messages, size)) == said


def test_messages_differ_as_far_as_their_size_allows() -> None:
    assert len(set(Workload(100, 16))) == 100


@pytest.mark.parametrize(
    "wrong",
    [
        {"messages": 0},
        {"messages": -1},
        {"messages": MAX_MESSAGES + 1},
        {"messages": 1.5},
        {"messages": True},
        {"messages": "10"},
        {"size": 0},
        {"size": -1},
        {"size": MAX_SIZE + 1},
        {"messages": MAX_MESSAGES, "size": MAX_SIZE},
        {"pace": -1},
        {"pace": math.nan},
        {"pace": math.inf},
        {"pace": "1"},
        {"messages": MAX_MESSAGES, "pace": 60.0},
    ],
)
def test_nonsense_is_refused_in_one_sentence(wrong: dict[str, Any]) -> None:
    with pytest.raises(Error) as caught:
        Workload(**wrong)
    text = str(caught.value)
    assert text.endswith(".")
    assert "\n" not in text
    assert any(name in text for name in (*wrong, "one every"))
