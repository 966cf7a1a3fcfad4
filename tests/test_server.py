"""The two doors: ``serve`` with its handlers and limits, ``connect`` with its troubles."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable

import pytest

import wslab
from tests.conftest import Certificates
from tests.support.peers import (
    alone,
    http_answer,
    liar,
    read_head,
    read_to_end,
    reset,
    response,
    welcome,
)
from wslab import net, tcp_echo, ws_echo
from wslab.observe.recording import Recording
from wslab.protocol.handshake import make_response
from wslab.protocol.http import Request, Response
from wslab.protocol.rfc import Role
from wslab.tcp_server import Peer, Server
from wslab.websocket import WebSocket

pytestmark = pytest.mark.usefixtures("nothing_stays")


# ------------------------------------------------------------ handlers


def test_a_handler_sees_the_request_and_the_client_the_response() -> None:
    seen = []

    def handler(ws: WebSocket) -> None:
        seen.append(ws.request)
        ws.send(str(ws.subprotocol))

    with wslab.serve(handler, subprotocols=["b", "c"]) as server:
        url = f"{server.url}chat?room=1"
        options = {"origin": "https://a.example", "headers": [("X-Lesson", "7")]}
        with wslab.connect(url, subprotocols=["a", "b"], **options) as ws:  # type: ignore[arg-type]
            assert ws.recv() == ws.subprotocol == "b"
            assert ws.response is not None
            assert ws.response.status == 101
            assert ws.request is not None
            assert ws.request.target == "/chat?room=1"
            request = ws.request
    assert seen == [request]
    assert request.headers.get("Origin") == "https://a.example"
    assert request.headers.get("X-Lesson") == "7"


def test_when_the_handler_returns_the_connection_closes_with_1000() -> None:
    with wslab.serve(lambda ws: ws.send("bye")) as server, wslab.connect(server.url) as ws:
        assert list(ws) == ["bye"]
        assert ws.close_code == 1000


@pytest.mark.parametrize(
    "error", [ValueError("a bug"), FileNotFoundError("a bug"), TimeoutError("a bug"), SystemExit(3)]
)
def test_when_the_handler_raises_the_connection_closes_with_1011(
    error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    def handler(ws: WebSocket) -> None:
        if ws.recv() == "raise":
            raise error
        ws_echo.echo(ws)

    with wslab.serve(handler) as server:
        with wslab.connect(server.url) as other, wslab.connect(server.url) as ws:
            other.send("go on")
            ws.send("raise")
            assert list(ws) == []
            assert (ws.close_code, ws.close_reason) == (1011, "the handler failed")
            assert list(ws_echo.say(other, ["still here"])) == ["still here"]
        alone(server)
    shown = capsys.readouterr().err
    assert shown.count("Traceback") == 1
    assert f"{type(error).__name__}: {error}" in shown


@pytest.mark.parametrize("leave", ["close", "reset", "fault"])
def test_a_peer_that_leaves_is_no_error_of_the_handler(
    leave: str, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[int] = []

    def handler(ws: WebSocket) -> None:
        try:
            while True:
                ws.send(ws.recv())
        except wslab.ConnectionClosed as error:
            seen.append(error.code)
            raise

    with wslab.serve(handler, close_timeout=0.2) as server:
        ws = wslab.connect(server.url)
        if leave == "close":
            ws.close(4000)
        else:
            sock: socket.socket = ws._sock  # type: ignore[assignment]
            sock.sendall(b"\xff\xff" if leave == "fault" else b"")
            if leave == "reset":
                reset(sock)
        alone(server)
        ws.close()
    assert seen == [4000 if leave == "close" else 1006]
    assert capsys.readouterr().err == ""


def test_a_handler_may_close_with_its_own_words() -> None:
    with (
        wslab.serve(lambda ws: ws.close(4001, "not today")) as server,
        wslab.connect(server.url) as ws,
    ):
        assert list(ws) == []
        assert (ws.close_code, ws.close_reason) == (4001, "not today")


# ------------------------------------------------------------ who is let in


def test_origins_that_are_not_expected_get_403() -> None:
    with ws_echo.serve(origins=["https://good.example"]) as server:
        with wslab.connect(server.url, origin="https://good.example") as ws:
            assert list(ws_echo.say(ws, ["in"])) == ["in"]
        for origin in ("https://evil.example", "https://good.example.evil.example", None):
            with pytest.raises(wslab.HandshakeError, match="403 Forbidden") as caught:
                wslab.connect(server.url, origin=origin)
            assert caught.value.status == 403


def test_one_string_is_no_list_of_origins() -> None:
    """Or every origin that is a part of it would be let in."""
    with pytest.raises(TypeError, match="a list of strings"):
        ws_echo.serve(origins="https://good.example")


def test_programs_may_be_let_in_beside_an_origin() -> None:
    with ws_echo.serve(origins=["https://good.example", None]) as server:
        wslab.connect(server.url).close()


def test_too_many_get_503_and_room_is_used_again() -> None:
    with ws_echo.serve(max_connections=1) as server:
        with wslab.connect(server.url) as first:
            for _ in range(20):
                with pytest.raises(wslab.HandshakeError, match="503") as caught:
                    wslab.connect(server.url)
                assert caught.value.status == 503
            assert list(ws_echo.say(first, ["still here"])) == ["still here"]
        alone(server)
        with wslab.connect(server.url) as second:
            assert list(ws_echo.say(second, ["room"])) == ["room"]


def test_a_browser_without_upgrade_gets_the_page_or_426() -> None:
    get = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with ws_echo.serve() as server, socket.create_connection(server.address, 5) as sock:
        sock.sendall(get)
        status, headers, text = http_answer(sock)
        assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert "<title>" in text
    with (
        ws_echo.serve(with_page=False) as server,
        socket.create_connection(server.address, 5) as sock,
    ):
        sock.sendall(get)
        status, headers, _ = http_answer(sock)
        assert (status, headers["Sec-WebSocket-Version"]) == (426, "13")


def test_a_browser_can_be_given_another_page() -> None:
    def page(request: Request) -> Response:
        return make_response(200, f"<p>{request.target}".encode(), ("Set-Cookie", "a=b"))

    with (
        ws_echo.serve(with_page=page) as server,
        socket.create_connection(server.address, 5) as sock,
    ):
        sock.sendall(b"GET /here HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        status, headers, text = http_answer(sock)
        assert (status, headers["Set-Cookie"], text) == (200, "a=b", "<p>/here")
        with wslab.connect(server.url) as ws:
            assert list(ws_echo.say(ws, ["and WebSocket as well"])) == ["and WebSocket as well"]


def test_who_is_slow_with_the_handshake_gets_408() -> None:
    with ws_echo.serve(handshake_timeout=0.1) as server:
        with socket.create_connection(server.address, 5) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\n")
            status, _, text = http_answer(sock)
            assert status == 408
            assert "longer than 0.1 s" in text
        alone(server)


# ------------------------------------------------------------ the end of a server


@pytest.mark.parametrize("secure", [False, True])
def test_a_server_with_fifty_connections_ends_soon_and_says_goodbye(
    secure: bool, certificates: Certificates
) -> None:
    count = 20 if secure else 50
    server = ws_echo.serve(ssl=certificates.server if secure else None)
    context = certificates.client if secure else None
    clients = [wslab.connect(server.url, ssl=context) for _ in range(count)]
    assert server.connections == count
    ends: list[tuple[int | None, str]] = []

    def read(ws: WebSocket) -> None:
        assert list(ws) == []
        ends.append((ws.close_code, ws.close_reason))

    readers = [threading.Thread(target=read, args=(ws,)) for ws in clients]
    for reader in readers:
        reader.start()
    start = time.monotonic()
    server.close()
    assert time.monotonic() - start < 2.5
    assert server.connections == 0
    for reader in readers:
        reader.join(5)
    assert ends == [(1001, "the server is closing")] * count


def test_a_server_ends_soon_though_fifty_clients_do_not_listen() -> None:
    server = ws_echo.serve()
    clients = [wslab.connect(server.url) for _ in range(50)]
    start = time.monotonic()
    server.close()
    assert time.monotonic() - start < 2.5
    assert server.connections == 0
    for ws in clients:
        assert list(ws) == []  # the goodbye was sent all the same
        assert ws.close_code == 1001


def test_a_server_ends_soon_though_its_handlers_are_stuck_in_sending() -> None:
    def handler(ws: WebSocket) -> None:
        while True:
            ws.send(b"x" * 2**20)

    server = wslab.serve(handler)
    clients = [wslab.connect(server.url) for _ in range(20)]
    time.sleep(0.2)
    start = time.monotonic()
    server.close()
    assert time.monotonic() - start < 2.5
    assert server.connections == 0
    for ws in clients:
        ws._sock.close()


def test_a_server_ends_soon_though_handlers_sleep_and_clients_half_connect() -> None:
    waking = threading.Event()
    server = wslab.serve(lambda ws: waking.wait(20) and None)
    half = [socket.create_connection(server.address) for _ in range(10)]
    clients = [wslab.connect(server.url, close_timeout=0.1) for _ in range(10)]
    start = time.monotonic()
    server.close()
    assert time.monotonic() - start < 2.5
    waking.set()
    for sock in half:
        sock.close()
    for ws in clients:
        ws.close()
    alone(server)


def test_a_server_can_be_closed_twice() -> None:
    with ws_echo.serve() as server:
        server.close()
    server.close()


# ------------------------------------------------------------ connect


def one_sentence(error: BaseException) -> str:
    text = str(error)
    assert "\n" not in text
    assert "Errno" not in text
    assert "_ssl.c" not in text
    return text


def test_nothing_listens_there() -> None:
    with net.listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(wslab.Error) as caught:
        wslab.connect(f"ws://127.0.0.1:{port}/")
    assert f"Cannot connect to 127.0.0.1 port {port}" in one_sentence(caught.value)


def test_no_such_host() -> None:
    with pytest.raises(wslab.Error) as caught:
        wslab.connect("ws://host.invalid:9/", timeout=5)
    assert "Cannot connect to host.invalid port 9" in one_sentence(caught.value)


def test_the_port_is_in_use() -> None:
    with ws_echo.serve() as server, pytest.raises(wslab.Error) as caught:
        ws_echo.serve(port=server.address[1])
    assert "the port is in use" in one_sentence(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "127.0.0.1:15000",
        "ws://",
        "ws://127.0.0.1:0/",
        "ws://127.0.0.1:65536/",
        "ws://127.0.0.1:port/",
        "ws://127.0.0.1/#part",
        "ws://me@127.0.0.1/",
        "ws://127.0.0.1/a b",
        "ws://[::1/",
        "",
    ],
)
def test_urls_that_are_none(url: str) -> None:
    with pytest.raises(wslab.URLError) as caught:
        wslab.connect(url)
    assert isinstance(caught.value, ValueError)
    assert repr(url) in one_sentence(caught.value)


def test_a_context_for_tls_wants_wss(certificates: Certificates) -> None:
    with pytest.raises(wslab.URLError, match="write wss://"):
        wslab.connect("ws://127.0.0.1:1/", ssl=certificates.client)


def test_wss_without_a_context_trusts_what_the_system_trusts(certificates: Certificates) -> None:
    with ws_echo.serve(ssl=certificates.server) as server, pytest.raises(wslab.Error) as caught:
        wslab.connect(server.url)
    assert "its certificate is not trusted" in one_sentence(caught.value)


def test_a_certificate_for_another_name(certificates: Certificates) -> None:
    with ws_echo.serve(ssl=certificates.misnamed) as server, pytest.raises(wslab.Error) as caught:
        wslab.connect(server.url, ssl=certificates.client)
    assert "not valid for '127.0.0.1'" in one_sentence(caught.value)


def test_ws_to_a_server_of_wss(certificates: Certificates) -> None:
    with (
        ws_echo.serve(ssl=certificates.server) as server,
        pytest.raises(wslab.HandshakeError) as caught,
    ):
        wslab.connect(server.url.replace("wss:", "ws:"))
    assert caught.value.status == 0
    one_sentence(caught.value)


def test_wss_to_a_server_of_ws() -> None:
    with ws_echo.serve() as server, pytest.raises(wslab.Error) as caught:
        wslab.connect(server.url.replace("ws:", "wss:"), ssl=ssl.create_default_context())
    assert "the TLS handshake failed" in one_sentence(caught.value)


def test_ws_to_a_raw_echo() -> None:
    """It sends our own request back: an answer, but none of HTTP."""
    with tcp_echo.serve() as server, pytest.raises(wslab.HandshakeError) as caught:
        wslab.connect(server.url.replace("tcp:", "ws:"))
    assert "GET / HTTP/1.1" in one_sentence(caught.value)
    assert caught.value.status == 0


def not_found(sock: socket.socket) -> None:
    read_head(sock)
    sock.sendall(response("HTTP/1.1 404 Not Found", Content_Length="0"))


def moved(sock: socket.socket) -> None:
    read_head(sock)
    sock.sendall(response("HTTP/1.1 301 Moved Permanently", Location="ws://there/"))


def hang_up(sock: socket.socket) -> None:
    read_head(sock)


def reset_after_the_request(sock: socket.socket) -> None:
    read_head(sock)  # earlier, the reset could meet connect() itself
    reset(sock)


def wrong_key(sock: socket.socket) -> None:
    read_head(sock)
    sock.sendall(response())  # proves knowledge of another key than ours


@pytest.mark.parametrize(
    ("script", "status", "text"),
    [
        (not_found, 404, "the server answered 404 Not Found"),
        (moved, 301, "it points to 'ws://there/'"),
        (hang_up, 0, "the stream ended inside the opening handshake"),
        (reset_after_the_request, 0, "the stream ended inside the opening handshake"),
        (wrong_key, 101, "does not fit our key"),
    ],
)
def test_answers_that_are_no_websocket(
    script: Callable[[socket.socket], None], status: int, text: str
) -> None:
    with liar(script) as url, pytest.raises(wslab.HandshakeError) as caught:
        wslab.connect(url, close_timeout=1)
    assert text in one_sentence(caught.value)
    assert caught.value.status == status


def test_a_server_that_says_nothing_is_given_up() -> None:
    with net.listen("127.0.0.1", 0) as listener:
        url = f"ws://127.0.0.1:{listener.getsockname()[1]}/"
        start = time.monotonic()
        with pytest.raises(wslab.HandshakeError, match=r"longer than 0\.1 s"):
            wslab.connect(url, timeout=0.1, close_timeout=0.1)
        assert time.monotonic() - start < 2


def test_what_cannot_stand_in_a_request_is_refused_before_anything_is_sent() -> None:
    for options in (
        {"headers": [("X", "a\r\nY: b")]},
        {"subprotocols": ["two words"]},
        {"origin": "a\nb"},
    ):
        with pytest.raises(ValueError, match=r"cannot stand in|different tokens"):
            wslab.connect("ws://127.0.0.1:1/", **options)  # type: ignore[arg-type]


def test_an_interrupted_handshake_leaves_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    handshake = WebSocket.open

    def interrupt(ws: WebSocket, timeout: float | None) -> bool:
        if ws._connection.role is Role.CLIENT:
            raise KeyboardInterrupt
        return handshake(ws, timeout)

    with ws_echo.serve() as server:
        monkeypatch.setattr(WebSocket, "open", interrupt)
        with pytest.raises(KeyboardInterrupt):
            wslab.connect(server.url)
        monkeypatch.undo()
        alone(server)


class Hesitant:
    """A server that lets its first client wait until it's told that it is enough; see §4.1."""

    def __init__(self) -> None:
        self.enough, self.busy = threading.Event(), threading.Event()
        self.server = Server(self._handle)
        self.port = self.server.address[1]

    def _handle(self, peer: Peer) -> None:
        if not self.busy.is_set():
            self.busy.set()
            self.enough.wait(10)
        else:
            assert isinstance(peer.sock, socket.socket)
            welcome(peer.sock)
            read_to_end(peer.sock)

    def __enter__(self) -> Hesitant:
        def first() -> None:
            with contextlib.suppress(wslab.HandshakeError):
                wslab.connect(f"ws://127.0.0.1:{self.port}/")

        self.thread = threading.Thread(target=first)
        self.thread.start()
        assert self.busy.wait(10)
        return self

    def __exit__(self, *exc: object) -> None:
        self.enough.set()
        self.thread.join(10)
        self.server.close()


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "127.1", "[::ffff:127.0.0.1]"])
def test_connections_to_one_address_are_made_one_after_the_other(
    name: str, request: pytest.FixtureRequest
) -> None:
    """§4.1, step 2. The second waits until the first is decided, and then comes in."""
    if name.startswith("["):
        request.getfixturevalue("ipv6")
    with Hesitant() as hesitant:
        came_in = threading.Event()

        def second() -> None:
            with wslab.connect(f"ws://{name}:{hesitant.port}/"):
                came_in.set()

        thread = threading.Thread(target=second)
        thread.start()
        assert not came_in.wait(0.2)
        hesitant.enough.set()
        assert came_in.wait(10)
        thread.join(10)


