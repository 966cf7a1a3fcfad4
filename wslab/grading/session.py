"""One file of a submission, loaded in a worker: ask it, and get an answer in any case.

Whatever the student's code does - ends, hangs, closes the pipe, writes rubbish into it - becomes an
answer of this one call. The next call finds a new worker, until there were too many.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Any

from . import scripts
from .allowance import Allowance, Budget, TimedOut
from .answers import Answer, Kind
from .execute import Skipped, told
from .limits import GRADED, Limits
from .process import Child, Ended
from .program import Program
from .scripts import GaveUp, Play
from .wire import Handle, WireError

MOST_SKIPPED = 20
"""Of so many cells and imports that aren't run we say why."""


class Lent:
    """A worker that goes from one file of a submission to the next, since to start one takes time.

    Only one that has always answered: a file never meets the trouble that another one made. A
    context manager: at its end the worker ends.
    """

    def __init__(self) -> None:
        self.child: Child | None = None

    def take(self) -> Child | None:
        """The worker, if one was left here."""
        child, self.child = self.child, None
        return child

    def __enter__(self) -> Lent:
        return self

    def __exit__(self, *exc: object) -> None:
        if child := self.take():
            child.end()


class Session:
    """The worker behind one file. A context manager: at its end nothing of it runs any more.

    ``lent`` may hold a worker of the same submission; one in good order is left there at the end.
    """

    def __init__(
        self,
        sources: Mapping[str, str],
        file: str,
        limits: Limits = GRADED,
        companions: Mapping[str, str] | None = None,
        lent: Lent | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.sources, self.file, self.limits = sources, file, limits
        self.companions = companions or {}
        """Files to lay beside it: their paths, their texts."""
        self.layers: tuple[str, ...] = ()
        """Those around the worker that was asked last."""
        self._runs: list[tuple[str, ...]] = []
        self.skipped: tuple[str, ...] = ()
        """What of the file isn't run, and why; in words."""
        self.printed = ""
        """The beginning of what the code printed; nothing where the worker may be a lent one."""
        self.budget = budget or Budget(limits.total)
        self.program = Program(sources, file, limits, self.companions, self.budget)
        """The same file, where it is run as a program."""
        self._starts = 0
        self._child: Child | None = None
        self._names: frozenset[str] = frozenset()
        self._trouble: Answer | None = None
        # What is laid beside a file is laid there when its worker starts.
        self._lent = lent if not companions else None

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._lent and self._child:
            self._lent.child, self._child = self._child, None
        self.close()

    def close(self) -> None:
        """End the worker and the program, if they are there."""
        self.program.end()
        if self._child:
            self._child.end()
            if not self._lent:
                self.printed = self.printed or self._child.output()
            self._child = None

    def load(self) -> Answer | None:
        """Load the file, if it is not loaded. None is well; else why it cannot be loaded."""
        if self._child or self._trouble:
            return self._trouble
        if self._starts > self.limits.restarts:
            return Answer(Kind.SKIPPED, text=f"the program ended or hung {self._starts} times")
        if self.budget.left <= 0:
            return Answer(Kind.SKIPPED, text="the time for the whole submission is used up")
        if self._load_in_lent():
            return None
        self._starts += 1
        self._child = Child(self.sources, self.file, self.limits, files=self.companions)
        answer = self._guarded(self.limits.load, self._loaded)
        if answer.kind is Kind.RETURNED:
            self._take_in(answer.value)
            return None
        if "SyntaxError" in answer.errors:
            self.skipped = (told(Skipped(0, answer.line, answer.errors[0], answer.text)),)
        # A file that cannot be loaded now cannot be loaded a second later either.
        self._trouble = answer
        self.close()
        return answer

    def _load_in_lent(self) -> bool:
        """Load the file in a worker that has another one; if that fails, a new worker tries."""
        self._child = self._lent.take() if self._lent else None
        if not self._child:
            return False
        self._child.number += 1
        message = ["load", self._child.number, self.file]
        answer = self._guarded(self.limits.call, partial(self._answer, message, []))
        # What isn't run may be so for what another file has done in there.
        whole = type(answer.value) is list and not any(map(_is_note, answer.value))
        if answer.kind is Kind.RETURNED and whole:
            self._take_in(answer.value)
            self._note_layers(self._child)
            self._starts += 1
            return True
        self.close()
        return False

    def _take_in(self, loaded: list[Any]) -> None:
        """The names of the functions, and after them what wasn't run."""
        self._names = frozenset(name for name in loaded if type(name) is str)
        notes = [note for note in loaded if type(note) is not str][:MOST_SKIPPED]
        self.skipped = tuple(told(Skipped(*note)) for note in notes if _is_note(note))

    def _note_layers(self, child: Child) -> None:
        self.layers = child.layers
        self._runs.append(child.layers)

    @property
    def runs(self) -> list[tuple[str, ...]]:
        """The layers around each run of the student's code, by calls and as a program."""
        return [*self._runs, *self.program.runs]

    @property
    def strain(self) -> int:
        """So often it ended or hung; to hang while it is loaded takes as long as five calls."""
        hung = bool(self._trouble and self._trouble.kind is Kind.LATE)
        return max(0, self._starts - 1) + round(self.limits.load / self.limits.call) * hung

    def names(self) -> frozenset[str]:
        """The functions in the file, once it is loaded."""
        return self._names

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Answer:
        """Call a function of the student's; scripts among the arguments are played with."""
        trouble = self.load()
        if trouble:
            return trouble
        if name not in self._names:
            return Answer(Kind.MISSING)
        assert self._child
        self._child.number += 1
        plays: list[Play] = []

        def sent(value: Any) -> Any:
            if not hasattr(value, "play"):
                return value
            plays.append(value.play())
            return Handle(len(plays) - 1, plays[-1].methods)

        message = ["call", self._child.number, name, [sent(arg) for arg in args],
                   {word: sent(arg) for word, arg in kwargs.items()}]  # fmt: skip
        return self._guarded(self.limits.call, partial(self._answer, message, plays))

    # ------------------------------------------------------------ the conversation

    def _guarded(self, seconds: float, talk: Callable[[Child, Allowance], Answer]) -> Answer:
        """Have a conversation with the worker; when it goes wrong, this worker is done with."""
        assert self._child
        allowance = self._child.allow(seconds)
        try:
            return talk(self._child, allowance)
        except GaveUp as error:
            answer = Answer(Kind.ENDLESS, text=str(error))
        except TimedOut as error:
            answer = Answer(Kind.LATE, text=_why_late(self._child, error, seconds))
        except Ended:
            answer = Answer(Kind.ENDED, text=_last_words(self._child))
        except (WireError, TypeError, ValueError, IndexError) as error:
            answer = Answer(Kind.BROKEN, text=str(error))
        finally:
            self.budget.left -= allowance.used
        self.close()
        return answer

    def _loaded(self, child: Child, allowance: Allowance) -> Answer:
        child.begin(allowance)
        self._note_layers(child)
        answer = _read(child.receive(allowance), 0, [])
        if answer.kind is Kind.RETURNED and type(answer.value) is not list:
            raise WireError("no list of names")
        return answer

    def _answer(
        self, message: Any, plays: list[Play], child: Child, allowance: Allowance
    ) -> Answer:
        child.send(message, allowance)
        while True:
            allowance.look()  # not only a wait may take too long: it may ask, and ask, and ask
            reply = child.receive(allowance)
            if type(reply) is list and reply and reply[0] == "ask":
                child.send(_play(reply, plays), allowance)
            else:
                return _read(reply, message[1], plays)


def _is_note(note: Any) -> bool:
    """Whether it has the form of a `Skipped`: all that a worker says may be a student's words."""
    kinds = [type(item) for item in note] if type(note) in (list, tuple) else []
    return kinds == [int, int, str, str] and str(note[2]).isidentifier()


def _play(asked: list[Any], plays: list[Play]) -> list[Any]:
    """The student's code calls a scripted function: do it, and say what came of it."""
    _, number, name, args = asked
    if type(number) is not int or not 0 <= number < len(plays) or type(name) is not str:
        raise WireError("it asks for a socket that it was not given")
    try:
        return ["give", scripts.method(plays[number], name)(*args)]
    except (TypeError, ValueError, AttributeError, OSError) as error:
        return ["throw", type(error).__name__, str(error)[:200]]


def _read(reply: Any, number: int, plays: list[Play]) -> Answer:
    """An answer as the worker sends it. Raises WireError, or another error, if it is none."""
    kind, its_number, *rest = reply
    if its_number != number:
        raise WireError("an answer to another question")
    if kind == "returned":
        (value,) = rest
        return Answer(Kind.RETURNED, value, seen=tuple(play.seen() for play in plays))
    names, text, file, line = rest
    words = (*names, text, file)
    if kind != "raised" or not names or any(type(word) is not str for word in words):
        raise WireError("neither a value nor an error")
    if type(line) is not int:
        raise WireError("a line is a number")
    seen = tuple(play.seen() for play in plays)
    return Answer(Kind.RAISED, None, tuple(names), text, file, line, seen)


def _why_late(child: Child, timed_out: TimedOut, seconds: float) -> str:
    """What it did with its time, as a question that leads on."""
    if timed_out.computed and len(child.output()) >= child.limits.output:
        return f"in {seconds:g} s it printed more and more: is there a print in a loop?"
    if timed_out.computed:
        return f"{seconds:g} s of processor time were not enough: is there a loop that never ends?"
    return f"for {seconds:g} s it only waited: for a sleep, a lock, an input?"


def _last_words(child: Child) -> str:
    status = child.exit_status(0.5)
    if child.excess:
        return child.excess
    if status is None:
        return "it closed the pipe to the judge"
    if status < 0:
        return f"ended by signal {-status}"
    return f"exit status {status}"
