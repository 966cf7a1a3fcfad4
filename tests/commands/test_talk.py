"""``connect`` in a pipe and on a terminal: what goes in comes back, in order, and it ends well."""

import io
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.peers import liar, reset, welcome
from tests.support.shell import PYTHON, ended, environment, posix, running, wslab
from wslab import serve, tcp_echo, ws_echo
from wslab.cli import main
from wslab.commands import connect
from wslab.protocol.frames import encode_frame

ECHOES: dict[str, Callable[..., Any]] = {"tcp": tcp_echo.serve, "ws": ws_echo.serve}

both = pytest.mark.parametrize("protocol", list(ECHOES))


class Stdin:
    """Standard input for a call in this process: bytes, and then the end."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def __call__(self, data: bytes) -> None:
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Stdin:
    return Stdin(monkeypatch)


@both
def test_in_a_pipe(protocol: str) -> None:
    """As in: echo Hello | python -m wslab connect …"""
    with ECHOES[protocol]() as server:
        done = wslab("connect", server.url, stdin=b"Hello\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"Hello\n", b"")


@both
@pytest.mark.parametrize(
    "data", [b"", b"Hello\n", "né\n回声\n🙂\n".encode(), b"\n\n", b"a\nb\n" * 100], ids=len
)
def test_what_goes_in_comes_back(
    protocol: str, data: bytes, stdin: Stdin, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    stdin(data)
    with ECHOES[protocol]() as server:
        assert main(["connect", server.url]) == 0
    assert capfdbinary.readouterr() == (data, b"")


def test_a_last_line_without_an_end(
    stdin: Stdin, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """A message has an end of its own; a stream is given back as it is."""
    for protocol, expected in (("tcp", b"a\nb"), ("ws", b"a\nb\n")):
        stdin(b"a\nb")
        with ECHOES[protocol]() as server:
            assert main(["connect", server.url]) == 0
        assert capfdbinary.readouterr().out == expected


@both
def test_many_lines_stay_in_order(protocol: str) -> None:
    lines = b"".join(b"line %d\n" % number for number in range(10_000))
    with ECHOES[protocol]() as server:
        done = wslab("connect", server.url, stdin=lines)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == lines


def test_bytes_that_are_not_utf8(stdin: Stdin, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """TCP does not care; a text message must be UTF-8, so what is not becomes U+FFFD."""
    for protocol, expected in (("tcp", b"caf\xe9\n"), ("ws", "caf\ufffd\n".encode())):
        stdin(b"caf\xe9\n")
        with ECHOES[protocol]() as server:
            assert main(["connect", server.url]) == 0
        assert capfdbinary.readouterr() == (expected, b"")


def test_lines_of_windows(stdin: Stdin, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    stdin(b"one\r\ntwo\r\n")
    with ws_echo.serve() as server:
        assert main(["connect", server.url]) == 0
    assert capfdbinary.readouterr().out == b"one\ntwo\n"


@both
@posix
def test_standard_input_that_is_closed(protocol: str) -> None:
    with ECHOES[protocol]() as server:
        script = 'exec "$@" <&-'
        done = subprocess.run(
            ["sh", "-c", script, "sh", *PYTHON, "-m", "wslab", "connect", server.url],
            capture_output=True, env=environment(), timeout=30, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@both
def test_explain_goes_to_standard_error(protocol: str) -> None:
    with ECHOES[protocol]() as server:
        done = wslab("connect", server.url, "--explain", stdin=b"GET / HTTP/1.1\n")
    assert (done.returncode, done.stdout) == (0, b"GET / HTTP/1.1\n")
    explained = done.stderr.decode()
    assert "client -> server" in explained
    assert "client <- server" in explained
    assert "the server has finished" in explained
    assert ("Sec-WebSocket-Key" in explained) is (protocol == "ws")
    assert max(map(len, explained.splitlines())) <= 80


@both
def test_an_answer_comes_while_standard_input_is_open(protocol: str) -> None:
    """As a person at a terminal uses it."""
    with ECHOES[protocol]() as server, running("connect", server.url) as process:
        for line in (b"one\n", b"two\n"):
            process.stdin.write(line)  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            assert process.stdout.readline() == line  # type: ignore[union-attr]
        assert ended(process) == (0, "", "")


@posix
@both
@pytest.mark.parametrize("command", [["connect"], ["record", "-o", "talk.json"]])
def test_a_person_is_told_what_to_do_and_sees_what_is_an_answer(
    protocol: str, command: list[str], tmp_path: Path
) -> None:
    import pty

    ours, theirs = pty.openpty()
    with (
        ECHOES[protocol]() as server,
        open(ours, "r+b", buffering=0) as keyboard,
        open(theirs, "r+b", buffering=0) as terminal,
        subprocess.Popen(
            [*PYTHON, "-m", "wslab", *command, server.url],
            stdin=terminal, stdout=terminal, stderr=subprocess.PIPE, cwd=tmp_path,
            env=environment(),
        ) as process,
    ):  # fmt: skip
        timer = threading.Timer(20, process.kill)
        timer.start()
        assert process.stderr
        assert process.stderr.readline().decode() == f"{connect.HELLO}\n"
        keyboard.write(b"Hello\nagain\n")
        shown = b""
        while b"<- again\r\n" not in shown and process.poll() is None:
            shown += keyboard.read(1000)
        keyboard.write(b"\x04")  # Ctrl-D, the end of what is typed
        assert process.wait(20) == 0
        timer.cancel()
    assert shown.count(b"<- ") == 2
    assert b"Hello\r\nagain\r\n" in shown, "the terminal shows what is typed as it is"


def test_an_arrow_stands_once_before_each_line(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """However TCP cuts them."""
    ours, theirs = socket.socketpair()

    def answers() -> None:
        with theirs:
            for piece in (b"on", b"e\r\ntw", b"o\n", b"\nend"):
                theirs.sendall(piece)
                time.sleep(0.05)

    thread = threading.Thread(target=answers)
    thread.start()
    assert connect.over_tcp(ours, [], connect.ARROW) == 0
    thread.join(20)
    assert capfdbinary.readouterr().out == b"<- one\r\n<- two\n<- \n<- end"


# ---------------------------------------------------------------- how it ends


def waiting_for(server: Any) -> None:
    deadline = time.monotonic() + 20
    while not server.connections:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@posix
@both
def test_ctrl_c(protocol: str) -> None:
    with ECHOES[protocol]() as server, running("connect", server.url) as process:
        process.stdin.write(b"Hello\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
        assert process.stdout.readline() == b"Hello\n"  # type: ignore[union-attr]
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert time.monotonic() - start < 10
        assert process.stderr.read() == b"\n"  # type: ignore[union-attr]


@posix
@both
def test_a_reader_that_has_seen_enough(protocol: str) -> None:
    """As in: seq 100000 | python -m wslab connect … | head -1"""
    with ECHOES[protocol]() as server, running("connect", server.url) as process:

        def speak() -> None:
            try:
                for _ in range(100_000):
                    process.stdin.write(b"y\n")  # type: ignore[union-attr]
            except OSError:
                pass  # it has ended, as it should

        speaker = threading.Thread(target=speak)
        speaker.start()
        assert process.stdout.readline() == b"y\n"  # type: ignore[union-attr]
        process.stdout.close()  # type: ignore[union-attr]
        assert process.wait(20) == 0
        assert process.stderr.read() == b""  # type: ignore[union-attr]
        speaker.join(20)


@pytest.mark.parametrize(
    ("code", "reason", "status", "expected"),
    [
        (1000, "", 0, ""),
        (None, "", 0, ""),
        (1001, "", 0, "The server closed with 1001 "
         "(going away: a server shuts down, a page is left).\n"),
        (4000, "enough\x1b", 1, "The server closed with 4000 (private use: what the application "
         "agreed on): 'enough\\x1b'.\n"),
    ],
)  # fmt: skip
def test_the_server_closes(code: int | None, reason: str, status: int, expected: str) -> None:
    """It ends then, though standard input is still open."""
    with (
        serve(lambda ws: ws.close(code, reason)) as server,
        running("connect", server.url) as process,
    ):
        assert process.wait(20) == status
        assert process.stderr.read().decode() == expected  # type: ignore[union-attr]


def test_a_line_that_is_too_long(stdin: Stdin, capsys: pytest.CaptureFixture[str]) -> None:
    stdin(b"x" * 2000)
    with ws_echo.serve(max_message=1000) as server:
        assert main(["connect", server.url]) == 1
    assert "The server closed with 1009 (message too big" in capsys.readouterr().err


def test_a_tcp_server_that_ends(capsys: pytest.CaptureFixture[str], stdin: Stdin) -> None:
    stdin(b"Hello\n" * 1000)
    with liar(lambda sock: sock.sendall(b"220 no\n")) as url:
        status = main(["connect", url.replace("ws:", "tcp:").rstrip("/")])
    out, err = capsys.readouterr()
    assert out in ("220 no\n", "")
    assert (status, err) in [
        (0, ""),
        (2, "wslab: The connection is lost: Connection reset by peer.\n"),
    ]


def test_a_tcp_connection_that_is_reset(stdin: Stdin, capsys: pytest.CaptureFixture[str]) -> None:
    stdin(b"Hello\n")
    with liar(lambda sock: (sock.recv(1), reset(sock))) as url:
        assert main(["connect", url.replace("ws:", "tcp:").rstrip("/")]) == 2
    assert capsys.readouterr().err.startswith("wslab: The connection is lost: ")


def welcomed(then: Callable[[socket.socket], Any]) -> Callable[[socket.socket], None]:
    """A script: a proper opening handshake, and then something else."""

    def script(sock: socket.socket) -> None:
        welcome(sock)
        then(sock)

    return script


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        (lambda sock: None, "the stream ended without a Close frame"),
        (reset, "the stream ended without a Close frame"),
        (lambda sock: sock.sendall(encode_frame(1, b"Hi", b"mask")), "a server masks no frame"),
        (lambda sock: sock.sendall(encode_frame(1, b"\xff")), "not UTF-8"),
    ],
    ids=["end", "reset", "mask", "utf-8"],
)
def test_a_websocket_that_ends_badly(
    then: Callable[[socket.socket], Any],
    expected: str,
    stdin: Stdin,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stdin(b"Hello\n")
    with liar(welcomed(then)) as url:
        assert main(["connect", url]) == 1
    err = capsys.readouterr().err
    assert err.startswith("wslab: ")
    assert expected in err
    assert err.count("\n") == 1


def test_binary_messages_are_shown_as_hex(stdin: Stdin, capsys: pytest.CaptureFixture[str]) -> None:
    stdin(b"")
    goodbye = encode_frame(8, struct.pack("!H", 1000))
    hello = encode_frame(2, b"\x00Hi") + encode_frame(1, "né".encode()) + goodbye
    with liar(welcomed(lambda sock: sock.sendall(hello))) as url:
        assert main(["connect", url]) == 0
    assert capsys.readouterr() == ("(binary) 00 48 69\nné\n", "")


def test_a_server_that_never_answers(
    stdin: Stdin, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither our line nor our Close: after a while we go."""
    monkeypatch.setattr(connect, "PATIENCE", 0.1)
    stdin(b"Hello\n")

    def listen(sock: socket.socket) -> None:
        while sock.recv(1000):
            pass

    with liar(welcomed(listen)) as url:
        assert main(["connect", url]) == 1
    assert capsys.readouterr().err == (
        "wslab: no answer to 1 of our messages within 0.1 s\n"
        "wslab: the connection was closed from this side\n"
    )


def test_a_message_does_not_move_the_cursor_of_a_terminal(
    stdin: Stdin, capsys: pytest.CaptureFixture[str]
) -> None:
    with ws_echo.serve() as server, ws_echo.connect(server.url) as ws:
        assert connect.over_websocket(ws, [b"\x1b[2Jone"], connect.ARROW) == 0
    assert capsys.readouterr().out == "<- \\x1b[2Jone\n"
    many = encode_frame(1, b"one\ntwo") + encode_frame(8, struct.pack("!H", 1000))
    with liar(welcomed(lambda sock: sock.sendall(many))) as url, ws_echo.connect(url) as ws:
        connect.over_websocket(ws, [], connect.ARROW)
    assert capsys.readouterr().out == "<- one\n   two\n"
