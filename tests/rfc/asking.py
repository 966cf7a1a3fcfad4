"""Sections 3 and 4.1: URLs, and the client's side of the opening handshake."""

from __future__ import annotations

import base64
import contextlib
import http.server
import io
import os
import socket
import threading
import time

import pytest

import wslab
from tests.rfc.rules import (
    answered,
    not_for_us,
    our_request,
    refused_by_client,
    rule,
)
from tests.support.peers import (
    ACCEPT,
    KEY,
    certificates,
    head,
    liar,
    response,
    welcome,
)
from wslab.protocol.connection import Connection
from wslab.protocol.events import Opened, Refused
from wslab.protocol.handshake import make_request
from wslab.protocol.rfc import Role, State
from wslab.protocol.uri import parse_url
from wslab.tcp_server import Peer, Server

# ------------------------------------------------------------ 3. WebSocket URIs


@rule("3", "fragment identifiers must not be used in these URIs", MUST_NOT=1)
def fragment_is_refused() -> None:
    with pytest.raises(wslab.URLError, match="fragment"):
        parse_url("ws://example.org/chat#room")


@rule("3", "a # that is not a fragment must be escaped as %23", MUST=1)
def number_sign_is_escaped() -> None:
    assert parse_url("ws://example.org/chat%23room?a=%23").resource == "/chat%23room?a=%23"


# ------------------------------------------------------------ 4.1. Client: connecting


@rule("4.1", "open a connection, send a handshake, read the server's", MUST=1)
def client_opens_sends_and_reads() -> None:
    with liar(lambda sock: welcome(sock, b"\x81\x02Hi")) as url:
        ws = wslab.connect(url)
        assert ws.recv() == "Hi"
        ws.close()


@rule("4.1", "the components of the URI must be valid, else fail and abort", MUST=2)
def invalid_url_is_refused() -> None:
    for url in ("http://a/", "ws://", "ws://a:99999/", "ws://a:b/", "ws:///", "ws://a b/"):
        with pytest.raises(wslab.URLError):
            wslab.connect(url)


@rule("4.1", "one connection to an address in CONNECTING at a time, also by name", MUST=3)
def connections_are_serialized() -> None:
    # The second client is under way, and must not get through while the first is CONNECTING.
    order: list[str] = []
    started = threading.Event()

    def handle(peer: Peer) -> None:
        if not started.is_set():
            started.set()
            time.sleep(0.1)
            order.append("first")
        else:
            order.append("second")

    def impatient(name: str) -> None:
        with contextlib.suppress(wslab.HandshakeError):
            wslab.connect(f"ws://{name}:{serving.address[1]}/")

    with Server(handle) as serving:
        thread = threading.Thread(target=impatient, args=("127.0.0.1",))
        thread.start()
        assert started.wait(5)
        impatient("localhost")
        thread.join(5)
    assert order == ["first", "second"]


not_for_us(
    "4.1",
    "if the IP address is not known, take each name for a host of its own, limit their number",
    "it is unknown behind a proxy only; there is none, and we resolve each name ourselves",
    MUST=1,
    SHOULD=1,
)
not_for_us("4.1", "connect to the proxy that is configured", "none can be configured", SHOULD=1)


@rule("4.1", "without a proxy, open a direct TCP connection to host and port", SHOULD=1)
def connection_is_direct() -> None:
    # Not even the proxy that a shell has set for others comes in between.
    with pytest.MonkeyPatch.context() as shell, wslab.ws_echo.serve() as direct:
        for name in ("http_proxy", "all_proxy", "HTTP_PROXY"):
            shell.setenv(name, "http://127.0.0.1:9")
        recording = wslab.Recording()
        with wslab.connect(direct.url, tap=recording) as ws:
            ws.send("direct")
            assert ws.recv() == "direct"
        assert recording.stream(Role.CLIENT).startswith(b"GET / HTTP/1.1\r\n")


not_for_us("4.1", "the URI for a proxy's autoconfiguration", "no proxy, no script", MUST=1)


@rule("4.1", "if the connection cannot be opened, fail", MUST=1)
def no_server_no_websocket() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(wslab.Error, match="nothing listens there"):
        wslab.connect(f"ws://127.0.0.1:{port}/")


