"""``python -m wslab serve``: addresses, options, signals, and what stands in the way."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import time
from collections.abc import Iterator

import pytest

from tests.support.shell import address, ended, posix, running, sentence, trouble, wslab
from wslab import ConnectionClosed, tcp_echo, ws_echo


@posix
@pytest.mark.parametrize("protocol", ["tcp", "ws"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_ends_well_also_with_an_open_connection(
    protocol: str, number: signal.Signals
) -> None:
    with running("serve", protocol) as process, contextlib.ExitStack() as stack:
        url = address(process, protocol)
        if protocol == "tcp":
            sock = stack.enter_context(tcp_echo.connect(url))
            assert list(tcp_echo.say(sock, [b"Hello"])) == [b"Hello"]
        else:
            ws = stack.enter_context(ws_echo.connect(url))
            assert list(ws_echo.say(ws, ["Hello"])) == ["Hello"]
        start = time.monotonic()
        process.send_signal(number)
        if protocol == "ws":
            with pytest.raises(ConnectionClosed, match="1001 the server is closing"):
                ws.recv(10)
        status, out, err = ended(process)
        assert status == 0, err
        assert out == ""
        assert "Traceback" not in err
        assert "Warning" not in err
        assert err.splitlines()[-1] == "Ctrl-C ends the server."
        assert f"python -m wslab connect {url}" in err
        assert time.monotonic() - start < 10


@posix
def test_many_ctrl_c_at_once_do_not_stop_the_end() -> None:
    for _ in range(3):
        with running("serve", "ws") as process:
            address(process, "ws")
            for _ in range(20):
                process.send_signal(signal.SIGINT)
            assert ended(process)[0] == 0


def test_listening_everywhere_is_said_and_is_no_address_to_connect_to() -> None:
    with running("serve", "ws", "--host", "0.0.0.0") as process:
        assert process.stderr
        assert b"connect ws://127.0.0.1:" in process.stderr.readline()
        assert b"open http://127.0.0.1:" in process.stderr.readline()
        assert process.stderr.readline() == b"Everybody in your network can reach it, too.\n"


@posix
def test_a_server_ends_well_when_nobody_came() -> None:
    with running("serve", "ws") as process:
        address(process, "ws")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)  # an impatient second one changes nothing
        assert ended(process)[0] == 0


@posix
def test_the_port_is_free_again_at_once() -> None:
    with running("serve", "tcp") as process:
        port = address(process, "tcp").rpartition(":")[2]
        with tcp_echo.connect(f"tcp://127.0.0.1:{port}"):
            process.send_signal(signal.SIGTERM)
            ended(process)
    with running("serve", "tcp", "--port", port) as process:
        assert address(process, "tcp").endswith(port)


@pytest.mark.parametrize("protocol", ["tcp", "ws"])
def test_over_ipv6(protocol: str, ipv6: str) -> None:
    with running("serve", protocol, "--host", ipv6) as process:
        url = address(process, protocol, "[::1]")
        done = wslab("connect", url, stdin=b"Hello\n")
        assert (done.returncode, done.stdout, done.stderr) == (0, b"Hello\n", b"")


@posix
def test_tap_explains_the_traffic_while_it_crosses() -> None:
    with running("serve", "ws", "--tap") as process:
        url = address(process, "ws")
        with ws_echo.connect(url) as ws:
            assert list(ws_echo.say(ws, ["Hello", "\x1b[2J"])) == ["Hello", "\x1b[2J"]
            shown = ""
            while shown.count("text 'Hello'") < 2:  # the connection is still open
                shown += process.stdout.readline().decode()  # type: ignore[union-attr]
        process.send_signal(signal.SIGINT)
        status, rest, err = ended(process)
    shown += rest
    assert status == 0, err
    assert re.match(r"\[port \d+\]\nclient -> server GET / HTTP/1\.1 ", shown)
    assert "client <- server close 1000" in shown
    assert "the client has finished" in shown
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines())) <= 80


@posix
def test_a_server_goes_on_when_nobody_reads_what_it_explains() -> None:
    """As in "serve tcp --tap | head -1"."""
    with running("serve", "tcp", "--tap") as process:
        url = address(process, "tcp")
        process.stdout.close()  # type: ignore[union-attr]
        for _ in range(3):
            with tcp_echo.connect(url) as sock:
                assert list(tcp_echo.say(sock, [b"Hello"])) == [b"Hello"]
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert b"Traceback" not in process.stderr.read()  # type: ignore[union-attr]


def test_the_limits_can_be_set() -> None:
    options = ("--max-message", "100", "--max-fragments", "2", "--max-connections", "1")
    with running("serve", "ws", *options, "--idle-timeout", "60") as process:
        url = address(process, "ws")
        with ws_echo.connect(url) as ws:
            assert list(ws_echo.say(ws, ["x" * 100])) == ["x" * 100]
            with pytest.raises(ConnectionError, match="503"), _as_connection_error():
                ws_echo.connect(url)
            ws.send("x" * 101)
            with pytest.raises(ConnectionClosed) as closed:
                ws.recv(10)
            assert closed.value.code == 1009
        with _again(url) as ws:
            ws.send_fragments(["a", "b", "c"])
            with pytest.raises(ConnectionClosed) as closed:
                ws.recv(10)
            assert closed.value.code == 1009


@contextlib.contextmanager
def _as_connection_error() -> Iterator[None]:
    """A server that is full may answer 503, or the answer may be lost in a reset: both will do."""
    from wslab import HandshakeError

    try:
        yield
    except (HandshakeError, OSError) as error:
        raise ConnectionError(f"503: {error}") from None


def _again(url: str) -> ws_echo.WebSocket:
    """A connection to a server that takes one at a time: the last one may not be gone yet."""
    from wslab import HandshakeError

    deadline = time.monotonic() + 10
    while True:
        try:
            return ws_echo.connect(url)
        except (HandshakeError, OSError):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_a_silent_peer_is_cut_off() -> None:
    with (
        running("serve", "tcp", "--idle-timeout", "0.2") as process,
        tcp_echo.connect(address(process, "tcp")) as sock,
    ):
        sock.settimeout(10)
        assert sock.recv(1) == b""


def test_only_pages_of_that_origin() -> None:
    with running("serve", "ws", "--origin", "http://a.example") as process:
        url = address(process, "ws")
        done = wslab("connect", url, "--origin", "http://b.example")
        assert done.returncode == 2
        assert "403 Forbidden" in sentence(done.stderr)
        done = wslab("connect", url, "--origin", "http://a.example", stdin=b"Hi")
        assert (done.returncode, done.stdout) == (0, b"Hi\n")


# ---------------------------------------------------------------- what stands in the way


@pytest.mark.parametrize("origin", ["a.example", "http://a.example/", "http://"])
def test_an_origin_that_no_browser_sends(origin: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = trouble(capsys, "serve", "ws", "--origin", origin)
    assert "--origin takes what a browser sends" in text


@pytest.mark.parametrize("protocol", ["tcp", "ws"])
def test_a_port_in_use(protocol: str, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        text = trouble(capsys, "serve", protocol, "--port", port)
    assert f"port {port}: the port is in use" in text


def test_a_port_in_use_as_a_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = wslab("serve", "ws", "--port", str(other.getsockname()[1]))
    assert done.returncode == 2
    assert done.stdout == b""
    assert "in use" in sentence(done.stderr)


@pytest.mark.parametrize("port", ["70000", "-1"])
def test_a_port_that_is_none(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"{port} is not a port" in trouble(capsys, "serve", "tcp", "--port", port)


def test_a_host_that_is_not_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Cannot listen on" in trouble(capsys, "serve", "tcp", "--host", "192.0.2.1")
    assert "Cannot listen on" in trouble(capsys, "serve", "tcp", "--host", "a..b")


@pytest.mark.parametrize(
    "option",
    [
        ["--cert", "a"],
        ["--key", "a"],
        ["--origin", "a"],
        ["--max-message", "9"],
        ["--max-fragments", "9"],
    ],
    ids=lambda option: option[0],
)
def test_options_that_tcp_has_not(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert trouble(capsys, "serve", "tcp", *option) == f"wslab: {option[0]} belongs to: serve ws"
