"""Sections 5.5.1 and 7 (over real sockets: who closes TCP, and when), 8 and 10."""

from __future__ import annotations

import socket
import time

import pytest

import wslab
from tests.rfc.rules import client, fails, not_for_us, refused_by_client, rule, server
from tests.support.peers import (
    alone,
    certificates,
    dial,
    events,
    goodbye,
    head,
    http_answer,
    liar,
    masked,
    read_head,
    read_to_end,
    request,
    response,
    upgraded,
    welcome,
)
from wslab.protocol.connection import Connection
from wslab.protocol.errors import ProtocolError
from wslab.protocol.events import Closed, Lost
from wslab.protocol.rfc import Opcode, Role, State

SOON = 2.0  # seconds; far less than the time-outs with which an endpoint would give up waiting


@rule("5.5.1", "after both Closes, close TCP; the server at once", MUST=2)
def server_closes_tcp_at_once() -> None:
    with wslab.ws_echo.serve(close_timeout=60) as echo, upgraded(echo) as sock:
        start = time.monotonic()
        sock.sendall(masked(Opcode.CLOSE, b"\x03\xe8"))
        assert read_to_end(sock) == b"\x88\x02\x03\xe8"
        assert time.monotonic() - start < SOON


@rule("5.5.1", "the client should wait for the server to close", SHOULD=1)
def client_waits_for_the_server() -> None:
    seen = []

    def script(sock: socket.socket) -> None:
        connection = welcome(sock)
        while not connection.close_received:
            connection.receive(sock.recv(100))
        sock.sendall(connection.to_send())
        sock.settimeout(0.1)
        with pytest.raises(TimeoutError):
            sock.recv(1)  # the client still waits: no end of its stream
        seen.append("patience")

    with liar(script) as url:
        wslab.connect(url).close()
    assert seen == ["patience"]


# ------------------------------------------------------------ 7.1. Definitions


@rule("7.1.1", "close TCP cleanly, TLS too, and discard what still arrives", SHOULD=1)
def tcp_is_closed_cleanly() -> None:
    # Bytes that nobody reads would make the system send a reset, and our last words be lost.
    with wslab.ws_echo.serve() as echo, upgraded(echo) as sock:
        sock.sendall(masked(Opcode.CLOSE) + b"trailing bytes" * 100_000)
        assert read_to_end(sock) == b"\x88\x00"
    serving, trusting = certificates()
    with (
        wslab.ws_echo.serve(ssl=serving) as echo,
        trusting.wrap_socket(
            dial(echo), server_hostname="127.0.0.1", suppress_ragged_eofs=False
        ) as sock,
    ):
        sock.sendall(request())
        assert sock.recv(1000).startswith(b"HTTP/1.1 101 ")
        sock.sendall(masked(Opcode.CLOSE))
        assert read_to_end(sock) == b"\x88\x00"  # without a close_notify this would raise


@rule("7.1.1", "the server closes first, and at once; the client waits", SHOULD=3)
def server_closes_first() -> None:
    order = []

    def script(sock: socket.socket) -> None:
        connection = welcome(sock)
        sock.sendall(connection.close())
        while not connection.close_received:
            connection.receive(sock.recv(100))
        time.sleep(0.05)
        order.append("server")
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(1) == b""
        order.append("client")

    with liar(script) as url, wslab.connect(url) as ws, pytest.raises(wslab.ConnectionClosed):
        ws.recv(5)
    assert order == ["server", "client"]
    # And ours is the one that closes first: it ends its stream while the client still has its own.
    with wslab.serve(lambda ws: ws.close()) as closing, upgraded(closing) as sock:
        sock.sendall(masked(Opcode.CLOSE))
        assert goodbye(sock) == (1000, "")


@rule("7.1.2", "to start the closing handshake, send a Close with code and reason", MUST=1)
def close_has_code_and_reason() -> None:
    for code, reason in ((1000, ""), (1001, "away"), (3000, "é" * 61), (4999, "x" * 123)):
        assert events(server().close(code, reason)) == [Closed(code, reason)]


@rule("7.1.2", "after both Closes, close the connection", SHOULD=1)
def both_closes_end_it() -> None:
    with wslab.ws_echo.serve() as echo:
        ws = wslab.connect(echo.url)
        ws.close(4000, "enough")
        assert (ws.close_code, ws.close_reason) == (4000, "")
        alone(echo)


