"""The echo over WebSocket: messages come back, each with its type and its end."""

from __future__ import annotations

import pytest

import wslab
from tests.conftest import Certificates
from tests.support.peers import dial, masked, read_to_end, request
from wslab import ws_echo

pytestmark = pytest.mark.usefixtures("nothing_stays")


def test_words_come_back_with_their_type() -> None:
    words = ["Hello", b"Hello", "", b"", "Grüße, 世界 🌍", b"\xff\x00", "x" * 100_000]
    with ws_echo.serve() as server, ws_echo.connect(server.url) as ws:
        assert list(ws_echo.say(ws, words)) == words


def test_messages_keep_their_ends_when_they_are_sent_together() -> None:
    words = [f"{number}" * number for number in range(200)]
    with ws_echo.serve() as server, ws_echo.connect(server.url) as ws:
        for word in words:
            ws.send(word)
        assert [ws.recv() for _ in words] == words


def test_fragments_come_back_as_the_message_that_they_were() -> None:
    with ws_echo.serve() as server, ws_echo.connect(server.url) as ws:
        ws.send_fragments(["Gr", "üß", "", "e"])
        assert ws.recv() == "Grüße"
        ws.send_fragments([b"one"])
        assert ws.recv() == b"one"


def test_what_is_glued_to_the_close_is_echoed_before_it() -> None:
    glued = masked(1, b"one") + masked(9, b"?") + masked(2, b"two") + masked(8, b"\x03\xe8")
    with ws_echo.serve() as server, dial(server, request() + glued) as sock:
        answers = read_to_end(sock).partition(b"\r\n\r\n")[2]
    assert answers == b"\x8a\x01?" + b"\x81\x03one" + b"\x82\x03two" + b"\x88\x02\x03\xe8"


def test_the_echo_ends_when_the_peer_says_goodbye() -> None:
    with ws_echo.serve() as server, ws_echo.connect(server.url) as ws:
        ws.close(4000, "enough")
        assert (ws.close_code, ws.close_reason) == (4000, "")


def test_a_message_that_is_too_long_ends_one_connection() -> None:
    with ws_echo.serve(max_message=10) as server, ws_echo.connect(server.url) as good:
        with ws_echo.connect(server.url) as bad:
            bad.send("x" * 11)
            with pytest.raises(wslab.ConnectionClosed, match="the message is longer than 10 bytes"):
                bad.recv()
            assert bad.close_code == 1009
        assert list(ws_echo.say(good, ["x" * 10])) == ["x" * 10]


def test_options_go_through(certificates: Certificates) -> None:
    with ws_echo.serve(ssl=certificates.server, subprotocols=["echo"]) as server:
        assert server.url.startswith("wss://127.0.0.1:")
        ws = ws_echo.connect(server.url, ssl=certificates.client, subprotocols=["echo"])
        with ws:
            assert ws.subprotocol == "echo"
