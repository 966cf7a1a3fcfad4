"""The echo over raw TCP: a stream comes back, and the stream is all there is."""

from __future__ import annotations

import os
import random
import socket
import threading
import time

import pytest

import wslab
from tests.conftest import Certificates
from tests.support.peers import alone
from wslab import net, tcp_echo
from wslab.observe.recording import Recording
from wslab.protocol.rfc import Role

pytestmark = pytest.mark.usefixtures("nothing_stays")


def test_words_come_back() -> None:
    with tcp_echo.serve() as server, tcp_echo.connect(server.url) as sock:
        words = [b"Hello", b"\x00", b"x" * 100_000, b""]
        assert list(tcp_echo.say(sock, words)) == words


def test_a_stream_keeps_the_bytes_and_not_the_pieces() -> None:
    data, chance = os.urandom(500_000), random.Random(6455)
    with tcp_echo.serve() as server, tcp_echo.connect(server.url) as sock:

        def send_in_pieces() -> None:
            left = data
            while left:
                size = chance.choice((1, 10, 1000, 100_000))
                sock.sendall(left[:size])
                left = left[size:]

        sender = threading.Thread(target=send_in_pieces)
        sender.start()
        assert tcp_echo.recv_exactly(sock, len(data)) == data
        sender.join(5)


@pytest.mark.parametrize("secure", [False, True])
def test_who_stops_sending_still_gets_the_rest(secure: bool, certificates: Certificates) -> None:
    data = os.urandom(5 * 2**20)
    with tcp_echo.serve(ssl=certificates.server if secure else None) as server:
        sock = net.connect(*server.address, ssl=certificates.client if secure else None)
        with sock:

            def send() -> None:
                sock.sendall(data)
                sock.shutdown(socket.SHUT_WR)

            sender = threading.Thread(target=send)
            sender.start()
            sender.join(0.2)  # let the way back fill up before we read
            sock.settimeout(10)
            assert tcp_echo.recv_exactly(sock, len(data)) == data
            assert sock.recv(1) == b""
            sender.join(5)
        alone(server)


def test_a_stream_that_ends_too_early_is_an_error() -> None:
    left, right = socket.socketpair()
    with left, right:
        left.sendall(b"abc")
        left.shutdown(socket.SHUT_WR)
        with pytest.raises(EOFError, match="2 bytes too early"):
            tcp_echo.recv_exactly(right, 5)


def test_who_is_silent_for_too_long_is_cut_off_and_others_are_not() -> None:
    with (
        tcp_echo.serve(idle_timeout=0.3) as server,
        tcp_echo.connect(server.url) as silent,
        tcp_echo.connect(server.url) as busy,
    ):
        start = time.monotonic()
        while time.monotonic() - start < 0.6:
            assert list(tcp_echo.say(busy, [b"still here"])) == [b"still here"]
            time.sleep(0.02)
        silent.settimeout(5)
        assert silent.recv(1) == b""
        assert list(tcp_echo.say(busy, [b"still here"])) == [b"still here"]


def test_both_ends_can_be_recorded() -> None:
    theirs, addresses = Recording(), []

    def tap(address: object) -> Recording:
        addresses.append(address)
        return theirs

    mine = Recording()
    with tcp_echo.serve(tap=tap) as server, tcp_echo.connect(server.url, tap=mine) as sock:
        here = sock.getsockname()  # type: ignore[attr-defined]
        assert list(tcp_echo.say(sock, [b"Hello"])) == [b"Hello"]
    assert addresses == [here]
    for recording in (mine, theirs):
        assert recording.stream(Role.CLIENT) == recording.stream(Role.SERVER) == b"Hello"


def test_the_echo_itself_needs_no_server() -> None:
    left, right = socket.socketpair()
    with left, right:
        left.sendall(b"Hello")
        left.shutdown(socket.SHUT_WR)
        tcp_echo.echo(right)
        assert left.recv(10) == b"Hello"


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("ws://127.0.0.1:1/", "should begin with tcp://"),
        ("tcp://127.0.0.1", "names no usable port"),
        ("127.0.0.1:1", "should begin with tcp://"),
    ],
)
def test_urls_that_are_none(url: str, text: str) -> None:
    with pytest.raises(wslab.URLError, match=text):
        tcp_echo.connect(url)
