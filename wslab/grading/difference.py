"""Two values below each other, and a mark where they part: in bytes, hex and the byte's number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..views.columns import columns, printable, shorten
from .wire import Other


class Difference(NamedTuple):
    """What came, what was due, in the same window; and a mark below where they part."""

    came: str
    due: str
    mark: str


def difference(came: object, due: object, width: int) -> Difference:
    """Both as text of at most ``width`` columns. Only the part that differs is shown.

    >>> print(*difference(b"Hello", b"Help", 40), sep=chr(10))
    48 65 6c 6c 6f  (5 bytes)
    48 65 6c 70  (4 bytes)
             ^^ byte 3, counted from 0
    >>> print(*difference((True, {"host": "A"}), (True, {"host": "a"}), 40), sep=chr(10))
    'A'
    'a'
     ^ in answer[1]['host']
    >>> print(*difference((True, 1), (True, 1, b""), 40), sep=chr(10))
    (True, 1)
    (True, 1, b'')
    that has 2 parts, and 3 are due
    """
    place, came, due = narrow("answer", came, due)
    here = "" if place == "answer" else f"in {place}"
    if type(came) is bytes and type(due) is bytes:
        found = _bytes(came, due, width)
    elif type(came) is str and type(due) is str:
        found = _text(show(came), show(due), width)
    else:
        found = Difference(fit(show(came), width), fit(show(due), width), _kinds(came, due))
    return found._replace(mark=shorten_end(" ".join(filter(str.strip, (found.mark, here))), width))


def _kinds(came: object, due: object) -> str:
    """What two values differ in that can hardly be seen, above all if they are cut."""
    if type(came) is not type(due):
        return f"that is {_a(came)}, and {_a(due)} is due"
    if isinstance(came, (tuple, list)) and isinstance(due, (tuple, list)) and len(came) != len(due):
        return f"that has {len(came)} part{'' if len(came) == 1 else 's'}, and {len(due)} are due"
    return ""


def narrow(place: str, came: object, due: object) -> tuple[str, object, object]:
    """The first part of two values that differs, and where it is, as Python would write it.

    >>> narrow("answer", ([b"a"], b""), ([b"b"], b""))
    ('answer[0][0]', b'a', b'b')
    """
    if isinstance(came, dict) and isinstance(due, dict) and came.keys() == due.keys():
        parts = [(key, came[key], due[key]) for key in due]
    elif isinstance(came, dict) and isinstance(due, dict):
        return f"the names of {place}", sorted(map(str, came)), sorted(map(str, due))
    elif type(came) is type(due) and isinstance(came, (tuple, list)):
        assert isinstance(due, (tuple, list))
        if len(came) != len(due):
            return place, came, due
        parts = [(number, *both) for number, both in enumerate(zip(came, due, strict=True))]
    else:
        return place, came, due
    key, left, right = next(part for part in parts if part[1] != part[2])
    return narrow(f"{place}[{key!r}]", left, right)


def show(value: object) -> str:
    """A value as a learner would write it, with nothing in it that acts on a terminal."""
    if type(value) is Other:
        return printable(f"{value.kind} {value.text}".strip())
    return printable(repr(value))


def fit(text: str, width: int) -> str:
    """As `shorten`, and quick for a very long text."""
    return shorten(text[: 4 * width], width)


def shorten_end(text: str, width: int) -> str:
    """As `shorten`, but the spaces at the start stay."""
    return text if columns(text) <= width else text[: width - 3] + "..."


def _text(came: str, due: str, width: int) -> Difference:
    at = _parting(came, due)
    start = 0 if max(columns(came), columns(due)) <= width else max(0, at - width // 2)
    dots = "..." if start else ""
    left, right = (shorten_end(dots + text[start:], width) for text in (came, due))
    before = columns(due[start:at] if len(due) >= at else came[start:at])
    return Difference(left, right, " " * (len(dots) + before) + "^")


def _bytes(came: bytes, due: bytes, width: int) -> Difference:
    at = _parting(came, due)
    count = (width - 24) // 3
    start = 0 if max(len(came), len(due)) <= count else max(0, at - count // 2)
    dots = ".. " if start else ""

    def row(data: bytes) -> str:
        shown = dots + data[start : start + count].hex(" ")
        more = " .." if start + count < len(data) else ""
        return f"{shown}{more}  ({len(data)} byte{'' if len(data) == 1 else 's'})".lstrip()

    mark = f"{' ' * (len(dots) + 3 * (at - start))}^^ byte {at}, counted from 0"
    return Difference(row(came), row(due), mark)


def _parting(a: Sequence[object], b: Sequence[object]) -> int:
    """The first place where they differ; the end of the shorter one, if it is the other's start."""
    for at, (left, right) in enumerate(zip(a, b, strict=False)):
        if left != right:
            return at
    return min(len(a), len(b))


def _a(value: object) -> str:
    name = value.kind if type(value) is Other else type(value).__name__
    if name in ("NoneType", "bytes"):
        return name.removesuffix("Type")
    return f"an {name}" if name[:1] in "aeiou" else f"a {name}"