def test_a_server_that_hesitates_holds_up_nobody_who_connects_elsewhere() -> None:
    with Hesitant() as one, Hesitant() as other, ws_echo.serve() as server:
        for _ in range(3):
            with wslab.connect(server.url) as ws:
                assert list(ws_echo.say(ws, ["Hello"])) == ["Hello"]
        with pytest.raises(wslab.Error, match=f"127.0.0.1 port {one.port}"):
            wslab.connect(f"ws://localhost:{one.port}/", timeout=0.1)
        assert one.thread.is_alive()
        assert other.thread.is_alive()


def test_the_same_port_at_another_address_is_another_server(ipv6: str) -> None:
    with Hesitant() as hesitant, ws_echo.serve(ipv6, hesitant.port) as server:
        for url in (server.url, f"ws://[0:0::1]:{hesitant.port}/"):
            wslab.connect(url).close()
        assert hesitant.thread.is_alive()


def test_many_threads_connect_to_two_servers_at_once() -> None:
    with ws_echo.serve() as one, ws_echo.serve() as other:
        answers = []

        def visit(url: str) -> None:
            with wslab.connect(url) as ws:
                answers.extend(ws_echo.say(ws, [url]))

        urls = [one.url, other.url] * 15
        threads = [threading.Thread(target=visit, args=(url,)) for url in urls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert sorted(map(str, answers)) == sorted(urls)


def test_randomness_of_our_own_gives_the_same_bytes() -> None:
    pictures = []
    for _ in range(2):
        recording = Recording()
        with (
            ws_echo.serve() as server,
            wslab.connect(server.url, tap=recording, random=bytes) as ws,
        ):
            assert list(ws_echo.say(ws, ["Hello"])) == ["Hello"]
        pictures.append(recording.stream(Role.CLIENT).partition(b"Upgrade: websocket")[2])
    assert pictures[0] == pictures[1]
    assert b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" in pictures[0]
    assert b"\x81\x85\0\0\0\0Hello" in pictures[0]


def test_connections_take_turns_but_not_for_ever() -> None:
    """§4.1, step 2: one connection at a time is in the state CONNECTING."""
    with liar(lambda sock: time.sleep(1)) as url:

        def connect_slowly() -> None:
            with contextlib.suppress(wslab.HandshakeError):
                wslab.connect(url)

        slow = threading.Thread(target=connect_slowly)
        slow.start()
        time.sleep(0.2)
        with pytest.raises(wslab.Error, match="they take turns"):
            wslab.connect(url, timeout=0.1)
        slow.join(10)
