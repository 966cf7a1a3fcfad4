"""The student's file as a program: started once, and met by one check after the other.

So a server is used in the world, and to start it takes longer than to talk to it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from .allowance import Budget
from .answers import PRINTED, Complaint
from .execute import NOT_RUN
from .limits import Limits
from .server import LENT, Server

UNWRITTEN = "not written yet: "
"""What the given part of a starter prints when it comes to a function that waits to be written."""


_SKIPPED = re.compile(rf"^{NOT_RUN}(.{{1,300}})$", re.MULTILINE)
_BORROWED = re.compile(rf"^{LENT}([a-z_]{{1,30}}) is wslab's", re.MULTILINE)

_PLACE = re.compile(r' +File "[^"]*\b(ex\d\d_\w+\.(?:py|ipynb, cell \d+))", line (\d+)')
"""In a traceback. Only for the start of one line: on a long text it takes quadratic time."""


class Program:
    """A file that can be run. After a check that had trouble with it, the next one starts anew."""

    def __init__(
        self,
        sources: Mapping[str, str],
        file: str,
        limits: Limits,
        companions: Mapping[str, str],
        budget: Budget,
    ) -> None:
        self._what = sources, file, companions, limits
        self._budget = budget
        self._server: Server | None = None
        self._hopeless = ""
        """Why it cannot be started: what it was for one check, it is for all."""
        self.skipped: dict[str, None] = {}
        """What of the file isn't run, and why; in their order."""
        self.borrowed: set[str] = set()
        """The functions of wslab that have stepped in for missing ones."""
        self.runs: list[tuple[str, ...]] = []
        """The layers around each run of it, also of one that ended before it took a connection."""
        self.said = ""
        """The beginning of what it printed, when it was last used."""

    @contextmanager
    def serving(self, randomness: random.Random, words: tuple[str, ...]) -> Iterator[Server]:
        """It runs while one check talks to it; ``words`` come after the port. Raises Complaint."""
        if self._hopeless:
            raise Complaint(self._hopeless)
        if self._budget.left <= 0:
            raise Complaint("The time for the whole submission is used up.")
        server = self._running(randomness, words)
        server.noted = None
        before = len(server.output())
        try:
            yield server
        except Complaint as complaint:
            printed = server.note()
            self.end()
            last = _last_words(printed[before:])
            raise Complaint(f"{complaint}\n{last}" if last else str(complaint)) from None
        except BaseException:
            self.end()
            raise
        finally:
            self.said = server.output()
            self.borrowed.update(_BORROWED.findall(self.said))
            self.skipped.update(dict.fromkeys(_SKIPPED.findall(self.said)))
        if server is self._server and server.ended():
            self._server = None
            server.__exit__(None, None, None)  # complains

    def end(self) -> None:
        """End it, if it runs."""
        server, self._server = self._server, None
        if server:
            server.life.lasts()
            server.stop()
            self._budget.left -= server.life.used

    def _running(self, randomness: random.Random, words: tuple[str, ...]) -> Server:
        if self._server and self._server.words == words and not self._server.ended():
            self._server.random = randomness
            self._server.settle()  # the visitors of the last check have just left
            return self._server
        self.end()
        sources, file, companions, limits = self._what
        server = Server(sources, file, companions, limits, randomness, words, self._budget.left)
        try:
            self._server = server.__enter__()
        except Complaint as complaint:
            self._hopeless = str(complaint)
            self.said = server.printed
            raise
        finally:
            if server.layers:
                self.runs.append(server.layers)
        return self._server


def _last_words(printed: str) -> str:
    """What a program says about its own mistake; not what it says about our visits."""
    lines = printed.strip().split("\n")
    for line in lines:
        if line.startswith(UNWRITTEN):
            return f"NotImplementedError: {line.removeprefix(UNWRITTEN)}"
    if any(line.startswith("Traceback") for line in lines):
        places = [found for line in lines if (found := _PLACE.match(line[:500]))]
        where = " ({}, line {})".format(*places[-1].groups()) if places else ""
        return PRINTED + lines[-1][:200] + where
    return ""
