"""What every lesson needs: a look at what is here, predictions, and things that stay open.

A prediction is made before the result is shown and compared with it afterwards. It never stops
the notebook: without a guess the lesson goes on. The predictions are kept on this machine alone,
see :mod:`.notes`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any, NamedTuple, TypeVar

from . import notes
from .environment import loopback_works

Guess = str | int | float

Open = TypeVar("Open")

_kept: dict[str, dict[str, Any]] = {}
"""What is open, by the number of the lesson: the first cell may be run again at any time."""

_ADVICE = "in the folder of the course, run: python3 start.py"


class Prediction(NamedTuple):
    """One question of a lesson, and the learner's guess."""

    question: str
    guess: Guess | None = None
    unit: str = ""
    measured: Guess | None = None
    right: bool = False
    unread: str = ""  # what the learner wrote, if it was no guess that can be compared


class Lesson:
    """One lesson, by its number: ``lesson = Lesson("02", needs=["matplotlib"])``.

    Says at once what is missing of what the lesson needs, and how to get it. What is in ``needs``
    is optional: :meth:`has` tells a cell whether it is there.
    """

    def __init__(self, number: str, needs: Sequence[str] = ()) -> None:
        self.number = number
        self._predictions: dict[str, Prediction] = {}
        self._open = _kept.setdefault(number, {})
        python = sys.version_info >= (3, 10)
        _tell(python, "Python 3.10 or newer", "www.python.org has it")
        loopback = loopback_works()
        _tell(loopback, "sockets on this computer", "a firewall or sandbox forbids them: allow it")
        for name in needs:
            _tell(self.has(name), name, f"the lesson goes on without it; {_ADVICE}")
        if not (python and loopback):
            raise RuntimeError("Something is missing that this lesson needs: see the lines above.")

    def has(self, module: str) -> bool:
        """Whether an optional package is here."""
        return find_spec(module) is not None

    # ------------------------------------------------------------ predictions

    def predict(
        self,
        name: str,
        question: str,
        guess: Guess | None,
        *,
        unit: str = "",
        choices: Sequence[str] = (),
    ) -> None:
        """Ask before the result is shown. ``guess`` is None until the learner writes one.

        ``choices`` are the possible answers, if it isn't a number.
        """
        guess = _number_in(guess) if isinstance(guess, str) and not choices else guess
        problem = _problem(guess, choices)
        unread = repr(guess) if problem else ""
        if problem:
            guess = None
        kept = self._stored().get(name)
        if kept and kept.measured is not None and kept.question == question:
            # The result has been seen: what is written now is no prediction any more.
            self._predictions[name] = kept._replace(unit=unit)
            first = _amount(kept.guess, unit)
            text = f"You have seen the result already: your first prediction stays, **{first}**. "
            text += "To begin this lesson anew, write `lesson.forget()` in a cell and run it."
        else:
            self._predictions[name] = Prediction(question, guess, unit, unread=unread)
            if guess is not None:
                notes.write("predictions", self._key(name), [*self._predictions[name]])
            text = problem or (
                "No guess yet. You can write one in place of `None`, or go on without."
                if guess is None
                else f"You say **{_amount(guess, unit)}**. It is kept on this computer only."
            )
        options = f" ({', '.join(choices)})" if choices else ""
        say(f"**Prediction.** {question}{options}\n\n{text}")

    def compare(self, name: str, measured: Guess, *, within: float = 0.0) -> None:
        """Hold the guess against what came out; ``within`` is the share by which it may miss."""
        prediction = self._predictions.get(name)
        if prediction is None:
            why = f"There's no prediction `{name}`: its cell hasn't run, or it ended with an error."
            say(f"**The answer: {measured}.** ({why})")
            return
        unit = prediction.unit
        result = f"*{prediction.question}* The answer: **{_amount(measured, unit)}**. "
        if prediction.unread:
            say(result + f"Your guess, `{prediction.unread}`, could not be compared with it.")
            return
        if prediction.guess is None:
            say(result + "You wrote no guess. A wrong guess teaches more than none: try the next.")
            return
        right = is_right(prediction.guess, measured, within)
        self._predictions[name] = prediction._replace(measured=measured, right=right)
        notes.write("predictions", self._key(name), [*self._predictions[name]])
        if right:
            say(result + "You said so. Well done!")
        else:
            said = _amount(prediction.guess, unit)
            say(result + f"You said {said}. Good: here is something to find out.")

    def summary(self) -> None:
        """All predictions of this lesson, and how many came out as the learner said.

        Those that were made before the kernel was restarted are among them.
        """
        every = {**self._predictions}  # in the order of the lesson
        every |= {name: p for name, p in self._stored().items() if name not in every}
        made = {n: p for n, p in every.items() if p.guess is not None}
        if not made:
            say("You made no prediction in this lesson. In the next one, try it!")
            return
        rows = ["| question | you said | it was |", "| --- | --- | --- |"]
        for prediction in made.values():
            said, was = (
                _amount(v, prediction.unit) for v in (prediction.guess, prediction.measured)
            )
            rows.append(f"| {prediction.question} | {said} | {was} |")
        known = [p for p in made.values() if p.measured is not None]
        right = sum(p.right for p in known)
        rows += ["", f"**{right} of {len(known)}** came out as you said."]
        say("\n".join(rows))

    def forget(self) -> None:
        """Forget the predictions of this lesson, to take it again."""
        for key in notes.read("predictions"):
            if key.startswith(f"{self.number}."):
                notes.write("predictions", key, None)
        self._predictions.clear()
        say("Your predictions of this lesson are forgotten. Run its cells again, from the top.")

    def _stored(self) -> dict[str, Prediction]:
        """What was kept of this lesson's predictions, also before the kernel was restarted."""
        found = {}
        for key, note in notes.read("predictions").items():
            number, _, name = key.partition(".")
            prediction = _from_note(note)
            if number == self.number and prediction and prediction.guess is not None:
                found[name] = prediction
        return found

    def _key(self, name: str) -> str:
        return f"{self.number}.{name}"

    # ------------------------------------------------------------ things that stay open

    def keep(self, name: str, make: Callable[[], Open]) -> Open:
        """Make something that stays open beyond its cell, such as a server.

        A cell that is run again closes what it made before, so nothing is left over.
        """
        self.end(name)
        made = self._open[name] = make()
        return made

    def end(self, *names: str) -> None:
        """Close what was kept under these names; without a name, all of it."""
        for name in names or list(self._open):
            if (old := self._open.pop(name, None)) is not None:
                old.close()