@rule("4.1", "TLS first; fail if it fails; then all goes through it", MUST=3)
def tls_comes_first_and_stays() -> None:
    serving, trusting = certificates()
    # Three clients: one that trusts, one that does not, and one whose bytes are looked at.
    with wslab.ws_echo.serve(ssl=serving) as secure:
        with wslab.connect(secure.url, ssl=trusting) as ws:
            ws.send("secret")
            assert ws.recv() == "secret"
        with pytest.raises(wslab.Error, match="not trusted"):
            wslab.connect(secure.url)
    first = []

    def script(sock: socket.socket) -> None:
        first.append(sock.recv(65536))

    with liar(script) as url, pytest.raises(wslab.Error):
        wslab.connect(url.replace("ws:", "wss:"), ssl=trusting)
    assert first[0][:2] == b"\x16\x03"  # a TLS record with a ClientHello
    assert b"GET" not in first[0]


@rule("4.1", "use the Server Name Indication", MUST=1)
def server_name_is_indicated() -> None:
    _, trusting = certificates()
    hello = []
    with (
        liar(lambda sock: hello.append(sock.recv(65536))) as url,
        pytest.raises(wslab.Error),
    ):
        wslab.connect(url.replace("ws://127.0.0.1", "wss://localhost"), ssl=trusting)
    # RFC 6066 §3: type 0, the length of the name in two bytes, the name.
    assert b"\x00\x00\x09localhost" in hello[0]


# ------------------------------------------------------------ 4.1. Client: its request


@rule("4.1", "once connected, send an opening handshake", MUST=1)
def client_begins() -> None:
    connection = Connection(Role.CLIENT, request=our_request())
    assert connection.to_send() == our_request().encode()


@rule("4.1", "the handshake must be a valid HTTP request", MUST=1)
def request_is_http() -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        """The standard library's own reader, which knows nothing of WebSocket."""

        def __init__(self, data: bytes) -> None:
            self.rfile = io.BytesIO(data)
            self.raw_requestline = self.rfile.readline()
            assert self.parse_request()

    handler = Handler(our_request().encode())
    assert handler.headers["Host"] == "example.org"
    assert not handler.headers.defects
    assert handler.rfile.read() == b""


@rule("4.1", "the method must be GET, HTTP at least 1.1", MUST=2)
def method_and_version() -> None:
    assert our_request().encode().startswith(b"GET /chat HTTP/1.1\r\n")


@rule("4.1", "the Request-URI must match the resource name", MUST=1)
def target_is_the_resource_name() -> None:
    for url, target in (("", "/"), ("/", "/"), ("/a/b?c=d&e", "/a/b?c=d&e"), ("?q", "/?q")):
        assert our_request(f"ws://example.org{url}").target == target


@rule("4.1", "Host: host, and port when it is not the default", MUST=1)
def host_field() -> None:
    urls = {"ws://a/": "a", "ws://a:80/": "a", "ws://a:81/": "a:81", "wss://a:443/": "a"}
    for url, host in (urls | {"wss://a:80/": "a:80", "ws://[::1]:81/": "[::1]:81"}).items():
        assert our_request(url).headers.get("Host") == host


@rule("4.1", "Upgrade must be there and include websocket", MUST=2)
def upgrade_field() -> None:
    assert our_request().headers.all("Upgrade") == ["websocket"]


@rule("4.1", "Connection must be there and include Upgrade", MUST=2)
def connection_field() -> None:
    assert our_request().headers.all("Connection") == ["Upgrade"]


@rule("4.1", "Sec-WebSocket-Key: 16 random bytes in base64, new each time", MUST=3)
def key_field() -> None:
    asked = []

    def random(size: int) -> bytes:
        asked.append(size)
        return os.urandom(size)

    seen = set()
    with wslab.ws_echo.serve() as there:
        for _ in range(3):
            with wslab.connect(there.url, random=random) as ws:
                assert ws.request is not None
                (key,) = ws.request.headers.all("Sec-WebSocket-Key")
                assert len(base64.b64decode(key, validate=True)) == 16
                seen.add(key)
    assert len(seen) == 3
    assert asked.count(16) == 3


