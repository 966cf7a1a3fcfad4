"""A program that several checks meet: started once, and anew after trouble."""

from __future__ import annotations

import random
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest

from tests.grading.drafts import PATIENT
from wslab.grading.allowance import Budget
from wslab.grading.answers import Complaint
from wslab.grading.program import Program
from wslab.grading.server import Server

COUNTING = """
import socket, sys
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
    listener.settimeout(0.2)
    count = 0
    try:
        while True:
            try:
                sock, _ = listener.accept()
            except TimeoutError:
                continue
            with sock:
                if sock.recv(1):
                    count += 1
                    sock.sendall(b"%d %s" % (count, " ".join(sys.argv[2:]).encode()))
    except KeyboardInterrupt:
        sys.exit(3)
"""


MADE: list[Program] = []


@pytest.fixture(autouse=True)
def no_program_goes_on() -> Iterator[None]:
    """A program waits for the next check, and one that spins takes a core from all the others."""
    yield
    while MADE:
        MADE.pop().end()


@pytest.fixture
def program() -> Program:
    return written(COUNTING)


def written(code: str) -> Program:
    MADE.append(Program({"ex07": textwrap.dedent(code)}, "ex07", PATIENT, {}, Budget(60)))
    return MADE[-1]


def met(program: Program, *words: str) -> AbstractContextManager[Server]:
    return program.serving(random.Random(1), words)


def complain(program: Program, says: str) -> str:
    """What a student reads of a check that met this program and had this to say."""
    with pytest.raises(Complaint) as raised, met(program) as server:
        complain_about(server, says)
    return str(raised.value)


def complain_about(server: Server, says: str) -> None:
    number(server)
    if says:
        raise Complaint(says)
    server.exit_status(20)


def number(server: Server) -> bytes:
    with server.connect() as line:
        line.say(b"?")
        return line.hear_some(99)


def test_the_next_check_meets_the_same_program(program: Program) -> None:
    with met(program) as server:
        assert number(server) == b"1 "
    with met(program) as server:
        assert number(server) == b"2 "


def test_after_trouble_and_with_other_words_it_starts_anew(program: Program) -> None:
    assert complain(program, "it is wrong") == "it is wrong"
    with met(program) as server:
        assert number(server) == b"1 "
    with met(program, "0.5") as server:
        assert number(server) == b"1 0.5"


def test_ctrl_c_is_no_accident(program: Program) -> None:
    with met(program) as server:
        server.interrupt()
        assert server.exit_status(20) == 3
    with met(program) as server:
        assert number(server) == b"1 "


def test_to_end_in_the_middle_is_one() -> None:
    code = COUNTING.replace("count += 1", "sys.exit(4)")
    assert "ended while it was being used" in complain(written(code), "")


def test_who_serves_one_client_only_is_told_so() -> None:
    once = """
    import socket, sys
    with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
        print(f"tcp://127.0.0.1:{sys.argv[1]}", flush=True)
        listener.accept()[0].close()
    """
    with (
        pytest.raises(Complaint, match="took a connection, and ended") as raised,
        met(written(once)),
    ):
        pass
    assert "127.0.0.1" not in str(raised.value), "no news, and another port each time"


def test_what_cannot_be_started_is_not_tried_again() -> None:
    one = written("1 / 0")
    with pytest.raises(Complaint, match="ZeroDivisionError"), met(one):
        pass
    started = time.monotonic()
    for _ in range(50):
        with pytest.raises(Complaint, match="ZeroDivisionError"), met(one):
            pass
    assert one._server is None
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        ("not written yet: talk: begin", ["NotImplementedError: talk: begin"]),
        ("Traceback (most recent call last):\nKeyError: 1", ["It printed: KeyError: 1"]),
        ("a visitor has come", []),
    ],
)  # fmt: skip
def test_a_program_may_say_what_is_wrong_with_it(printed: str, words: list[str]) -> None:
    code = COUNTING.replace("count += 1", f"print({printed!r}, flush=True)")
    assert complain(written(code), "it is silent") == "\n".join(["it is silent", *words])


def test_where_a_program_has_failed_is_said() -> None:
    trace = (
        'Traceback (most recent call last):\n  File "/x/ex04_frames.py", line 7, in f\n    f()\n'
    )
    trace += '  File "/usr/lib/socket.py", line 9, in g\nKeyError: 1'
    code = COUNTING.replace("count += 1", f"print({trace!r}, flush=True)")
    said = complain(written(code), "it is silent")
    assert said == "it is silent\nIt printed: KeyError: 1 (ex04_frames.py, line 7)"


def test_what_we_import_is_not_imported_for_the_program() -> None:
    with pytest.raises(Complaint, match="NameError: name 'sys'"), met(written("print(sys.argv)")):
        pass


THOUGHTFUL = """
import socket, sys, time
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
    while True:
        sock, _ = listener.accept()
        sum(range(3_000_000))  # thinks, and then speaks
        print("Traceback\\nPuzzled:", sock.recv(10), flush=True)
"""


def test_a_busy_program_may_finish_what_it_says_and_what_comes_later_does_not_count() -> None:
    complaint = pytest.raises(Complaint, match=r"Wrong\.\nIt printed: Puzzled: b'one'")
    with complaint as found, met(written(THOUGHTFUL)) as server, server.connect() as line:
        line.say(b"one")
        server.note()
        with server.connect() as other:
            other.say(b"two")
            server.settle()
            assert "two" in server.output()
        raise Complaint("Wrong.")
    assert "two" not in str(found.value)


RESTLESS = """
import socket, sys, threading
def spin():
    while True: pass
threading.Thread(target=spin, daemon=True).start()
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
    while True: listener.accept()
"""


def test_who_never_rests_is_waited_for_once() -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux says what the threads of a process do")
    with met(written(RESTLESS)) as server:
        server.settle()
        assert server._child
        assert server._child._restless
        began = time.process_time()
        for _ in range(10_000):
            server.settle()
        assert time.process_time() - began < 5


def test_no_program_after_the_end_of_the_submission() -> None:
    late = Program({"ex07": COUNTING}, "ex07", PATIENT, {}, Budget(0))
    with pytest.raises(Complaint, match="time for the whole submission"), met(late):
        pass


def test_a_thread_for_each_of_many_clients_fits_in_the_memory() -> None:
    """Each new thread reserves address space, and the limit of memory counts that."""
    start = """
import threading, time
for _ in range(60):
    threading.Thread(target=lambda: (bytearray(100_000), time.sleep(60)), daemon=True).start()
"""
    with met(written(start + COUNTING)) as server:
        assert number(server) == b"1 "
