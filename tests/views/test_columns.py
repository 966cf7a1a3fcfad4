"""Text in its columns: never wider than it may be, and nothing in it that acts on a terminal."""

import unicodedata

import pytest

from tests.protocol.streams import need
from wslab.views.columns import columns, pad, printable, shorten, wrap

need("hypothesis")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

anything = st.text(max_size=60) | st.text("回 \x1b\u0301a\u202e", max_size=60)
thorough = settings(deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("né 回声 🙂", "né 回声 🙂"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("\x9b2J", r"\x9b2J"),  # the same as ESC [, in one character
        ("\u202e\u200b\u2028\xa0", r"\u202e\u200b\u2028\xa0"),
        ("\ud800\U000e0041", r"\ud800\U000e0041"),
        ("a\tb\r\n", r"a\tb\r\n"),
    ],
)
def test_what_acts_on_a_terminal_is_shown_as_its_code(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_columns_are_not_characters() -> None:
    assert columns("回声") == 4
    assert columns("\uff48") == 2, "a full-width letter"
    assert columns("e\u0301") == 1
    assert columns("❤\ufe0f") == 2
    assert pad("回", 4) + "|" == "回  |"
    assert pad("too long", 3) == "too long"


def test_shorten() -> None:
    assert shorten("Hello", 5) == "Hello"
    assert shorten("Hello!", 5) == "He..."
    assert shorten("回声回声", 7) == "回声..."
    assert shorten(" many\n  spaces ", 20) == "many spaces"


def test_wrap() -> None:
    assert wrap("one two three", 7) == ["one two", "three"]
    assert wrap("one  two", 20) == ["one  two"], "spaces inside are the reader's to see"
    assert wrap("a" * 10, 4) == ["aaaa", "aaaa", "aa"]
    assert wrap("to " + "a" * 10, 4) == ["to", "aaaa", "aaaa", "aa"]
    assert wrap("回声回声", 5) == ["回声", "回声"]
    assert wrap("Upgrade-Insecure-Requests", 22) == ["Upgrade-Insecure-", "Requests"]
    assert wrap("", 5) == wrap("   ", 5) == [""]
    assert wrap("回", 1) == ["回"], "what fits nowhere is shown all the same"


@thorough
@given(anything, st.integers(5, 30))
def test_nothing_is_wider_than_it_may_be(text: str, width: int) -> None:
    for line in [*wrap(text, width), shorten(text, width)]:
        assert columns(line) <= width
        assert line.isprintable()
    assert columns(pad(shorten(text, width), width)) == width


@thorough
@given(anything, st.integers(5, 30))
def test_wrapping_loses_nothing_but_spaces(text: str, width: int) -> None:
    shown = "".join(wrap(text, width))
    assert "".join(shown.split()) == "".join(printable(text).split())


@thorough
@given(anything)
def test_columns_agree_with_the_unicode_tables(text: str) -> None:
    expected = 0
    for character in text:
        mark = unicodedata.category(character) in ("Mn", "Me") and character != "\ufe0f"
        wide = unicodedata.east_asian_width(character) in ("W", "F")
        expected += 2 if wide else 0 if mark else 1
    assert columns(text) == expected
