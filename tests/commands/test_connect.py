"""``python -m wslab connect``: what stands in the way, and what the options do."""

from __future__ import annotations

import contextlib
import http.server
import os
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.support.peers import liar, read_head
from tests.support.shell import sentence, trouble, wslab
from wslab import Recording, tcp_echo, ws_echo
from wslab.cli import main


@contextlib.contextmanager
def web_server() -> Iterator[str]:
    """A server of plain web pages."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"ws://127.0.0.1:{server.server_address[1]}/nothing-here"
        server.shutdown()
        thread.join(10)


def connect(capsys: pytest.CaptureFixture[str], url: str, *words: str) -> str:
    return trouble(capsys, "connect", url, "--timeout", "5", *words)


def test_no_server(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    for scheme in ("tcp", "ws", "wss"):
        text = connect(capsys, f"{scheme}://127.0.0.1:{port}")
        assert f"Cannot connect to 127.0.0.1 port {port}: nothing listens there" in text


def test_no_server_as_a_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    done = wslab("connect", f"ws://127.0.0.1:{port}/", stdin=b"Hello\n")
    assert (done.returncode, done.stdout) == (2, b"")
    assert "nothing listens there" in sentence(done.stderr)


def test_a_web_server(capsys: pytest.CaptureFixture[str]) -> None:
    with web_server() as url:
        assert "the server answered 404" in connect(capsys, url)


def test_a_tcp_echo(capsys: pytest.CaptureFixture[str]) -> None:
    with tcp_echo.serve() as server:
        text = connect(capsys, server.url.replace("tcp", "ws"))
    assert (
        "begins with 'GET / HTTP/1.1', which is not an answer, but a request: is that an echo?"
        in text
    )


def test_a_server_that_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with liar(lambda sock: (read_head(sock), sock.recv(1))) as url:
        text = trouble(capsys, "connect", url, "--timeout", "0.2")
    assert "longer than 0.2 s" in text


@pytest.mark.parametrize(
    "answer", [b"", b"220 mail.example ESMTP\r\n", b"\x15\x03\x03\x00\x02\x02\x46"]
)
def test_a_server_that_speaks_something_else(
    answer: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    def say(sock: socket.socket) -> None:
        read_head(sock)
        sock.sendall(answer)

    with liar(say) as url:
        assert connect(capsys, url).isprintable()


def test_no_tls_there(capsys: pytest.CaptureFixture[str]) -> None:
    with ws_echo.serve() as server:
        assert "No TLS with" in connect(capsys, server.url.replace("ws", "wss"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("127.0.0.1:15000", "should begin with tcp://, ws:// or wss://"),
        ("http://127.0.0.1:15000/", "should begin with tcp://, ws:// or wss://"),
        ("ws:127.0.0.1", "should begin with tcp://"),
        ("", "should begin with tcp://"),
        ("tcp://127.0.0.1", "names no usable port"),
        ("tcp://:15000", "names no host"),
        ("ws://127.0.0.1:99999/", "not a usable URL"),
        ("ws://127.0.0.1:0/", "names no usable port"),
        ("ws://a b/", "has a space"),
        ("ws://127.0.0.1:1/#top", "has a fragment"),
        ("ws://me@127.0.0.1:1/", "has a user name"),
        ("ws://127.0.0.1:1/\udcff", "a control character"),
        ("ws://[::1/", "not a usable URL"),
        ("WS://a..b:1/", "a..b"),
    ],
)
def test_urls_that_cannot_be_used(
    url: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert expected in connect(capsys, url)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["tcp://127.0.0.1:1", "--origin", "a"], "--origin belongs to ws:// or wss://, not tcp://"),
        (["tcp://127.0.0.1:1", "--subprotocol", "a"], "--subprotocol belongs to ws://"),
        (["ws://127.0.0.1:1", "--cafile", "a"], "--cafile belongs to wss://, not ws://"),
        (["ws://127.0.0.1:1", "--subprotocol", "a b"], "subprotocols are different tokens"),
        (["ws://127.0.0.1:1", "--origin", "a\r\nb: c"], "cannot stand in a header field"),
        (["wss://127.0.0.1:1", "--cafile", "/no/such.pem"], "Cannot read /no/such.pem: No such"),
        (["wss://127.0.0.1:1", "--cafile", os.curdir], "Cannot read .: "),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
def test_options_that_cannot_be(
    words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert expected in trouble(capsys, "connect", *words)


def test_the_options_of_connect_reach_the_server() -> None:
    heads: list[bytes] = []
    with liar(lambda sock: heads.append(read_head(sock))) as url:
        words = ("--origin", "http://a.example", "--subprotocol", "chat", "--subprotocol", "news")
        assert main(["connect", url, *words]) == 2
    assert b"\r\nOrigin: http://a.example\r\n" in heads[0]
    assert b"\r\nSec-WebSocket-Protocol: chat, news\r\n" in heads[0]


def test_a_recording_knows_only_what_the_stream_carried() -> None:
    """The tap of --tap and --explain keeps nothing, so it cannot fill the memory."""
    recording = Recording(max_total=0)
    with ws_echo.serve() as server, ws_echo.connect(server.url, tap=recording) as ws:
        assert list(ws_echo.say(ws, ["Hello"])) == ["Hello"]
    assert len(recording) == 0
    assert recording.cut > 0
