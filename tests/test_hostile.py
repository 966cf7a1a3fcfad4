"""Hostile clients against our servers, on real sockets.

Whatever a peer does, it ends its own connection, with a code and a reason that say what was wrong;
an honest client that was there before goes on as if nothing had happened, and nothing stays behind.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import wslab
from tests.conftest import Certificates
from tests.support.peers import (
    DEADLINE,
    alone,
    dial,
    drip,
    events,
    goodbye,
    http_answer,
    masked,
    read_to_end,
    request,
    reset,
    upgraded,
)
from wslab import net
from wslab.protocol.events import Closed, Ponged

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

pytestmark = pytest.mark.usefixtures("nothing_stays")


@pytest.fixture
def echo() -> Iterator[wslab.Server]:
    """A server with small limits, and an honest client that is served before and after."""
    with (
        wslab.ws_echo.serve(
            handshake_timeout=0.3,
            message_timeout=0.3,
            close_timeout=0.3,
            max_message=100_000,
            max_fragments=1000,
            with_page=False,
            origins=[None, "https://example.org"],
            max_connections=3,
        ) as server,
        wslab.connect(server.url) as honest,
    ):
        honest.send("before")
        assert honest.recv(5) == "before"
        yield server
        honest.send("after")
        assert honest.recv(5) == "after"
        alone(server, but=1)


# ------------------------------------------------------------ frames that break a rule

HEAD_ONLY = b"\x37\xfa\x21\x3d"  # the masking key of a frame without payload

FRAMES = {
    "not masked": (b"\x81\x05Hello", 1002, "not masked"),
    "RSV1": (b"\xc1\x80" + HEAD_ONLY, 1002, "RSV1 is set"),
    "RSV2": (b"\xa1\x80" + HEAD_ONLY, 1002, "RSV2 is set"),
    "RSV3": (b"\x91\x80" + HEAD_ONLY, 1002, "RSV3 is set"),
    "reserved data opcode": (masked(3), 1002, "opcode 3 is reserved"),
    "reserved control opcode": (masked(11), 1002, "opcode 11 is reserved"),
    "fragmented Ping": (masked(PING, fin=False), 1002, "must not be fragmented"),
    "fragmented Close": (masked(CLOSE, fin=False), 1002, "must not be fragmented"),
    "Ping over 125 bytes": (masked(PING, bytes(126)), 1002, "at most 125 bytes"),
    "16-bit length for 125": (b"\x82\xfe\x00\x7d", 1002, "not in its shortest form"),
    "64-bit length for 65535": (b"\x82\xff" + (65535).to_bytes(8, "big"), 1002, "shortest form"),
    "top bit of the length": (b"\x82\xff\x80" + bytes(7), 1002, "top bit"),
    "nothing to continue": (masked(0, b"more"), 1002, "no message to continue"),
    "two messages mixed": (masked(1, b"a", fin=False) + masked(1, b"b"), 1002, "new message"),
    "text that is not UTF-8": (masked(TEXT, b"caf\xe9"), 1007, "not UTF-8"),
    "half a character at the end": (masked(TEXT, b"\xe2\x82"), 1007, "not UTF-8"),
    "a surrogate": (masked(TEXT, b"\xed\xa0\x80"), 1007, "not UTF-8"),
    "an overlong form": (masked(TEXT, b"\xc0\xaf"), 1007, "not UTF-8"),
    "wrong byte over two fragments": (
        masked(1, b"\xe2", fin=False) + masked(0, b"\x28", fin=False),
        1007,
        "not UTF-8",
    ),
    "wrong byte in a text that is still arriving": (masked(1, b"\xff" * 999)[:99], 1007, "UTF-8"),
    "Close with half a code": (masked(CLOSE, b"\x03"), 1002, "2 bytes of code"),
    "Close whose reason is not UTF-8": (masked(CLOSE, b"\x03\xe8\xff"), 1007, "not UTF-8"),
    "a frame of 2**62 bytes": (b"\x82\xff\x40" + bytes(11), 1009, "longer than 100000 bytes"),
    "one byte too much": (masked(BINARY, bytes(100_001)), 1009, "longer than 100000 bytes"),
    "fragments that are too much together": (
        masked(2, bytes(60_000), fin=False) + masked(0, bytes(60_000)),
        1009,
        "longer than 100000 bytes",
    ),
    "too many fragments": (
        masked(2, fin=False) + masked(0, fin=False) * 1000,
        1009,
        "more than 1000 fragments",
    ),
    "a message that never ends": (masked(2, bytes(9), fin=False), 1008, "longer than 0.3 s"),
    "a frame that never ends": (masked(2, bytes(9))[:-1], 1008, "longer than 0.3 s"),
    "a header that never ends": (b"\x82", 1008, "longer than 0.3 s"),
} | {
    f"Close with {code}": (masked(CLOSE, code.to_bytes(2, "big")), 1002, f"close code {code} must")
    for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535)
}


@pytest.mark.parametrize("violation", FRAMES)
def test_broken_frames_end_the_connection_with_code_and_reason(
    echo: wslab.Server, violation: str
) -> None:
    data, code, words = FRAMES[violation]
    with upgraded(echo) as sock:
        sock.sendall(data)
        found, reason = goodbye(sock)
    assert (found, words in reason) == (code, True), reason


@pytest.mark.parametrize("violation", ["not masked", "RSV2", "Close with 1006", "fragmented Ping"])
def test_it_makes_no_difference_where_the_bytes_are_cut(echo: wslab.Server, violation: str) -> None:
    data, code, _ = FRAMES[violation]
    with upgraded(echo) as sock:
        for position in range(len(data)):
            sock.sendall(data[position : position + 1])
            time.sleep(0.001)
        assert goodbye(sock)[0] == code


@pytest.mark.parametrize("send", [socket.socket.sendall, drip], ids=["one segment", "bytes"])
@pytest.mark.parametrize("violation", FRAMES)
def test_what_came_whole_before_a_broken_frame_is_answered_first(
    echo: wslab.Server, violation: str, send: Callable[[socket.socket, bytes], None]
) -> None:
    # §6.2: each of these has been received. The last Pong goes out before the echoes (§5.5.2).
    before = masked(TEXT, b"one") + masked(2, b"t", fin=False) + masked(0, b"wo") + masked(PING)
    data, code, _ = FRAMES[violation]
    with upgraded(echo) as sock:
        send(sock, before + data + bytes(10_000) * (code != 1008))
        *answers, end = events(read_to_end(sock))
    assert (answers.count(Ponged(b"")), answers.count("one"), answers.count(b"two")) == (1, 1, 1)
    assert answers.index("one") < answers.index(b"two")
    assert len(answers) == 3
    assert isinstance(end, Closed)
    assert end.code == code


def test_over_tls_too_the_echo_comes_before_the_close(certificates: Certificates) -> None:
    with (
        wslab.ws_echo.serve(ssl=certificates.server) as server,
        certificates.client.wrap_socket(dial(server), server_hostname="127.0.0.1") as sock,
    ):
        sock.sendall(request() + masked(TEXT, b"one") + masked(3) + bytes(100_000))
        _, _, frames = read_to_end(sock).partition(b"\r\n\r\n")
    assert events(frames) == ["one", Closed(1002, "opcode 3 is reserved")]


@pytest.mark.parametrize("count", [1, 2])
def test_a_handler_that_stops_before_the_fault_does_not_hide_it(count: int) -> None:
    def handler(ws: wslab.WebSocket) -> None:
        for number in range(count):
            message = ws.recv()
            time.sleep(0.02)  # a slow answer is an answer
            ws.send(message)
            ws.send_fragments([str(number), "!"])

    with wslab.serve(handler) as server, upgraded(server) as sock:
        sock.sendall(masked(TEXT, b"a") + masked(TEXT, b"b") + masked(3))
        *answers, end = events(read_to_end(sock))
    assert answers == ["a", "0!", "b", "1!"][: 2 * count]
    assert end == Closed(1002, "opcode 3 is reserved")


def test_frame_glued_to_the_request_is_served(echo: wslab.Server) -> None:
    with dial(echo, request() + masked(TEXT, b"glued") + masked(PING, b"!")) as sock:
        sock.sendall(b"")
        answer = b""
        while not answer.endswith(b"glued"):
            answer += sock.recv(1000)
        assert answer.startswith(b"HTTP/1.1 101 ")
        assert answer.endswith(b"\r\n\r\n\x8a\x01!\x81\x05glued")


def test_broken_frame_glued_to_the_request_is_refused(echo: wslab.Server) -> None:
    with dial(echo, request() + b"\x81\x05Hello") as sock:
        _, _, frames = read_to_end(sock).partition(b"\r\n\r\n")
    assert events(frames) == [(1002, "the frame is not masked, but a client masks every frame")]


def test_control_frames_between_fragments_are_no_violation(echo: wslab.Server) -> None:
    with upgraded(echo) as sock:
        sock.sendall(masked(1, b"\xf0\x9f", fin=False) + masked(PING, b"?") + masked(PONG))
        assert sock.recv(100) == b"\x8a\x01?"
        sock.sendall(masked(0, b"\x98\x80"))
        assert sock.recv(100) == b"\x81\x04\xf0\x9f\x98\x80"


def test_what_follows_a_close_is_ignored(echo: wslab.Server) -> None:
    with upgraded(echo) as sock:
        sock.sendall(
            masked(CLOSE, b"\x0f\xa0bye") + masked(TEXT, b"one more thing") + b"\xff" * 2**21
        )
        assert goodbye(sock) == (4000, "")


# ------------------------------------------------------------ handshakes that are refused

MANY = "\n".join("x" * 100 for _ in range(200))

REQUESTS = {
    "no HTTP": (b"Hello, server!\r\n", 400, "not a request line"),
    "random bytes": (b"\x00\xff\x13\x37\r\n\r\n", 400, "control character"),
    "another protocol": (b"SSH-2.0-OpenSSH_9.2\r\n", 400, "not a request line"),
    "an answer": (b"HTTP/1.1 200 OK\r\n\r\n", 400, "not a request line"),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", 400, "line ends with LF alone"),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 405, "must be GET"),
    "POST": (request("POST / HTTP/1.1"), 405, "must be GET"),
    "HTTP/1.0": (request("GET / HTTP/1.0"), 400, "1.1 or higher"),
    "no path": (request("GET * HTTP/1.1"), 400, "name a path"),
    "a control character": (request("GET /\x01 HTTP/1.1"), 400, "control character"),
    "lines without CR": (request().replace(b"\r\n", b"\n"), 400, "LF alone"),
    "a field without colon": (request().replace(b"Host:", b"Host"), 400, "not a header field"),
    "a folded field": (
        request(Host="a\n b").replace(b"Host:  b", b" b"),
        400,
        "not a header field",
    ),
    "no Host": (request(Host=None), 400, "exactly one Host"),
    "two Hosts": (request(Host="a\nb"), 400, "exactly one Host"),
    "a body": (request(Content_Length="5"), 400, "announces a body"),
    "a chunked body": (request(Transfer_Encoding="chunked"), 400, "announces a body"),
    "no Upgrade": (request(Upgrade=None), 426, "send Upgrade: websocket"),
    "another Upgrade": (request(Upgrade="h2c"), 426, "send Upgrade: websocket"),
    "no Connection: Upgrade": (request(Connection="close"), 400, "Connection: Upgrade"),
    "no key": (request(Sec_WebSocket_Key=None), 400, "exactly one Sec-WebSocket-Key"),
    "two keys": (request(Sec_WebSocket_Key="a\nb"), 400, "exactly one Sec-WebSocket-Key"),
    "a short key": (request(Sec_WebSocket_Key="AAAA"), 400, "3 bytes, not 16"),
    "a key that is not base64": (request(Sec_WebSocket_Key="$" * 24), 400, "not base64"),
    "no version": (request(Sec_WebSocket_Version=None), 426, "must be 13"),
    "version 8": (request(Sec_WebSocket_Version="8"), 426, "must be 13"),
    "two versions": (request(Sec_WebSocket_Version="13\n8"), 426, "must be 13"),
    "malformed extensions": (request(Sec_WebSocket_Extensions="a;;"), 400, "not an extension"),
    "malformed subprotocols": (request(Sec_WebSocket_Protocol="a b"), 400, "different tokens"),
    "an origin that is not let in": (
        request(Origin="https://evil.example"),
        403,
        "may not connect",
    ),
    "an endless line": (b"GET /" + b"x" * 20_000, 431, "too large"),
    "endless fields": (request(X=MANY), 431, "too large"),
    "silence": (b"", 408, "longer than 0.3 s"),
    "half a request": (request()[:-2], 408, "longer than 0.3 s"),
}


@pytest.mark.parametrize("violation", REQUESTS)
def test_broken_requests_get_an_http_status_and_a_reason(
    echo: wslab.Server, violation: str
) -> None:
    data, status, words = REQUESTS[violation]
    with dial(echo, data) as sock:
        found, fields, text = http_answer(sock)
    assert (found, words in text, "RFC 6455 §" in text) == (status, True, True), text
    assert fields["Connection"] == "close"
    # What to do instead: §4.2.2 and RFC 7231 §6.5.5 and §6.5.15 ask for these fields.
    assert fields["Sec-WebSocket-Version"] == ("13" if status == 426 else None)
    assert fields["Upgrade"] == ("websocket" if status == 426 else None)
    assert fields["Allow"] == ("GET" if status == 405 else None)


@pytest.mark.parametrize(
    "request_",
    [request(Connection="keep-alive, Upgrade"), request(Upgrade="WebSocket", Connection="UPGRADE")],
    ids=["in a list", "in another case"],
)
def test_unusual_requests_that_are_right_are_served(echo: wslab.Server, request_: bytes) -> None:
    with dial(echo, request_) as sock:
        assert sock.recv(1000).startswith(b"HTTP/1.1 101 ")


def test_too_many_connections_get_503(echo: wslab.Server) -> None:
    with upgraded(echo), upgraded(echo):
        for _ in range(20):
            with dial(echo) as sock:
                status, _, text = http_answer(sock)
                assert (status, "come back later" in text) == (503, True)
            with pytest.raises(wslab.HandshakeError, match="503 Service Unavailable"):
                wslab.connect(echo.url)
    alone(echo, but=1)
    wslab.connect(echo.url).close()  # there is room again


@pytest.mark.parametrize(
    "line",
    [
        "X: " + "a" + " " * 15_000 + "a",
        "Connection: " + '"\\' * 7_500,
        "Sec-WebSocket-Extensions: a" + " ;" * 7_000,
        "Sec-WebSocket-Extensions: " + 'a; b="\\' * 2_000,
        "Sec-WebSocket-Protocol: " + "a," * 7_000,
        "\r\n".join("a:" for _ in range(3_500)),
    ],
    ids=["spaces", "quotes", "semicolons", "open quotes", "commas", "many fields"],
)
def test_no_request_takes_long_to_read(echo: wslab.Server, line: str) -> None:
    # A pattern that tries every way to match takes seconds for one line, and holds up everybody.
    before = time.process_time()
    with dial(echo, request()[:-2] + line.encode() + b"\r\n\r\n") as sock:
        assert sock.recv(9).startswith(b"HTTP/1.1 ")
    assert time.process_time() - before < 0.5


# ------------------------------------------------------------ slow, silent, rude


def flood(sock: socket.socket, data: bytes) -> int:
    """Send and never read, until the peer cuts us off; how many bytes went out."""
    sent, deadline = 0, time.monotonic() + DEADLINE
    try:
        while time.monotonic() < deadline:
            sent += sock.send(data)
    except TimeoutError:
        pass
    except OSError:  # reset or broken pipe, as it comes
        return sent
    pytest.fail(f"the peer lets us flood it, after {sent} bytes still")


def test_peer_that_drips_its_request_is_cut_off(echo: wslab.Server) -> None:
    with dial(echo) as sock:
        answer = b""
        sock.settimeout(0.02)
        for byte in request(X="x" * 1000):
            sock.send(bytes([byte]))
            try:
                answer = sock.recv(1000)
                break
            except TimeoutError:
                pass
        assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")


def test_peer_that_drips_a_message_is_cut_off(echo: wslab.Server) -> None:
    with upgraded(echo) as sock:
        answer = b""
        sock.settimeout(0.02)
        for byte in masked(BINARY, bytes(10_000)):
            sock.send(bytes([byte]))
            try:
                answer = sock.recv(1000)
                break
            except TimeoutError:
                pass
        assert events(answer) == [(1008, "a message took longer than 0.3 s")]


def test_peer_that_never_pauses_is_cut_off_all_the_same() -> None:
    # The clock must be looked at even when there is always something to read.
    with (
        wslab.ws_echo.serve(message_timeout=0.2, close_timeout=0.2, max_fragments=10**9) as echo,
        upgraded(echo) as sock,
    ):
        sock.sendall(masked(BINARY, fin=False))
        flood(sock, masked(0, fin=False) * 100)
        alone(echo)


def test_silent_peer_is_cut_off_after_the_idle_timeout() -> None:
    with wslab.ws_echo.serve(idle_timeout=0.2, close_timeout=0.2) as echo, upgraded(echo) as sock:
        assert goodbye(sock) == (1008, "silent for 0.2 s")
    with wslab.tcp_echo.serve(idle_timeout=0.2) as echo, dial(echo) as sock:
        sock.sendall(b"a")
        assert sock.recv(1) == b"a"
        assert read_to_end(sock) == b""


@pytest.mark.parametrize("sent", ["nothing", "half a request", "a request", "half a frame"])
@pytest.mark.parametrize("leave", [reset, socket.socket.close], ids=["reset", "close"])
def test_peer_that_vanishes_leaves_nothing_behind(
    echo: wslab.Server, sent: str, leave: Callable[[socket.socket], None]
) -> None:
    data = {"nothing": b"", "half a request": b"GET /", "a request": request()}
    leave(dial(echo, data.get(sent, request() + masked(TEXT, b"Hello")[:-1])))
    alone(echo, but=1)


def test_peer_that_half_closes_still_gets_its_answers(echo: wslab.Server) -> None:
    with upgraded(echo) as sock:
        sock.sendall(masked(TEXT, b"a") + masked(TEXT, b"b"))
        sock.shutdown(socket.SHUT_WR)
        assert read_to_end(sock) == b"\x81\x01a\x81\x01b"
    with dial(echo, b"GET / HTTP/1.1\r\n") as sock:
        sock.shutdown(socket.SHUT_WR)
        status, _, text = http_answer(sock)
        assert (status, "the stream ended inside the opening handshake" in text) == (400, True)


def test_peer_that_floods_and_never_reads_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net, "SEND_TIMEOUT", 0.3)
    frame = masked(BINARY, bytes(60_000))
    with wslab.ws_echo.serve(close_timeout=0.2) as echo:
        for data in (frame, masked(PING, bytes(125)) * 500):
            with upgraded(echo) as sock:
                # Where nobody reads, the sender is held up when the buffers of the system are full.
                # Nothing piles up in the server.
                assert flood(sock, data) < 2**26
            alone(echo)


def test_tls_peer_that_floods_and_never_reads_is_stopped(
    monkeypatch: pytest.MonkeyPatch, certificates: Certificates
) -> None:
    monkeypatch.setattr(net, "SEND_TIMEOUT", 0.3)
    with wslab.ws_echo.serve(ssl=certificates.server, close_timeout=0.2) as echo:
        secure = certificates.client.wrap_socket(dial(echo), server_hostname="127.0.0.1")
        with secure as sock:
            sock.sendall(request())
            assert sock.recv(1000).startswith(b"HTTP/1.1 101 ")
            flood(sock, masked(BINARY, bytes(60_000)))
        alone(echo)
    with wslab.tcp_echo.serve(ssl=certificates.server) as echo:
        raw = certificates.client.wrap_socket(dial(echo), server_hostname="127.0.0.1")
        with raw as sock:
            flood(sock, bytes(60_000))
        alone(echo)


def test_peer_that_floods_after_its_close_is_stopped(echo: wslab.Server) -> None:
    with upgraded(echo) as sock:
        sock.sendall(masked(CLOSE))
        flood(sock, bytes(60_000))


def test_server_ends_though_a_peer_never_answers_its_close() -> None:
    server = wslab.ws_echo.serve()
    with upgraded(server) as deaf, dial(server) as silent:
        deaf.settimeout(5)
        while server.connections < 2:
            time.sleep(0.001)
        start = time.monotonic()
        server.close()
        assert time.monotonic() - start < 4
        assert deaf.recv(100)[:4] == b"\x88\x17\x03\xe9"  # 1001, the server is closing
        assert silent.recv(100) == b""


def test_memory_stays_bounded(echo: wslab.Server) -> None:
    tracemalloc.start()
    try:
        with upgraded(echo) as sock:
            # 5 MB in frames of every kind, of which the server has to keep 100,000 bytes at most.
            for _ in range(50):
                sock.sendall(
                    masked(BINARY, bytes(50_000), fin=False) + masked(PING, bytes(125)) * 99
                )
                sock.sendall(masked(0, bytes(50_000)))
                echoed = 0
                while echoed < 100_000 + 4 + 6 + 99 * 127:
                    echoed += len(sock.recv(2**20))
            sock.sendall(b"\x82\xff" + (2**40).to_bytes(8, "big") + bytes(4))
            assert goodbye(sock)[0] == 1009
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * 2**20


def test_no_more_threads_is_one_peers_loss_only(
    echo: wslab.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as system:
        system.setattr(threading.Thread, "start", refuse)
        with dial(echo) as sock:
            assert http_answer(sock)[0] == 503
    with upgraded(echo) as sock:
        sock.sendall(masked(TEXT, b"back"))
        assert sock.recv(100) == b"\x81\x04back"


# ------------------------------------------------------------ TLS


def test_peer_without_tls_on_a_tls_port_is_cut_off(certificates: Certificates) -> None:
    with wslab.ws_echo.serve(ssl=certificates.server, handshake_timeout=0.2) as server:
        for first in (request(), b"", b"\x16\x03\x01\x40\x00", bytes(1000)):
            with dial(server, first) as sock, contextlib.suppress(ConnectionResetError):
                assert b"HTTP" not in read_to_end(sock)
            alone(server)


def test_tls_peer_that_just_vanishes_leaves_nothing_behind(certificates: Certificates) -> None:
    with wslab.ws_echo.serve(ssl=certificates.server, close_timeout=0.3) as server:
        for leave in (reset, socket.socket.close):
            sock = certificates.client.wrap_socket(dial(server), server_hostname="127.0.0.1")
            sock.sendall(request())
            sock.recv(1000)
            leave(sock)
            alone(server)


def test_tls_peer_that_half_closes_gets_its_answer(certificates: Certificates) -> None:
    with wslab.ws_echo.serve(ssl=certificates.server, close_timeout=0.3) as server:
        secure = certificates.client.wrap_socket(dial(server), server_hostname="127.0.0.1")
        with secure:
            secure.sendall(request() + masked(TEXT, b"a"))
            # TLS has no half-close of its own: the end of TCP below it is the end of the stream.
            socket.socket.shutdown(secure, socket.SHUT_WR)
            answer = b""
            while not answer.endswith(b"\x81\x01a"):
                answer += secure.recv(1000)


# ------------------------------------------------------------ the raw echo


def test_raw_echo_sends_back_all_before_it_ends() -> None:
    with wslab.tcp_echo.serve() as server, dial(server) as sock:
        sock.sendall(b"x" * 100_000)
        sock.shutdown(socket.SHUT_WR)
        assert len(read_to_end(sock)) == 100_000


def test_raw_echo_survives_rude_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net, "SEND_TIMEOUT", 0.3)
    with wslab.tcp_echo.serve(max_connections=2) as server, dial(server, b"honest") as honest:
        assert honest.recv(6, socket.MSG_WAITALL) == b"honest"
        rude = dial(server, b"rude")
        assert rude.recv(4, socket.MSG_WAITALL) == b"rude"
        reset(rude)
        alone(server, but=1)
        with dial(server) as deaf:
            with dial(server) as third:
                assert third.recv(1) == b""  # no room, and no word in a protocol without words
            flood(deaf, bytes(60_000))
        alone(server, but=1)
        honest.sendall(b"still here")
        assert honest.recv(10, socket.MSG_WAITALL) == b"still here"


def test_slow_tls_handshake_does_not_hold_up_the_others(certificates: Certificates) -> None:
    options: Any = {"ssl": certificates.server, "handshake_timeout": 0.5}
    with wslab.tcp_echo.serve(**options) as server, dial(server) as slow:
        start = time.monotonic()
        with certificates.client.wrap_socket(dial(server), server_hostname="127.0.0.1") as honest:
            honest.sendall(b"Hello")
            assert honest.recv(5) == b"Hello"
            assert time.monotonic() - start < 0.5
            assert read_to_end(slow) == b""  # cut off, after its half second
            assert isinstance(honest, ssl.SSLSocket)
