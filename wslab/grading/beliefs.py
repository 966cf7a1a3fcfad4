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
helper functions and constants of its file. Without type hints: it is a learner's code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from .answers import Kind, own
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

    def explains(self, trials: Sequence[Trial]) -> bool:
        """Whether somebody who believes this would have given all of these answers."""
        ours = [trial for trial in trials if trial.function == self.function]
        asked = [trial for trial in ours if trial.answer.kind is not Kind.SKIPPED]
        # After one answer that never came, the others are not asked: that one has to do.
        enough = ENOUGH if len(asked) == len(ours) else 1
        if sum(not trial.right for trial in asked) < enough:
            return False
        return all(trial.is_as(own(self.wrong, trial.args, trial.kwargs)) for trial in asked)


def belief(
    function: str, *, says: str, look: str, lesson: str, rfc: str = ""
) -> Callable[[Callable[..., Any]], Belief]:
    """Make a belief of a wrong function; its name is the function's, with hyphens."""

    def make(wrong: Callable[..., Any]) -> Belief:
        name = wrong.__name__.replace("_", "-")
        return Belief(function, name, says, look, lesson, rfc, wrong)

    return make


def beliefs_in(module: ModuleType) -> tuple[Belief, ...]:
    """The beliefs of a module, in their order: the first that explains the answers is named."""
    return tuple(value for value in vars(module).values() if isinstance(value, Belief))


def explaining(beliefs: Iterable[Belief], trials: Sequence[Trial]) -> tuple[Belief, ...]:
    """Those that explain all answers of a check. Several, where the questions cannot tell."""
    return tuple(one for one in beliefs if one.explains(trials))
