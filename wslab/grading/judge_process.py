"""The judge's process: tasks come in as lines of JSON, records go out.

It is started once and grades many. When it ends before its time, that costs the one submission in
its hands. When the coordinator ends, the pipe does, and nothing stays behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from . import allowance, launch, orphans
from .sandbox import file_isolation
from .session import Session
from .task import Task, graded

ALIVE = 5.0
"""A judge that waits for a student's code says at least every so many seconds that it does."""

_BOOT = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from wslab.grading.judge_process import main; main()"
)


def main() -> None:
    """Run as the child; does not return before its pipe ends."""
    tempfile.tempdir = sys.argv[1]
    _stay_on_one_core(int(sys.argv[2]))
    if orphans.adopt():
        launch.open_nursery(sys.argv[1])
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # nothing else may get into the pipe
    tasks: SimpleQueue[str] = SimpleQueue()
    threading.Thread(target=_listen, args=(tasks,), daemon=True).start()
    try:
        _work(tasks, answers)
    except Exception:
        # When the coordinator has gone, nothing works here any more, and that is no fault of ours.
        _ENDING.wait(1)
        if not _ENDING.is_set():
            raise
        time.sleep(60)  # until the other thread ends us


def _stay_on_one_core(number: int) -> None:
    """The judge and the code that it asks take turns, so one core will do for both.

    On two, each question wakes a core that sleeps: that takes several times as long as to answer.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # a container may forbid it
            cores = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(0, {cores[number % len(cores)]})


def _work(tasks: SimpleQueue[str], answers: Any) -> None:
    _say(answers, {"isolated": _is_isolated()})
    last = time.monotonic()

    def alive() -> None:
        nonlocal last
        if time.monotonic() > last + ALIVE:
            last = time.monotonic()
            _say(answers, {})

    allowance.on_look.append(alive)
    while True:
        task = Task.from_json(json.loads(tasks.get()))
        begin = time.monotonic()
        found, doubtful = graded(task)
        seconds = round(time.monotonic() - begin, 3)
        _say(answers, {"record": found.to_json(), "seconds": seconds, "doubtful": doubtful})


def _listen(tasks: SimpleQueue[str]) -> None:
    with contextlib.suppress(OSError):
        for line in open(0, encoding="ascii", closefd=False):  # noqa: SIM115
            tasks.put(line)
    # The end of the pipe: we are to end, or there is nobody any more to say so.
    _ENDING.set()
    orphans.known.clear()
    orphans.end()
    os._exit(0)


def _say(answers: Any, message: dict[str, Any]) -> None:
    answers.write(json.dumps(message) + "\n")
    answers.flush()


def _is_isolated() -> bool:
    """Try it out: what the kernel says it has, a container may still forbid."""
    with Session({"probe": ""}, "probe") as session:
        session.load()
        return file_isolation(session.layers)


_LOCK = threading.Lock()
"""A judge that has just been started must not be taken for an orphan."""


_ENDING = threading.Event()


class Crashed(Exception):
    """The judge has ended, or does not answer."""


class Judge:
    """The coordinator's side of it. `close` it in any case; it starts again when it is asked.

    ``number`` tells it from the others: they spread over the cores.
    """

    def __init__(self, work: Path, log: Path, number: int = 0) -> None:
        self.work, self.log, self.number = work, log, number
        self.isolated = False
        """Whether students' code is kept away from other files; known once it has started."""
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self._over = False

    def start(self, patience: float) -> None:
        """Start it, if it does not run. Raises Crashed, OSError."""
        with _LOCK:
            if self._over:
                raise Crashed
            if self._process:
                return
            self._start()
        self.isolated = self._answer(patience)["isolated"]

    def _start(self) -> None:
        root = str(Path(__file__).resolve().parent.parent.parent)
        group: dict[str, Any] = {"start_new_session": True}  # Ctrl-C is for the coordinator
        if sys.platform == "win32":
            group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                # -B: on a full disk, byte code cut short would stop every later program.
                [sys.executable, "-IB", "-c", _BOOT, root, str(self.work), str(self.number)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, cwd=self.work, **group,
            )  # fmt: skip
        orphans.known.add(self._process.pid)
        self._answers = SimpleQueue()
        reader = threading.Thread(
            target=_read, args=(self._process.stdout, self._answers), daemon=True
        )
        reader.start()

    def ask(self, task: Task, patience: float) -> dict[str, Any]:
        """A record as JSON, the seconds it took, and whether a neighbour may have cost a point.

        ``patience`` is how many seconds may pass without a sign of life. Raises Crashed, OSError.
        """
        self.start(patience)
        assert self._process
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps(task.to_json()).encode("ascii") + b"\n")
            self._process.stdin.flush()
        except OSError:
            self.close()
            raise Crashed from None
        return self._answer(patience)

    def _answer(self, patience: float) -> dict[str, Any]:
        answer: dict[str, Any] | None = {}
        try:
            while answer == {}:
                answer = self._answers.get(timeout=patience)
        except Empty:
            answer = None
        if answer is None:
            self.close()
            raise Crashed
        return answer

    def hang_up(self) -> None:
        """Let it end, and never start again. Does not wait for that: see `close`."""
        self._over = True  # also for a thread that is about to start it
        with _LOCK:
            process = self._process
        if process and process.stdin:
            with contextlib.suppress(OSError):
                process.stdin.close()

    def close(self) -> None:
        """End it, with all that it has started."""
        with _LOCK:
            process, self._process = self._process, None
        if not process:
            return
        with contextlib.suppress(OSError):
            assert process.stdin
            process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with _LOCK:
            orphans.known.discard(process.pid)
            orphans.end()  # what it could not end any more


def _read(pipe: Any, answers: SimpleQueue[dict[str, Any] | None]) -> None:
    with pipe, contextlib.suppress(OSError, ValueError):
        for line in pipe:
            answers.put(json.loads(line))
    answers.put(None)