@rule("4.1", "a browser must send Origin (we are none, and send it on demand)", MUST=1)
def origin_field() -> None:
    assert our_request().headers.get("Origin") is None
    address = parse_url("ws://example.org/")
    sent = make_request(address, bytes(16), origin="https://example.org")
    assert sent.headers.all("Origin") == ["https://example.org"]


@rule("4.1", "Sec-WebSocket-Version must be there and be 13", MUST=2)
def version_field() -> None:
    assert our_request().headers.all("Sec-WebSocket-Version") == ["13"]


@rule("4.1", "subprotocols must be non-empty tokens, all different", MUST=2)
def subprotocols_are_different_tokens() -> None:
    address = parse_url("ws://example.org/")
    sent = make_request(address, bytes(16), subprotocols=["chat", "superchat"])
    assert sent.headers.get("Sec-WebSocket-Protocol") == "chat, superchat"
    for wrong in (["chat", "chat"], [""], ["a b"], ["a,b"], ["é"], ["a/b"], ["a\x7f"]):
        with pytest.raises(ValueError, match="subprotocols"):
            make_request(address, bytes(16), subprotocols=wrong)


@rule("4.1", "send nothing more before the server's answer", MUST=1)
def client_waits_for_the_answer() -> None:
    connection = Connection(Role.CLIENT, request=our_request())
    assert connection.to_send().endswith(b"\r\n\r\n")
    with pytest.raises(wslab.ConnectionClosed):
        connection.send("early")
    with pytest.raises(wslab.ConnectionClosed):
        connection.ping()
    assert connection.close() == b""
    assert connection.to_send() == b""


# ------------------------------------------------------------ 4.1. Client: the server's answer


@rule("4.1", "validate the server's response", MUST=1)
def answer_is_validated() -> None:
    connection, events = answered(response())
    assert isinstance(events[0], Opened)
    assert connection.state is State.OPEN
    refused_by_client(head("HTTP/1.1 404 Not Found", {}), "404 Not Found")
    refused_by_client(head("HTTP/1.1 302 Found", {"Location": "ws://b/"}), "connect there instead")


@rule("4.1", "fail without Upgrade: websocket, in any case", MUST=1)
def answer_needs_upgrade() -> None:
    for wrong in (None, "h2c", "websockets", "", "websocket\nwebsocket"):
        refused_by_client(response(Upgrade=wrong), "lacks Upgrade")
    assert isinstance(answered(response(Upgrade="WebSocket"))[1][0], Opened)


@rule("4.1", "fail without the token Upgrade in Connection, in any case", MUST=1)
def answer_needs_connection() -> None:
    for wrong in (None, "close", "Upgraded", ""):
        refused_by_client(response(Connection=wrong), "lacks Connection")
    right = response(Connection="keep-alive, UPGRADE")
    assert isinstance(answered(right)[1][0], Opened)


@rule("4.1", "fail without the right Sec-WebSocket-Accept; white space does not count", MUST=1)
def answer_needs_accept() -> None:
    for wrong in (None, "", KEY, ACCEPT.lower(), ACCEPT[:-1]):
        refused_by_client(response(Sec_WebSocket_Accept=wrong), "Sec-WebSocket-Accept")
    right = response(Sec_WebSocket_Accept=f" \t{ACCEPT} \t")
    assert isinstance(answered(right)[1][0], Opened)


@rule("4.1", "fail if the server uses an extension that was not requested", MUST=1)
def answer_with_an_extension() -> None:
    wrong = {"Sec_WebSocket_Extensions": "permessage-deflate"}
    refused_by_client(response(**wrong), "did not offer")


@rule("4.1", "fail if the server uses a subprotocol that was not requested", MUST=1)
def answer_with_a_subprotocol() -> None:
    wrong = {"Sec_WebSocket_Protocol": "chat"}
    refused_by_client(response(**wrong), "subprotocol")


@rule("4.1", "fail if the response breaks any other rule of the handshake", MUST=1)
def answer_that_is_no_http() -> None:
    good = response()
    for wrong in (b"SSH-2.0-OpenSSH_9.2\r\n", good.replace(b": ", b" : "), b"\x00\x01\r\n"):
        connection, events = answered(wrong)
        assert isinstance(events[0], Refused)
        assert connection.state is State.CLOSED
