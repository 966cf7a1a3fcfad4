"""The worker: a child process that runs the student's code, and answers the judge's calls.

It is started as ``python -s -S -B`` and loads, besides Python's own library, only its neighbours
`wire`, `sandbox` and what that needs: the right answers are in no memory that the student can
reach.
Nothing here is a secret and nothing can be won by changing it: what goes back is what the code
answered, and whoever answers something else has answered something else.

The worker begins with ``["hidden"]``: from then on no other process of its user can read its pipe.
The judge answers with one message, a dict: limits, the sources, what to run. Then it sends
``["call", number, function, args, kwargs]``, or ``["load", number, file]`` for another of the
files; the answer is ``["returned", number, value]`` or
``["raised", number, names, text, file, line]``; between the two, ``["ask", handle, method, args]``
calls a function that stays with the judge, who answers ``["give", value]`` or
``["throw", name, text]``.
"""

from __future__ import annotations

import _thread
import builtins
import importlib
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from functools import partial
from importlib.machinery import ModuleSpec
from queue import SimpleQueue
from types import ModuleType
from typing import Any

from . import sandbox, wire
from .execute import NOT_RUN, SHOWN, Skipped, execute, file_names, told
from .wire import Handle, Other, WireError

LOST = 3
"""The exit status of a worker that has lost its judge."""


def main() -> None:
    """Run as the child; does not return."""
    pipe, answers = _take_pipe()
    sandbox.hide()
    wire.write(answers, ["hidden"], 100)
    commands = wire.Reader(pipe, 64 << 20)
    start = commands.read()
    limits: dict[str, int] = start["limits"]
    layers = sandbox.enter(limits, start["ports"])
    commands.most = most = limits["answer"]
    wire.write(answers, ["ready", list(layers)], most)
    receive = _listening(commands)
    texts = start["sources"].items()
    sources = Sources({name: text.decode("utf-8", "surrogatepass") for name, text in texts})
    # First, or a program that looks into its own folder would find a notebook's stand-in there.
    sys.meta_path.insert(0, sources)
    if limits["seccomp"]:
        _refuse_processes()
    if start["program"]:
        # Whoever starts us in the background may have told us to ignore Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sources.run(start["file"], start["program"])
        sys.exit()
    Worker(sources, receive, answers, most).serve(start["file"])


def _refuse_processes() -> None:
    """Say in words, and on every system, what the system call is refused for: see `seccomp`."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError("an exercise can't start a process: take a thread for each client")

    for name in ("fork", "forkpty"):
        if hasattr(os, name):
            setattr(os, name, refuse)


def _take_pipe() -> tuple[int, int]:
    """Move the pipe away from 0 and 1, so that neither ``print`` nor ``input`` gets into it.

    What is printed goes where errors go: to the judge, who keeps a little of it.
    """
    pipe = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return pipe


def _listening(commands: wire.Reader) -> Callable[[], Any]:
    """How to get the next message. From now on we die when the judge does, whatever runs here."""
    if sys.platform != "linux":
        # The end of a pipe is seen only by reading it: each message passes through two threads.
        inbox: SimpleQueue[Any] = SimpleQueue()
        threading.Thread(target=_listen, args=(commands, inbox), daemon=True).start()
        return inbox.get
    threading.Thread(target=_end_with, args=(commands.fd,), daemon=True).start()
    return partial(_received, commands)


def _received(commands: wire.Reader) -> Any:
    try:
        return commands.read()
    except BaseException:
        os._exit(LOST)


def _end_with(fd: int) -> None:
    """Wait for nothing but the end of the pipe, which Linux always tells."""
    poll = select.poll()
    poll.register(fd, 0)
    poll.poll()
    os._exit(LOST)


def _listen(commands: wire.Reader, inbox: SimpleQueue[Any]) -> None:
    """Pass messages on, until the pipe ends."""
    while True:
        message = _received(commands)
        if message == ["interrupt"]:
            _thread.interrupt_main()
        else:
            inbox.put(message)


# ---------------------------------------------------------------- the student's files


class Sources:
    """Imports the student's files from their text: no path, and no stale ``.pyc``, is involved."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts  # by the name of the module, as "ex04_frames"
        self.folder = os.getcwd()
        self.skipped: dict[str, list[Skipped]] = {}  # the same
        self.files = {
            part for name in texts for part in file_names(self.file_name(name), texts[name])
        }

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Python asks this for each import."""
        if name not in self.texts:
            return None
        return ModuleSpec(name, self)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        """The usual module will do."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the text in its module."""
        self._run(module.__name__, vars(module))

    def run(self, name: str, words: list[str]) -> None:
        """Run it as a program: ``python NAME.py WORDS``."""
        sys.argv = [self.file_name(name), *words]
        # A new one: a file that forgets to import what we have imported has to notice.
        sys.modules["__main__"] = ModuleType("__main__")
        self._run(name, vars(sys.modules["__main__"]), program=True)

    def _run(self, name: str, variables: dict[str, Any], program: bool = False) -> None:
        variables["__file__"] = self.file_name(name)
        skipped = self.skipped[name] = Notes() if program else []
        execute(self.texts[name], self.file_name(name), variables, skipped, program)

    def file_name(self, module: str) -> str:
        """Where it would be, if it were loaded from there."""
        return os.path.join(self.folder, module + ".py")


class Notes(list[Skipped]):
    """What a program doesn't run is printed at once: nobody asks it afterwards."""

    def append(self, one: Skipped) -> None:
        """Print it."""
        print(f"{NOT_RUN}{told(one)}", file=sys.stderr, flush=True)