@rule("7.1.7", "to fail, a client must close the connection", MUST=1)
def failing_client_closes() -> None:
    seen = []

    def script(sock: socket.socket) -> None:
        connection = welcome(sock, b"\xc1\x00")
        while data := sock.recv(100):
            connection.receive(data)
        seen.append(connection.close_code)

    with liar(script) as url, wslab.connect(url) as ws, pytest.raises(wslab.ConnectionClosed):
        ws.recv(5)
    assert seen == [1002]


@rule("7.1.7", "a server must close the connection, after a Close that says why", MUST=1, SHOULD=1)
def failing_server_closes() -> None:
    with wslab.ws_echo.serve() as echo, upgraded(echo) as sock:
        sock.sendall(masked(3))
        assert goodbye(sock) == (1002, "opcode 3 is reserved")


@rule("7.1.7", "a server should log the problem (it tells its handler)", SHOULD=1)
def handler_is_told() -> None:
    # A library has no log of its own: the handler gets the fault, with code and section, to log it.
    told: list[BaseException | None] = []

    def handler(ws: wslab.WebSocket) -> None:
        try:
            ws.recv()
        except wslab.ConnectionClosed as error:
            told.append(error.__cause__)

    with wslab.serve(handler) as serving, upgraded(serving) as sock:
        sock.sendall(masked(3))
        goodbye(sock)
    assert isinstance(told[0], ProtocolError)
    assert (told[0].code, told[0].section) == (1002, "5.2")


@rule("7.1.7", "do not process data after failing, not even a Close", MUST_NOT=1)
def nothing_is_read_after_failing() -> None:
    for end, wrong in ((server(), b"\x81\x00"), (client(), b"\x83\x00")):
        fails(end, wrong, 1002, "")
        frame = Connection(end.role.peer, opened=True).close(4000)
        assert end.receive(frame) == []
        assert (end.close_received, end.close_code) == (False, 1006)
    late = server()
    late.fail(ProtocolError(1008, "too slow", "10.4"))
    assert late.receive(masked(Opcode.TEXT, b"late")) == []


def client_stays() -> None:
    """Our client must not close by itself: silence, Pings and messages are no reason."""

    def script(sock: socket.socket) -> None:
        welcome(sock, b"\x89\x00\x8a\x00\x81\x00")
        sock.settimeout(0.1)
        assert sock.recv(100)[:2] == b"\x8a\x80"
        with pytest.raises(TimeoutError):
            sock.recv(1)
        sock.sendall(b"\x81\x05still")

    with liar(script) as url:
        ws = wslab.connect(url)
        assert [ws.recv(5), ws.recv(5)] == ["", "still"]
        with pytest.raises(wslab.ConnectionClosed):
            ws.recv(5)


SECTIONS = ("7.1.7", "7.2.1", "7.3")
for _section in SECTIONS:
    rule(_section, "a client should not close without a reason", SHOULD_NOT=1)(client_stays)

# ------------------------------------------------------------ 7.2. Abnormal closures


@rule("7.2.1", "a client that must fail, fails as 7.1.7 says; so it does if TCP is lost", MUST=2)
def lost_connection_fails() -> None:
    connection = client()
    assert connection.receive_eof() == [Lost()]
    assert (connection.state, connection.close_code) == (State.CLOSED, 1006)
    with liar(read_head) as url, pytest.raises(wslab.HandshakeError, match="stream ended"):
        wslab.connect(url)
    with liar(welcome) as url, wslab.connect(url) as ws:
        with pytest.raises(wslab.ConnectionClosed, match="lost"):
            ws.recv(5)
        assert ws.close_code == 1006


@rule("7.2.2", "a server that aborts the handshake must close the connection", MUST=1)
def refusing_server_closes() -> None:
    with wslab.ws_echo.serve() as echo, dial(echo, request(Sec_WebSocket_Key=None)) as sock:
        status, _, _ = http_answer(sock)  # which also looks for the end of the stream
        assert status == 400


not_for_us(
    "7.2.3",
    "back off before reconnecting: at random first, then longer and longer",
    "wslab never reconnects by itself",
    SHOULD=3,
)

# ------------------------------------------------------------ 7.4. Status codes


