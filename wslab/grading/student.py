"""What a check sees: the student's functions, behind a pipe.

A check is a plain function ``check(student)``. It makes random questions and says what is due:

    for key in student.vectors(a_key, 12):
        student.expect("accept_key", key, right=reference.accept_key)

Nothing is raised when an answer is wrong. All answers are kept, since one alone does not tell which
belief is behind it: `beliefs` looks at them together.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

from .answers import Answer, Kind, own, refusal
from .server import Server
from .session import Session

Vector = TypeVar("Vector")

HOPELESS = (Kind.ENDLESS, Kind.LATE, Kind.ENDED, Kind.BROKEN)
"""After one of these, the other questions of the check to the same function are not asked."""


@dataclass(frozen=True)
class Trial:
    """One question, the answer that came, and the answer that was due."""

    function: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    answer: Answer
    due: Answer
    because: str = ""
    """Why this is due, if it needs a word."""
    fault: Callable[..., str] | None = None
    """Says what is wrong with a value, where no single one is due."""

    @property
    def right(self) -> bool:
        """Whether the answer is the one that is due."""
        if self.fault:
            return self.answer.kind is Kind.RETURNED and not self.because
        return self.answer.fits(self.due)

    def is_as(self, other: Answer) -> bool:
        """Whether the answer behaves like this one, right or wrong: so a belief is recognised."""
        if self.fault and other.kind is self.answer.kind is Kind.RETURNED:
            return self.fault(other.value, *self.args) == self.because
        return self.answer.is_like(other)


class Student:
    """The functions of one file, for one check."""

    def __init__(self, session: Session, material: str) -> None:
        self.session = session
        # From text: the same numbers on every Python and every system.
        self.random = random.Random(material)
        """Where all that is random in a check comes from: the seed, and the check's name."""
        self.trials: list[Trial] = []
        self.claims = 0
        self.complaints: list[str] = []
        self._hopeless: set[str] = set()

    def vectors(self, make: Callable[[random.Random], Vector], count: int = 12) -> Iterator[Vector]:
        """``count`` random questions, each made by ``make(random)``."""
        for _ in range(count):
            yield make(self.random)

    def call(self, function: str, *args: Any, **kwargs: Any) -> Answer:
        """Only call it; `expect` and `refuses` say what is due as well."""
        if function in self._hopeless:
            return Answer(Kind.SKIPPED)
        answer = self.session.call(function, args, kwargs)
        if answer.kind in HOPELESS:
            self._hopeless.add(function)
        return answer

    def expect(
        self,
        function: str,
        *args: Any,
        right: Callable[..., Any] | Any,
        because: str = "",
        **kwargs: Any,
    ) -> None:
        """``right`` is a function that answers the same question, or the answer itself.

        It is asked after the student: as long as the student's code runs, nobody knows the answer.
        """
        answer = self.call(function, *args, **kwargs)
        if callable(right):
            due = own(right, args, kwargs)
        else:
            due = Answer(Kind.RETURNED, right, seen=answer.seen)
        self.trials.append(Trial(function, args, kwargs, answer, due, because))

    def refuses(self, function: str, *args: Any, because: str, **kwargs: Any) -> None:
        """A ValueError is due; ``because`` says why, as in "the length is not in shortest form".

        A check that only refuses needs a partner that accepts (``needs=…``): else the code that
        refuses everything would be paid for it.
        """
        answer = self.call(function, *args, **kwargs)
        self.trials.append(Trial(function, args, kwargs, answer, refusal(), because))

    def satisfies(
        self, function: str, *args: Any, fault: Callable[..., str], **kwargs: Any
    ) -> None:
        """For an answer that may look in many ways, as an HTTP response may.

        ``fault(value, *args)`` says what is wrong with it, in words for the student; "" is well.
        """
        answer = self.call(function, *args, **kwargs)
        because = fault(answer.value, *args) if answer.kind is Kind.RETURNED else ""
        due = Answer(Kind.RETURNED)
        self.trials.append(Trial(function, args, kwargs, answer, due, because, fault))

    def serving(self, *words: str) -> AbstractContextManager[Server]:
        """Run the whole file as a program that serves, and talk to it; a context manager.

        ``words`` stand behind the port on its command line.
        """
        session = self.session
        return session.program.serving(self.random, words)

    def claim(self, holds: bool, otherwise: str) -> None:
        """For all that is no single answer; ``otherwise`` is what the student reads."""
        self.claims += 1
        if not holds:
            self.complaints.append(otherwise)
