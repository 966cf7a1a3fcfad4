"""Our client against servers that lie, break the rules, say nothing, or are no WebSocket at all.

Before the upgrade the client raises HandshakeError with a sentence that helps; after it,
ConnectionClosed, caused by the rule that was broken. It never hangs, and nothing stays behind.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

import wslab
from tests.conftest import Certificates
from tests.support.peers import (
    DEADLINE,
    drip,
    head,
    liar,
    masked,
    read_head,
    read_to_end,
    reset,
    response,
    welcome,
)
from wslab.protocol.connection import Connection
from wslab.protocol.events import Closed, Ponged
from wslab.protocol.frames import encode_frame

pytestmark = pytest.mark.usefixtures("nothing_stays")

# The key of §1.3, so that an answer can be fixed too.
FIXED: Any = {"random": lambda size: b"the sample nonce"[:size]}


def answers(data: bytes) -> Callable[[socket.socket], None]:
    """A server that reads the request and answers ``data``, then waits for the client to leave."""

    def script(sock: socket.socket) -> None:
        read_head(sock)
        sock.sendall(data)
        assert read_to_end(sock) == b""

    return script


# ------------------------------------------------------------ instead of the 101

ANSWERS = {
    "wrong accept": (response(Sec_WebSocket_Accept="A" * 27 + "="), 101, "does not fit our key"),
    "no accept": (response(Sec_WebSocket_Accept=None), 101, "Sec-WebSocket-Accept is missing"),
    "no Upgrade": (response(Upgrade=None), 101, "lacks Upgrade"),
    "no Connection": (response(Connection=None), 101, "lacks Connection"),
    "an extension": (response(Sec_WebSocket_Extensions="x-mux"), 101, "which we did not offer"),
    "a subprotocol": (response(Sec_WebSocket_Protocol="chat"), 101, "not offered"),
    "200": (head("HTTP/1.1 200 OK", {"Content-Length": "0"}), 200, "200 OK instead of 101"),
    "404": (head("HTTP/1.1 404 Not Found", {}), 404, "404 Not Found instead of 101"),
    "401": (head("HTTP/1.1 401 Unauthorized", {}), 401, "401 Unauthorized instead of 101"),
    "a redirect": (head("HTTP/1.1 301 Moved", {"Location": "ws://b/"}), 301, "'ws://b/': connect"),
    "426": (head("HTTP/1.1 426 Upgrade Required", {}), 426, "426 Upgrade Required"),
    "another protocol": (b"SSH-2.0-OpenSSH_9.2\r\n", 0, "which is not HTTP"),
    "random bytes": (b"\x00\xff\x13\x37\r\n", 0, "control character"),
    "lines without CR": (response().replace(b"\r\n", b"\n"), 0, "LF alone"),
    "an endless line": (b"HTTP/1.1 101 " + b"x" * 20_000, 0, "too large"),
    "endless fields": (response(X="\n".join(["x" * 100] * 200)), 0, "too large"),
    "a field without colon": (response().replace(b"de: ", b"de "), 0, "not a header field"),
}


@pytest.mark.parametrize("lie", ANSWERS)
def test_wrong_answers_are_refused_in_one_sentence(lie: str) -> None:
    data, status, words = ANSWERS[lie]
    with liar(answers(data)) as url, pytest.raises(wslab.HandshakeError) as refused:
        wslab.connect(url, **FIXED)
    text = str(refused.value)
    assert (refused.value.status, words in text, "\n" in text) == (status, True, False), text


def test_subprotocol_of_anothers_choice_is_refused() -> None:
    lie = answers(response(Sec_WebSocket_Protocol="soap"))
    with liar(lie) as url, pytest.raises(wslab.HandshakeError, match="'soap', not offered"):
        wslab.connect(url, subprotocols=["chat", "superchat"], **FIXED)


def test_raw_echo_is_no_websocket() -> None:
    # It sends our own request back: the reason why the server has to prove that it understood.
    with wslab.tcp_echo.serve() as server:
        url = f"ws://127.0.0.1:{server.address[1]}/"
        with pytest.raises(
            wslab.HandshakeError, match=r"begins with 'GET / HTTP/1\.1', which is not"
        ):
            wslab.connect(url)


def test_server_that_never_answers() -> None:
    start = time.monotonic()
    with liar(read_to_end) as url, pytest.raises(wslab.HandshakeError, match=r"longer than 0\.2 s"):
        wslab.connect(url, timeout=0.2)  # and that is all it waits
    assert time.monotonic() - start < 2


def test_server_that_drips_its_answer() -> None:
    def script(sock: socket.socket) -> None:
        read_head(sock)
        for byte in response(X="x" * 5000):
            sock.sendall(bytes([byte]))
            time.sleep(0.0005)

    start = time.monotonic()
    with liar(script) as url, pytest.raises(wslab.HandshakeError, match=r"longer than 0\.2 s"):
        wslab.connect(url, timeout=0.2, close_timeout=0.2)
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("leave", [socket.socket.close, reset], ids=["close", "reset"])
@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 10", response()[:-2]], ids=len)
def test_server_that_leaves_early(said: bytes, leave: Callable[[socket.socket], None]) -> None:
    def script(sock: socket.socket) -> None:
        read_head(sock)
        sock.sendall(said)
        leave(sock)

    with liar(script) as url, pytest.raises(wslab.HandshakeError, match="stream ended inside"):
        wslab.connect(url)


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(wslab.Error, match=f"127.0.0.1 port {port}: nothing listens there"):
        wslab.connect(f"ws://127.0.0.1:{port}/")


# ------------------------------------------------------------ TLS


def test_tls_to_a_plain_port(certificates: Certificates) -> None:
    with wslab.ws_echo.serve() as server:
        url = server.url.replace("ws:", "wss:")
        with pytest.raises(wslab.Error, match="the TLS handshake failed"):
            wslab.connect(url, ssl=certificates.client)


def test_plain_to_a_tls_port(certificates: Certificates) -> None:
    with wslab.ws_echo.serve(ssl=certificates.server, close_timeout=0.2) as server:
        url = server.url.replace("wss:", "ws:")
        with pytest.raises(wslab.HandshakeError):
            wslab.connect(url)


def test_certificates_that_prove_nothing(certificates: Certificates) -> None:
    mine, other = certificates.server, certificates.misnamed
    with wslab.ws_echo.serve(ssl=mine) as right, wslab.ws_echo.serve(ssl=other) as wrong:
        with pytest.raises(wslab.Error, match="certificate is not trusted"):
            wslab.connect(right.url)
        with pytest.raises(wslab.Error, match="certificate is not trusted"):
            wslab.connect(wrong.url, ssl=certificates.client)


def test_tls_server_that_never_answers(certificates: Certificates) -> None:
    start = time.monotonic()
    with liar(read_to_end) as url, pytest.raises(wslab.Error, match="no answer in time"):
        wslab.connect(url.replace("ws:", "wss:"), ssl=certificates.client, timeout=0.2)
    assert time.monotonic() - start < 2


# ------------------------------------------------------------ after the 101

FRAMES = {
    "masked": (masked(1, b"Hello"), 1002, "5.1", "a server masks no frame"),
    "RSV1": (b"\xc1\x00", 1002, "5.2", "RSV1 is set"),
    "reserved opcode": (b"\x83\x00", 1002, "5.2", "opcode 3 is reserved"),
    "fragmented Ping": (b"\x09\x00", 1002, "5.5", "must not be fragmented"),
    "long Ping": (b"\x89\x7e\x00\x7e", 1002, "5.5", "at most 125 bytes"),
    "length in a long form": (b"\x82\x7e\x00\x05Hello", 1002, "5.2", "shortest form"),
    "top bit of the length": (b"\x82\x7f\xff" + bytes(7), 1002, "5.2", "top bit"),
    "nothing to continue": (b"\x80\x00", 1002, "5.4", "no message to continue"),
    "messages mixed": (b"\x01\x01a\x81\x01b", 1002, "5.4", "inside a fragmented one"),
    "not UTF-8": (b"\x81\x01\xff", 1007, "8.1", "not UTF-8"),
    "not UTF-8, cut": (b"\x01\x01\xe2\x00\x01\x28", 1007, "8.1", "not UTF-8"),
    "too long": (b"\x82\x7f" + (2**40).to_bytes(8, "big"), 1009, "10.4", "longer than 100000"),
    "too many fragments": (b"\x02\x00" + b"\x00\x00" * 99, 1009, "10.4", "more than 99 fragments"),
    "half a close code": (b"\x88\x01\x03", 1002, "5.5.1", "2 bytes of code"),
    "close code 1005": (b"\x88\x02\x03\xed", 1002, "7.4", "close code 1005 must not"),
    "close code 1006": (b"\x88\x02\x03\xee", 1002, "7.4", "close code 1006 must not"),
    "close reason not UTF-8": (b"\x88\x03\x03\xe8\xff", 1007, "8.1", "not UTF-8"),
    "never complete": (b"\x81\x05Hell", 1008, "7.4.1", "longer than 0.2 s"),
}


@pytest.mark.parametrize("glued", [True, False], ids=["glued to the 101", "later"])
@pytest.mark.parametrize("violation", FRAMES)
def test_broken_frames_end_the_connection(violation: str, glued: bool) -> None:
    data, code, section, words = FRAMES[violation]
    told = []

    def script(sock: socket.socket) -> None:
        connection = welcome(sock, data if glued else b"")
        if not glued:
            sock.sendall(data)
        connection.receive(read_to_end(sock))
        told.append((connection.close_code, connection.close_reason))

    options: Any = {"max_message": 100_000, "max_fragments": 99, "message_timeout": 0.2}
    with liar(script) as url:
        ws = wslab.connect(url, close_timeout=0.2, **options)
        with pytest.raises(wslab.ConnectionClosed, match=f"failed with {code}") as closed:
            ws.recv(DEADLINE)
        assert ws.close_code == 1006  # no proper Close came from the server
        with pytest.raises(wslab.ConnectionClosed):
            ws.send("more")
    fault = closed.value.__cause__
    assert isinstance(fault, wslab.ProtocolError)
    assert (fault.code, fault.section) == (code, section)
    assert words in fault.reason
    assert told == [(code, fault.reason)]


@pytest.mark.parametrize("delivery", ["glued to the 101", "one segment", "bytes"])
@pytest.mark.parametrize("violation", FRAMES)
def test_what_came_whole_before_a_broken_frame_may_be_answered(
    violation: str, delivery: str
) -> None:
    data, code, _, _ = FRAMES[violation]
    data = b"\x81\x03one\x02\x01t\x89\x01?\x80\x02wo" + data
    heard = []

    def script(sock: socket.socket) -> None:
        connection = welcome(sock, data if delivery == "glued to the 101" else b"")
        if delivery != "glued to the 101":
            (drip if delivery == "bytes" else socket.socket.sendall)(sock, data)
        heard.extend(connection.receive(read_to_end(sock)))

    options: Any = {"max_message": 100_000, "max_fragments": 99, "message_timeout": 0.2}
    with liar(script) as url, wslab.connect(url, close_timeout=0.2, **options) as ws:
        for message in ("one", b"two"):
            assert ws.recv(DEADLINE) == message
            ws.send(message)
        with pytest.raises(wslab.ConnectionClosed, match=f"failed with {code}"):
            ws.recv(DEADLINE)
        with pytest.raises(wslab.ConnectionClosed, match=f"failed with {code}"):
            ws.send("too late")
    pongs = [event for event in heard if event == Ponged(b"?")]
    assert pongs == [Ponged(b"?")]
    heard.remove(Ponged(b"?"))
    assert heard[:2] == ["one", b"two"]
    assert [type(event) for event in heard[2:]] == [Closed]
    assert heard[2].code == code


def test_frames_glued_to_the_101_are_not_lost() -> None:
    def script(sock: socket.socket) -> None:
        welcome(sock, b"\x81\x05first\x89\x01?\x01\x03sec\x80\x03ond\x88\x02\x03\xe9")
        assert sock.recv(7, socket.MSG_WAITALL)[:2] == b"\x8a\x81"

    with liar(script) as url, wslab.connect(url) as ws:
        assert list(ws) == ["first", "second"]
        assert ws.close_code == 1001


@pytest.mark.parametrize("leave", [socket.socket.close, reset], ids=["close", "reset"])
def test_server_that_vanishes(leave: Callable[[socket.socket], None]) -> None:
    def script(sock: socket.socket) -> None:
        welcome(sock, b"\x81\x02Hi")
        assert sock.recv(100)
        leave(sock)

    with liar(script) as url, wslab.connect(url) as ws:
        assert ws.recv(5) == "Hi"
        ws.send("Hi")
        with pytest.raises(wslab.ConnectionClosed, match="lost") as closed:
            ws.recv(5)
        assert closed.value.code == 1006
        with pytest.raises(wslab.ConnectionClosed):
            list(ws)


# ------------------------------------------------------------ servers that wear us out


def endless(data: bytes) -> Callable[[socket.socket], None]:
    """A server that sends ``data`` over and over, until the client hangs up."""

    def script(sock: socket.socket) -> None:
        welcome(sock)
        while True:
            sock.sendall(data)

    return script


ENDLESS = {"Pongs": b"\x8a\x00" * 1000, "Pings": b"\x89\x01?" * 1000, "text": b"\x81\x01a" * 1000}


@pytest.mark.parametrize("flood", ENDLESS)
def test_closing_takes_no_longer_than_its_timeout(flood: str) -> None:
    with liar(endless(ENDLESS[flood])) as url:
        ws = wslab.connect(url, close_timeout=0.2)
        start = time.monotonic()
        ws.close()
        assert time.monotonic() - start < 2


def test_waiting_for_a_message_takes_no_longer_than_asked() -> None:
    with liar(endless(b"\x8a\x00" * 1000)) as url:
        ws = wslab.connect(url, close_timeout=0.2)
        start = time.monotonic()
        with pytest.raises(TimeoutError):
            ws.recv(timeout=0.2)
        assert time.monotonic() - start < 2
        ws.close()


def test_waiting_for_a_pong_keeps_no_more_than_the_inbox_takes() -> None:
    message = encode_frame(2, bytes(100_000))
    with liar(endless(message)) as url:
        ws = wslab.connect(url, close_timeout=0.2)
        with pytest.raises(TimeoutError, match=r"call recv\(\) first|no Pong within"):
            ws.ping(timeout=5)
        assert ws.recv(5) == bytes(100_000)
        ws.close()


def test_server_that_never_answers_our_close() -> None:
    def script(sock: socket.socket) -> None:
        welcome(sock)
        read_to_end(sock)

    with liar(script) as url:
        ws = wslab.connect(url, close_timeout=0.2)
        start = time.monotonic()
        ws.close()
        assert 0.15 < time.monotonic() - start < 2
        assert ws.close_code == 1006


def test_server_that_answers_our_close_but_stays() -> None:
    def script(sock: socket.socket) -> None:
        connection = welcome(sock)
        while not connection.close_received:
            connection.receive(sock.recv(100))
        sock.sendall(connection.to_send())
        read_to_end(sock)

    with liar(script) as url:
        ws = wslab.connect(url, close_timeout=0.2)
        start = time.monotonic()
        ws.close()
        assert time.monotonic() - start < 2
        assert ws.close_code == 1000


def test_waiting_briefly_for_messages_does_not_harm_sending() -> None:
    # The time that recv() may take is no measure for a large message to a server that is busy.
    size = 8 * 2**20
    received: list[object] = []

    def script(sock: socket.socket) -> None:
        connection = welcome(sock)
        time.sleep(0.3)
        connection = Connection(connection.role, opened=True, max_message=size)
        while not received:
            received.extend(connection.receive(sock.recv(2**20)))
        sock.sendall(connection.close())
        assert sock.recv(100)

    with liar(script) as url, wslab.connect(url) as ws:
        with pytest.raises(TimeoutError):
            ws.recv(timeout=0.01)
        ws.send(bytes(size))
        assert list(ws) == []
    assert received == [bytes(size)]


def test_one_hostile_server_does_not_disturb_another_conversation() -> None:
    def script(sock: socket.socket) -> None:
        welcome(sock, masked(1, b"Hello"))
        read_to_end(sock)

    with wslab.ws_echo.serve() as honest, wslab.connect(honest.url) as ws, liar(script) as url:
        other = wslab.connect(url, close_timeout=0.2)
        ws.send("before")
        with pytest.raises(wslab.ConnectionClosed):
            other.recv(5)
        ws.send("after")
        assert [ws.recv(5), ws.recv(5)] == ["before", "after"]


def test_callers_text_does_not_become_a_line_of_its_own() -> None:
    with wslab.ws_echo.serve() as server:
        for value in ("a\r\nX-Evil: 1", "a\nb", "\x00"):
            with pytest.raises(ValueError, match="cannot stand in a header field"):
                wslab.connect(server.url, headers=[("X", value)])