@rule("7.4.1", "1005, 1006, 1015 must not stand in a Close", MUST_NOT=3)
def reserved_codes_stay_off_the_wire() -> None:
    for code in (1005, 1006, 1015):
        with pytest.raises(ValueError, match="must not stand on the wire"):
            client().close(code)
        fails(server(), masked(8, code.to_bytes(2, "big")), 1002, "must not stand on the wire")
    # A Close without a code reads as 1005; the answer to it must not put 1005 into bytes.
    connection = server()
    assert connection.receive(masked(8)) == [Closed(1005, "")]
    assert connection.to_send() == b"\x88\x00"


not_for_us(
    "7.4.1",
    "with 1010, list the extensions that are needed",
    "our client needs no extension, so it has no cause to send 1010",
    SHOULD=1,
)

# ------------------------------------------------------------ 8. Errors in UTF-8


@rule("8.1", "what must be UTF-8 and is not: fail", MUST=1)
def broken_utf8_fails() -> None:
    for wrong in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"a\xe2\x82"):
        fails(server(), masked(Opcode.TEXT, wrong), 1007, "not UTF-8")
        fails(server(), masked(Opcode.CLOSE, b"\x03\xe8" + wrong), 1007, "not UTF-8")
    # The moment it is certain, not when the message is complete.
    fails(server(), masked(Opcode.TEXT, b"a\xff" + bytes(100))[:8], 1007, "not UTF-8")


# ------------------------------------------------------------ 10. Security considerations


@rule("10.2", "a server for certain sites verifies Origin, and answers others with 403", SHOULD=2)
def origin_is_verified() -> None:
    with wslab.ws_echo.serve(origins=["https://example.org"]) as echo:
        wslab.connect(echo.url, origin="https://example.org").close()
        for origin in ("https://evil.example", "https://example.org.evil.example", "null", None):
            with pytest.raises(wslab.HandshakeError) as refused:
                wslab.connect(echo.url, origin=origin)
            assert refused.value.status == 403


@rule("10.3", "a new masking key for each frame, that the application cannot predict", MUST=1)
def masked_twice_looks_different() -> None:
    connection = client()
    assert len({connection.send(b"GET / HTTP/1.1") for _ in range(100)}) == 100


@rule("10.4", "protect yourself: limits on frames and on whole messages", MUST=1, SHOULD=1)
def limits_are_kept() -> None:
    for announced in (2**20 + 1, 2**60):
        data = b"\x82\xff" + announced.to_bytes(8, "big")
        fails(server(), data + bytes(4), 1009, "longer than 1048576 bytes")
    half = masked(Opcode.BINARY, bytes(2**19), fin=False)
    more = masked(Opcode.CONTINUATION, bytes(2**19 + 1), fin=False)
    fails(server(), half + more, 1009, "longer than 1048576 bytes")
    few = Connection(Role.SERVER, opened=True, max_fragments=3)
    tiny = masked(Opcode.TEXT, fin=False) + masked(0, fin=False) * 3
    fails(few, tiny, 1009, "more than 3 fragments")


@rule("10.6", "support TLS", MUST=1)
def tls_is_supported() -> None:
    serving, trusting = certificates()
    with wslab.ws_echo.serve(ssl=serving) as echo:
        assert echo.url.startswith("wss://")
        with wslab.connect(echo.url, ssl=trusting) as ws:
            ws.send(bytes(100_000))
            assert ws.recv(5) == bytes(100_000)


not_for_us(
    "10.6",
    "employ TLS",
    "the lessons look at bytes on loopback, in the clear; a certificate makes it wss://",
    SHOULD=1,
)


@rule("10.7", "always validate what comes in, as client and as server", MUST=1)
def both_roles_validate() -> None:
    for data in (b"\xf1\x00", b"\x83\x00", b"\x09\x00", b"\x80\x00"):
        fails(client(), data, 1002, "")
        fails(server(), data[:1] + b"\x80abcd", 1002, "")
    refused_by_client(head("HTTP/1.1 101 Switching Protocols", {}), "lacks")


@rule("10.7", "a Close says what was wrong; during the handshake, an HTTP status", SHOULD=2)
def fault_is_named() -> None:
    with wslab.ws_echo.serve() as echo:
        with upgraded(echo) as sock:
            sock.sendall(masked(Opcode.TEXT, b"\xff"))
            assert goodbye(sock) == (1007, "the text is not UTF-8")
        with dial(echo, response()) as sock:
            status, _, text = http_answer(sock)
        assert (status, "not a request line" in text) == (400, True)
