"""Scripted sockets stay with the judge: what happens to them cannot be forged."""

from __future__ import annotations

import pytest

from tests.grading.drafts import ask
from wslab.grading.answers import Kind
from wslab.grading.scripts import Recv, Send, Socket


def test_a_scripted_recv_lives_with_the_judge() -> None:
    code = """
        def f(recv, n):
            data = b""
            while len(data) < n:
                data += recv(n - len(data))
            return data
    """
    answer = ask(code, Recv(b"He", b"l", b"lo!"), 5)
    assert (answer.value, answer.seen) == (b"Hello", (5,))


def test_reading_on_after_the_end_is_noticed_at_once() -> None:
    code = "def f(recv):\n    while True: recv(1)"
    answer = ask(code, Recv(b"a"))
    assert answer.kind is Kind.ENDLESS
    assert "the end" in answer.text


def test_a_scripted_send_takes_a_little() -> None:
    assert ask("def f(send): return send(b'Hello')", Send(3)).seen == (b"Hel",)


def test_send_takes_whatever_holds_bytes() -> None:
    code = "def f(send): return send(memoryview(b'Hello')[1:]), send(bytearray(b'!'))"
    answer = ask(code, Send(9))
    assert (answer.value, answer.seen) == ((4, 1), (b"ello!",))


def test_a_scripted_socket() -> None:
    code = """
        def f(sock):
            with sock:
                while data := sock.recv(100):
                    sock.sendall(data)
    """
    assert ask(code, Socket((b"He", b"llo"))).seen == (b"Hello",)


@pytest.mark.parametrize("call", ["recv()", "recv('a')", "recv(-1)", "recv(1, 2)", "recv.x"])
def test_a_wrong_call_is_an_error_of_the_students_code(call: str) -> None:
    answer = ask(f"def f(recv): {call}", Recv(b"a"))
    assert answer.kind is Kind.RAISED
    assert answer.errors[0] in ("TypeError", "ValueError", "AttributeError")


def test_no_method_but_those_of_a_socket_can_be_asked_for() -> None:
    code = """
        import sys
        def f(sock):
            cells = [cell.cell_contents for cell in sock.recv.__closure__]
            (worker,) = [one for one in cells if type(one).__name__ == "Worker"]
            return worker._ask(0, "__class__", ())
    """
    answer = ask(code, Socket((b"x",)))
    assert answer.kind is Kind.RAISED
    assert answer.errors[0] == "AttributeError"


@pytest.mark.parametrize("chunks", [(), (b"",)])
def test_a_stream_that_ends_at_once_says_so(chunks: tuple[bytes, ...]) -> None:
    assert str(Recv(*chunks)) == 'recv() gives b"" at once'
    assert str(Recv(b"a", *chunks)) == "recv() gives b'a'"