def is_right(guess: Guess | None, measured: Guess | None, within: float = 0.0) -> bool:
    """Whether a guess is what came out; a number may miss by the share ``within``.

    >>> is_right(100, 104, within=0.05), is_right(" Server", "server"), is_right("3", 3)
    (True, True, True)
    """
    if isinstance(measured, str) or isinstance(guess, str):
        return str(guess).strip().casefold() == str(measured).strip().casefold()
    if guess is None or measured is None:
        return False
    return abs(guess - measured) <= within * abs(measured)


def say(text: str) -> None:
    """Show a paragraph whose numbers were computed: formatted in a notebook, plain elsewhere."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        get_ipython = None
    if get_ipython is None or get_ipython() is None:
        print(text)
        return
    display({"text/markdown": text, "text/plain": text}, raw=True)


def _tell(here: bool, what: str, advice: str) -> None:
    print(f"{'ok' if here else 'missing':9}{what}" + ("" if here else f"\n{'':9}-> {advice}"))


def _number_in(text: str) -> Guess:
    """The number that somebody has put in quotation marks; the text itself if it isn't one.

    >>> _number_in("51"), _number_in(" 1,000 "), _number_in("0.5"), _number_in("many")
    (51, 1000, 0.5, 'many')
    """
    plain = text.strip().replace(",", "")
    for kind in (int, float):
        try:
            number = kind(plain)
        except ValueError:
            continue
        if math.isfinite(number):
            return number
    return text


def _problem(guess: object, choices: Sequence[str]) -> str:
    """What is wrong with a guess, in a sentence; nothing if it can be compared."""
    if guess is None:
        return ""
    if choices:
        if any(is_right(str(guess), choice) for choice in choices):
            return ""
        return f"`{guess!r}` is none of the answers. Write one of them, in quotation marks."
    if isinstance(guess, bool) or not isinstance(guess, (int, float)):
        return f"`{guess!r}` is not a number. Write one, or `None`."
    return ""


def _amount(value: Guess | None, unit: str) -> str:
    if value is None:
        return "(not run yet)"
    number = f"{value:,}" if isinstance(value, int) else f"{value}"
    return f"{number} {unit}".rstrip()


def _from_note(note: object) -> Prediction | None:
    """A prediction as it was kept; nothing if somebody edited it out of shape."""
    try:
        return Prediction(*note)  # type: ignore[misc]
    except TypeError:
        return None
