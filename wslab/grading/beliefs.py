"""Beliefs: what a learner may think, written as the code that follows from it.

    @belief(
        "accept_key",
        says="The SHA-1 goes into base64 as the 40 hex digits that one sees.",
        look="How long is a SHA-1, as bytes, and as the text that prints them?",
        lesson="04",
    )
    def hex_digest(key: str) -> str:
        return base64.b64encode(hashlib.sha1((key + GUID).encode()).hexdigest().encode()).decode()

The definition serves twice. When the student's answers equal the belief's on every question of a
check, and at least two of them are wrong, the belief is named. And the kit's tests put it into the
solution in place of the right function: that must fail, and must be named.

So a belief is wrong in one thing, and right in all others: it refuses what must be refused, unless
to accept it is the belief. It may use what its file imports from the standard library, and plain
helper functions and constants of its file. Without type hints: it is a learner's code. What it
remembers from call to call, it keeps in a default value, as in ``def f(data, seen=[])``.

What a whole program does wrong is seen by a check that talks to it, and says so in a sentence. A
belief about ``serve``, or about what only such a check sees, tells its ``signs``: how the sentences
begin. Where one line of a program makes the difference, `program_belief` says which.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

from .answers import PRINTED, Kind, own
from .student import Trial

ENOUGH = 2
"""So many wrong answers must be explained by a belief: one may be chance."""


@dataclass(frozen=True)
class Belief:
    """A wrong idea about one function, and what helps against it."""

    function: str
    name: str
    says: str
    """The idea in one sentence, as the learner would think it."""
    look: str
    """What to look at: a question, a small experiment; never the answer."""
    lesson: str
    rfc: str
    wrong: Callable[..., Any]
    """The function as somebody would write it who believes this."""
    signs: tuple[str, ...] = ()
    """How a complaint about a whole program begins, if this belief is behind it."""
    edits: tuple[tuple[str, str], ...] = ()
    """Passages of the solution, and what stands there instead; then ``wrong`` is not used."""
    written: str = ""
    """A pattern in the student's text, where two ideas behave alike and only that tells them apart.

    It reads a student's text, so it has to be linear: no repetition inside a repetition.
    """

    def explains(self, trials: Sequence[Trial], source: str = "") -> bool:
        """Whether somebody who believes this would have given all of these answers."""
        if not self._is_written_in(source):
            return False
        ours = [trial for trial in trials if trial.function == self.function]
        asked = [trial for trial in ours if trial.answer.kind is not Kind.SKIPPED]
        # After one answer that never came, the others are not asked: that one has to do.
        enough = ENOUGH if len(asked) == len(ours) else 1
        if sum(not trial.right for trial in asked) < enough:
            return False
        wrong = _afresh(self.wrong)
        return all(trial.is_as(own(wrong, trial.args, trial.kwargs)) for trial in asked)

    def is_behind(self, complaints: Iterable[str], source: str = "") -> bool:
        """Whether one of these complaints about a whole program is a sign of this belief.

        What a program has printed when it failed says more than what could be seen from outside.
        """
        return self._is_written_in(source) and any(
            complaint.startswith(self.signs, max(0, complaint.find(PRINTED)))
            for complaint in complaints
        )

    def _is_written_in(self, source: str) -> bool:
        return not self.written or any(
            re.search(self.written, line) for line in _lines_of(self.function, source)
        )


def _lines_of(function: str, source: str) -> Iterator[str]:
    """The lines of a function, wherever it's defined: those that are indented below its ``def``."""
    inside = -1  # how far the def is indented
    for line in source.split("\n"):
        bare = line.lstrip()
        indent = len(line) - len(bare)
        if bare.startswith(f"def {function}("):
            inside = indent
        elif inside >= 0 and bare and indent <= inside:
            inside = -1
        elif inside >= 0:
            yield bare


def belief(
    function: str,
    *,
    says: str,
    look: str,
    lesson: str,
    rfc: str = "",
    signs: Iterable[str] = (),
    written: str = "",
) -> Callable[[Callable[..., Any]], Belief]:
    """Make a belief of a wrong function; its name is the function's, with hyphens."""

    def make(wrong: Callable[..., Any]) -> Belief:
        name = wrong.__name__.replace("_", "-")
        return Belief(function, name, says, look, lesson, rfc, wrong, tuple(signs), written=written)

    return make


def program_belief(
    name: str,
    *edits: tuple[str, str],
    says: str,
    look: str,
    lesson: str,
    rfc: str = "",
    signs: Iterable[str],
) -> Belief:
    """A belief about a whole program: ``edits`` make the wrong one of the solution's text."""
    return Belief("", name, says, look, lesson, rfc, _nothing, tuple(signs), edits)


def _nothing() -> None:
    """No function is behind a belief about a whole program."""


def beliefs_in(module: ModuleType) -> tuple[Belief, ...]:
    """The beliefs of a module, in their order: the first that explains the answers is named."""
    return tuple(value for value in vars(module).values() if isinstance(value, Belief))


def explaining(
    beliefs: Iterable[Belief], trials: Sequence[Trial], source: str = ""
) -> tuple[Belief, ...]:
    """Those that explain all answers of a check. Several, where the questions cannot tell."""
    return tuple(one for one in beliefs if one.explains(trials, source))


def _afresh(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, which remembers nothing: its default values as they are in the file."""
    if not isinstance(function, FunctionType) or not function.__defaults__:
        return function
    defaults = copy.deepcopy(function.__defaults__)
    new = FunctionType(function.__code__, function.__globals__, function.__name__, defaults)
    new.__kwdefaults__ = function.__kwdefaults__
    return new
