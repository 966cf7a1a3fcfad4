"""The judge waits for nobody longer than it has said, and keeps no more than it has said."""

from __future__ import annotations

import random
import signal
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.grading.drafts import BRIEF, session
from wslab.grading.answers import Complaint, Kind
from wslab.grading.delivery import Delivery
from wslab.grading.limits import Limits
from wslab.grading.line import Line
from wslab.grading.remove import is_full
from wslab.grading.scripts import Socket
from wslab.grading.server import Server

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and descriptors of POSIX")

PYTHON = "import os, signal, socket, sys, time\n"


def test_who_does_not_read_a_long_question_is_not_waited_for() -> None:
    code = PYTHON + "def stop(): os.kill(os.getpid(), signal.SIGSTOP)\ndef f(data): return 1\n"
    with session(code, BRIEF) as one:
        assert one.call("stop", (), {}).kind is Kind.LATE
        assert one.call("f", (b"a" * 200_000,), {}).value == 1, "a new worker reads it"
        # Stopped between two questions: the pipe fills up, and nobody takes anything out.
        assert one._child
        one._child.process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        assert one.call("f", (b"a" * 200_000,), {}).kind is Kind.LATE
        assert time.monotonic() - began < 50, "in processor time it has a second"


@pytest.mark.parametrize(
    "body",
    ["while True: sock.settimeout(1)",
     "text = b'[\"ask\",0,\"settimeout\",[1]]'\n"
     "    many = (len(text).to_bytes(4, 'big') + text) * 999\n"
     "    while True:\n        for fd in range(3, 20):\n            try: os.write(fd, many)\n"
     "            except OSError: pass"],
    ids=["in turn", "ahead"],
)  # fmt: skip
def test_who_asks_without_an_end_is_late(body: str) -> None:
    with session(f"{PYTHON}def f(sock):\n    {body}\n", BRIEF) as one:
        began = time.monotonic()
        assert one.call("f", (Socket((b"a",)),), {}).kind is Kind.LATE
        assert time.monotonic() - began < 50, "in processor time it has a second"


def test_messages_that_nobody_reads_wait_in_the_pipe() -> None:
    """Two hundred of them would be a gigabyte here."""
    code = """
        import os, socket, sys
        listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
        text = b"[" + b"[]," * 600_000 + b"0]"
        for _ in range(200):
            for fd in range(3, 12):
                try: os.write(fd, len(text).to_bytes(4, "big") + text)
                except OSError: pass
    """
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    server = Server({"a": textwrap.dedent(code)}, "a", {}, BRIEF, random.Random(1))
    with server, server.connect() as line:
        line.hear_some(1)
    if sys.platform == "linux":
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150 << 10


def test_a_server_that_never_stops_talking_has_the_time_of_its_submission() -> None:
    code = PYTHON + (
        "listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
        "while True:\n    sock, _ = listener.accept()\n"
        "    try:\n        while True: sock.sendall(b'a'); time.sleep(0.01)\n"
        "    except OSError: pass\n"
    )
    server = Server({"a": code}, "a", {}, replace(BRIEF, total=1), random.Random(1))
    with server, server.connect(Delivery.WHOLE) as line:
        with pytest.raises(Complaint, match="time for the whole submission"):
            _hear_for_ever(line)
        with pytest.raises(Complaint, match="time for the whole submission"):
            line.say(b"a")


def _hear_for_ever(line: Line) -> None:
    while True:
        line.hear_some(3)


def test_who_fills_its_folder_is_ended() -> None:
    code = """
        import time
        def f():
            for number in range(40):
                with open(str(number), "wb") as file:
                    file.write(bytes(1 << 20))
            time.sleep(50)
    """
    limits = Limits(load=30, call=20, written=20 << 20)
    with session(code, limits) as one:
        answer = one.call("f", (), {})
        assert (answer.kind, answer.text) == (Kind.ENDED, "it filled its folder with files")


def test_what_is_in_a_folder_is_counted(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").write_bytes(bytes(300_000))
    (tmp_path / "root").symlink_to("/")
    assert not is_full(tmp_path, 1 << 20, 4)
    assert is_full(tmp_path, 1 << 20, 3)
    assert is_full(tmp_path, 200_000, 10)
    assert not is_full(tmp_path / "gone", 0, 0)
