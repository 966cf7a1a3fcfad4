"""What a call came to: a value, an error, or no end. And the same for our own functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from .scripts import GaveUp, Play

PRINTED = "It printed: "
"""In a complaint, behind this stands the last line of a program that has failed."""


SHORTAGES = (
    "can't start new thread", "Resource temporarily unavailable", "Too many open files in system",
    "No space left on device", "ended by signal 9",
)  # fmt: skip
"""What is said of a program that has too little of something, its own or the machine's.

MemoryError isn't among them: that's its own limit. A machine without memory kills, by signal 9.
"""


def tells_of_shortage(text: str) -> bool:
    """Whether the machine, full of others, may be to blame: then we ask again, alone."""
    return any(words in text for words in SHORTAGES)


class Complaint(Exception):
    """What the student's program did wrong, in a sentence for the student; it ends the check."""


class Kind(Enum):
    """How a call ended; the values are for people."""

    RETURNED = "returned"
    RAISED = "raised an error"
    ENDLESS = "would never end"
    """The scripted socket saw that it goes round in circles."""
    LATE = "had not answered in time"
    ENDED = "ended the whole program"
    BROKEN = "answered what is no answer"
    MISSING = "is not there"
    SKIPPED = "was not asked"
    """The same function hung before: to wait for it again would tell us nothing."""


@dataclass(frozen=True)
class Answer:
    """What came of one call."""

    kind: Kind
    value: Any = None
    """What it returned: plain data, of the very types that the wire knows."""
    errors: tuple[str, ...] = ()
    """What it raised, and the built-in classes above it: ("UnicodeDecodeError", "ValueError", …)"""
    text: str = ""
    file: str = ""
    line: int = 0
    seen: tuple[Any, ...] = ()
    """What happened to the scripted sockets that it was given."""

    @property
    def place(self) -> str:
        """As "line 3", or "cell 2, line 3" in a notebook; "" if it isn't known."""
        cell = self.file.rpartition(", ")[2] if self.file.count(", cell ") else ""
        return ", ".join(filter(None, [cell, f"line {self.line}" if self.line else ""]))

    def fits(self, due: Answer) -> bool:
        """Whether this is what was due. An error may be of a more special kind than was asked."""
        if self.kind is not due.kind:
            return False
        if due.kind is Kind.RAISED:
            return due.errors[0] in self.errors
        return bool(self.value == due.value) and self.seen == due.seen

    def is_like(self, other: Answer) -> bool:
        """Whether both behave alike, right or wrong; so a belief is recognised."""
        if self.kind is Kind.RAISED and other.kind is Kind.RAISED:
            return _builtin(self.errors) == _builtin(other.errors)
        if Kind.ENDLESS in (self.kind, other.kind):
            return {self.kind, other.kind} <= {Kind.ENDLESS, Kind.LATE}
        return self.fits(other)


def refusal(error: str = "ValueError") -> Answer:
    """The answer that is due where the input must be refused."""
    return Answer(Kind.RAISED, errors=(error,))


def own(function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Answer:
    """Call a function of ours, the right one or a wrong belief, and look at it in the same way."""
    plays: list[Play] = []

    def thing(value: Any) -> Any:
        if not hasattr(value, "play"):
            return value
        plays.append(value.play())
        return plays[-1]

    given = [thing(arg) for arg in args]
    named = {name: thing(arg) for name, arg in kwargs.items()}
    try:
        value = function(*given, **named)
    except GaveUp as error:
        return Answer(Kind.ENDLESS, text=str(error))
    except Exception as error:
        names = tuple(kind.__name__ for kind in type(error).__mro__)
        return Answer(Kind.RAISED, errors=names, text=str(error))
    return Answer(Kind.RETURNED, value, seen=tuple(play.seen() for play in plays))


def _builtin(errors: tuple[str, ...]) -> str:
    import builtins

    return next((name for name in errors if hasattr(builtins, name)), "")
