"""Text that fits its place on a terminal: counted in columns, and with nothing that acts on it."""

from __future__ import annotations

import bisect
import itertools
import re
import unicodedata


def printable(text: str) -> str:
    r"""The same with every control character as its code: a peer's bytes must not move our cursor.

    >>> printable("a\x1b[2J\u202eb")
    'a\\x1b[2J\\u202eb'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def columns(text: str) -> int:
    r"""How many columns a terminal takes for it: East Asian characters take two, accents none.

    >>> columns("echo"), columns("回声"), columns("e\u0301")
    (4, 4, 1)
    """
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.east_asian_width(character) in "WF":
        return 2
    # U+FE0F, emoji style, makes what is before it wide.
    return 0 if unicodedata.category(character) in ("Mn", "Me") and character != "\ufe0f" else 1


def pad(text: str, width: int) -> str:
    """``text`` with spaces behind it, up to ``width`` columns."""
    return text + " " * (width - columns(text))


def shorten(text: str, width: int) -> str:
    """``text`` on one line of at most ``width`` columns; dots stand for what is cut.

    >>> shorten("one,  two, three", 10)
    'one, tw...'
    """
    text = printable(" ".join(text.split()))
    if columns(text) <= width:
        return text
    return text[: _fitting(text, width - 3)] + "..."


def wrap(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` columns, between words where that is possible.

    A word that is too long is cut after a hyphen, if it has one in time.
    """
    lines = [""]
    for word in re.findall(r"\S+\s*|\s+", printable(text)):
        if columns(lines[-1] + word.rstrip()) > width:
            lines.append("")
        while columns(word.rstrip()) > width:
            cut = _fitting(word, width)
            cut = word.rfind("-", 0, cut) + 1 or cut  # as in Upgrade-Insecure-Requests
            lines[-1] = word[:cut]
            lines.append("")
            word = word[cut:]
        lines[-1] += word
    return [line.rstrip() for line in lines if line.strip()] or [""]


def _fitting(text: str, width: int) -> int:
    """How many characters from the start fit into ``width`` columns; at least one."""
    ends = list(itertools.accumulate(map(_columns, text)))
    return max(1, bisect.bisect_right(ends, width))