# ---------------------------------------------------------------- calls and answers


class Worker:
    """Answers calls, one after the other."""

    def __init__(
        self, sources: Sources, receive: Callable[[], Any], answers: int, most: int
    ) -> None:
        self.sources, self.receive, self.answers, self.most = sources, receive, answers, most
        self.asking = threading.Lock()
        self.module: ModuleType | None = None

    def serve(self, file: str) -> None:
        """Load the file, then answer until the pipe ends."""
        self._answer(0, partial(self._load, file))
        while True:
            kind, number, name, *rest = self.receive()
            if kind == "load":
                self._answer(number, partial(self._load, name))
            else:
                self._answer(number, partial(self._call, name, *rest))

    def _load(self, file: str) -> list[Any]:
        self.module = importlib.import_module(file)
        names = vars(self.module).items()
        found = [name for name, value in names if type(name) is str and callable(value)]
        return [*found, *self.sources.skipped.get(file, [])]

    def _call(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        found = [self._stand_in(arg) for arg in args]
        named = {word: self._stand_in(arg) for word, arg in kwargs.items()}
        return getattr(self.module, name)(*found, **named)

    def _answer(self, number: int, run: Callable[[], Any]) -> None:
        try:
            answer = ["returned", number, plain(run())]
        except BaseException as error:  # SystemExit too: to leave early is no answer
            answer = ["raised", number, *_described(error, self.sources)]
        try:
            self._say(answer)
        except WireError as error:
            self._say(["returned", number, Other("value", str(error))])

    def _say(self, message: Any) -> None:
        """Raises WireError."""
        try:
            wire.write(self.answers, message, self.most)
        except OSError:  # the code has closed the pipe, or the judge has gone
            os._exit(LOST)

    def _stand_in(self, value: Any) -> Any:
        """In place of a handle, something that can be called, and calls the judge."""
        if type(value) is not Handle:
            return value
        if not value.methods:
            return lambda *args: self._ask(value.number, "", args)
        return StandIn(
            {name: self._method(value.number, name) for name in value.methods},
        )

    def _method(self, number: int, name: str) -> Callable[..., Any]:
        return lambda *args: self._ask(number, name, args)

    def _ask(self, number: int, method: str, args: Iterable[Any]) -> Any:
        # A socket takes whatever holds bytes, so these do.
        given = [bytes(arg) if isinstance(arg, (bytearray, memoryview)) else arg for arg in args]
        with self.asking:  # a student's threads may ask at the same time
            self._say(["ask", number, method, plain(given)])
            kind, value, *text = self.receive()
        if kind == "throw":
            raise getattr(builtins, value, OSError)(*text)
        return value


class StandIn:
    """Looks like a socket to the student's code."""

    def __init__(self, methods: dict[str, Callable[..., Any]]) -> None:
        vars(self).update(methods)

    def __enter__(self) -> StandIn:
        return self

    def __exit__(self, *exc: object) -> None:
        vars(self).get("close", lambda: None)()


def plain(value: Any, depth: int = wire.MOST_DEPTH - 2, room: wire.Room | None = None) -> Any:
    """Only the data in a value: an IntEnum is a number, a NamedTuple a tuple, whatever they claim.

    What is no plain data becomes the name of its type.
    """
    kind = type(value)
    room = room or wire.Room()
    try:
        for base, data in _DATA:
            if issubclass(kind, base):
                value = data(value)
                if base is int:  # a very long one is no plain data
                    wire.encode(value)
                if base is str:  # nor is one with half a surrogate pair
                    value.encode()
                return value
        if depth:
            if issubclass(kind, tuple):
                room.take(tuple.__len__(value))
                return tuple(plain(item, depth - 1, room) for item in tuple.__iter__(value))
            if issubclass(kind, list):
                room.take(list.__len__(value))
                return [plain(item, depth - 1, room) for item in list.__iter__(value)]
            if issubclass(kind, dict):
                room.take(dict.__len__(value), wire.MOST_KEYS)
                pairs = dict.items(value)
                return {plain(key, 0): plain(item, depth - 1, room) for key, item in pairs}
        wire.encode(value)
        return value
    except (WireError, TypeError, UnicodeEncodeError):
        return Other(str(kind.__name__)[:SHOWN], _looks(value))


_DATA: list[tuple[type, Callable[[Any], Any]]] = [
    (bool, bool),
    (int, int.__index__),
    (str, str.__str__),
    (bytes, lambda value: bytes.__getitem__(value, slice(None))),
]


def _looks(value: Any) -> str:
    if type(value) is bytearray or type(value) is memoryview:
        return repr(bytes(value[:SHOWN]))
    if type(value) is str:
        return ascii(value[:SHOWN])
    return ""


def _described(error: BaseException, sources: Sources) -> tuple[list[str], str, str, int]:
    """Names of its built-in types, its text, and where in the student's files it came from."""
    names = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]
    try:
        text = str.__str__(str(error))
    except BaseException:
        text = ""
    if type(error).__module__ != "builtins":
        names.insert(0, type(error).__name__)
    where = ("", 0)
    if isinstance(error, SyntaxError) and error.filename in sources.files:
        where, text = (str(error.filename), error.lineno or 0), str(error.msg)
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename in sources.files:
            where = step.tb_frame.f_code.co_filename, step.tb_lineno
        step = step.tb_next
    text = text[:SHOWN].encode("utf-8", "backslashreplace").decode()
    return [name[:SHOWN] for name in names], text, os.path.basename(where[0]), where[1]
