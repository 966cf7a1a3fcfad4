"""A student's server as a black box: ready, however bytes are cut, and gone afterwards."""

from __future__ import annotations

import random
import socket
import textwrap

import pytest

import wslab
from tests.grading.drafts import PATIENT
from wslab.grading import kit
from wslab.grading.answers import Complaint
from wslab.grading.delivery import Delivery, pieces
from wslab.grading.limits import Limits
from wslab.grading.server import Server
from wslab.grading.submission import read_folder

BRIEF = Limits(load=5, step=0.7)


def server(code: str, limits: Limits = PATIENT) -> Server:
    start = "import socket, sys\n"
    text = start + textwrap.dedent(code)
    return Server({"ex01_echo_over_tcp": text}, "ex01_echo_over_tcp", {}, limits, random.Random(1))


def solution(exercise: str) -> Server:
    texts = read_folder(kit.root() / "solutions").texts
    companions = kit.companions(exercise)
    return Server(texts, kit.FILES[exercise], companions, PATIENT, random.Random(1))


LISTEN = "listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
ECHO = (
    LISTEN
    + """
while True:
    sock, _ = listener.accept()
    with sock:
        while data := sock.recv(4096):
            sock.sendall(data)
"""
)


@pytest.mark.parametrize("delivery", Delivery)
def test_an_echo_is_heard_however_it_is_cut(delivery: Delivery) -> None:
    with server(ECHO) as one:
        for _ in range(2):
            with one.connect(delivery) as line:
                line.say(b"Hello", b"Bye" * 10)
                line.hear(b"Hello" + b"Bye" * 10, "the echo")
                line.finish()
                line.hear_end("after the end")
        port = one.port
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), 5)


def test_pieces() -> None:
    messages = (b"Hello", b"", b"world")
    for delivery in Delivery:
        assert b"".join(pieces(messages, delivery, random.Random(3))) == b"Helloworld"
    assert len(pieces(messages, Delivery.RANDOM, random.Random(3))) > 2


TROUBLE = {
    "ends": ("raise SystemExit('no port for me')", "no port for me"),
    "crashes": ("1 / 0", "ZeroDivisionError"),
    "syntax": ("def f(:", "SyntaxError"),
}
SILENCE = {  # found out after some seconds
    "no server": ("import time; time.sleep(60)", "takes no connection"),
    "loops": ("while True: pass", "takes no connection"),
}


@pytest.mark.parametrize(
    "name", [*TROUBLE, *(pytest.param(name, marks=pytest.mark.slow) for name in SILENCE)]
)
def test_a_program_that_does_not_serve(name: str) -> None:
    code, words = (TROUBLE | SILENCE)[name]
    with pytest.raises(Complaint, match=words), server(code, BRIEF):
        pass


def test_a_program_that_says_nothing() -> None:
    code = LISTEN + "kept = [listener.accept() for _ in range(9)]"
    with server(code, BRIEF) as one, one.connect() as line:
        line.say(b"Hello")
        with pytest.raises(Complaint, match=r"the echo.*: came 0 of 5 bytes"):
            line.hear(b"Hello", "the echo")
        line.finish()
        with pytest.raises(Complaint, match="keeps it open"):
            line.hear_end("the end")


def test_a_wrong_byte_is_pointed_at() -> None:
    with server(ECHO.replace("(data)", "(data.upper())")) as one, one.connect() as line:
        line.say(b"hello")
        with pytest.raises(Complaint, match="byte 0 of 5 is 48 and should be 68"):
            line.hear(b"hello", "the echo")


def test_a_program_that_ends_in_the_middle() -> None:
    code = LISTEN + "for _ in range(2): listener.accept()[0].close()"
    one = server(code)
    with one.__enter__().connect() as line:
        line.hear_end("at once")
    assert one._child
    assert one._child.exit_status(20) == 0
    with pytest.raises(Complaint, match="ended while it was being used"):
        one.__exit__(None, None, None)


def test_a_port_that_somebody_else_took_is_tried_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    from wslab.grading import server as module

    real = module._free_port
    with socket.create_server(("127.0.0.1", 0)) as squatter:
        squatter.close()
        ports = iter([real(), real()])
        with socket.socket() as bound:  # bound, and not listening: nobody answers there
            bound.bind(("127.0.0.1", 0))
            first = bound.getsockname()[1]
            monkeypatch.setattr(module, "_free_port", lambda: first if not used else next(ports))
            used: list[int] = []
            original = module.Server._wait_until_ready

            def watch(self: Server, child: object) -> None:
                used.append(self.port)
                original(self, child)  # type: ignore[arg-type]

            monkeypatch.setattr(module.Server, "_wait_until_ready", watch)
            with server(ECHO) as one, one.connect() as line:
                line.say(b"a")
                line.hear(b"a", "the echo")
    assert used[0] == first
    assert len(used) == 2


def test_the_solutions_of_both_echoes() -> None:
    with solution("ex01") as one, one.connect(Delivery.BYTES) as line:
        line.say(b"Hello")
        line.hear(b"Hello", "the echo")
    with solution("ex07") as one, wslab.connect(one.url) as ws:
        ws.send("Hello")
        assert ws.recv(20) == "Hello"
