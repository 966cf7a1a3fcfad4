"""What a client is told when it got no 101: the words of the other side, and the likely cause."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import wslab
from tests.conftest import Certificates
from tests.support.cells import Cell, cells_of, run
from tests.support.peers import liar, read_head, read_to_end, response, welcome
from tests.support.shell import sentence
from tests.support.shell import wslab as command
from wslab.protocol.connection import Connection
from wslab.protocol.rfc import Role


def says(data: bytes, *, and_ends: bool = False) -> Callable[[socket.socket], None]:
    """A server that answers any request with ``data``."""

    def script(sock: socket.socket) -> None:
        read_head(sock)
        sock.sendall(data)
        if and_ends:
            sock.shutdown(socket.SHUT_WR)
        read_to_end(sock)

    return script


def refused(data: bytes, *, and_ends: bool = False) -> wslab.HandshakeError:
    with (
        liar(says(data, and_ends=and_ends)) as url,
        pytest.raises(wslab.HandshakeError) as caught,
    ):
        wslab.connect(url, timeout=5, close_timeout=0.2)
    text = str(caught.value)
    assert text.isprintable(), "one line, and nothing that acts on a terminal"
    assert len(text) < 1000
    return caught.value


def answer(body: bytes, *fields: str, status: str = "403 Forbidden") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


# ------------------------------------------------------------ the text of a refusal

PAGE = b"<!DOCTYPE html><title>Shut</title><script>x = 1 < 2</script><h1>Sorry &amp; bye</h1>"

BODIES = {
    "text": (answer(b"no cookie\n", "Content-Type: text/plain"), "no cookie"),
    "no type": (answer(b"no cookie"), "no cookie"),
    "Latin-1": (answer(b"verschl\xfcsselt", "Content-Type: text/plain; charset=latin-1"), "lüss"),
    "UTF-8": (answer("zu spät".encode(), "Content-Type: text/plain; charset=utf-8"), "zu spät"),
    "not UTF-8": (answer(b"a\xffb is bad", "Content-Type: text/plain"), "b is bad"),
    "unknown charset": (answer(b"late", "Content-Type: text/plain; charset=klingon"), "late"),
    "a codec that is no text": (answer(b"late", "Content-Type: text/plain; charset=hex"), "late"),
    "JSON": (answer(b'{"error": "late"}', "Content-Type: application/json"), '"late"'),
    "a page": (answer(PAGE, "Content-Type: text/html"), "Sorry & bye"),
    "control characters": (answer(b"\x1b[2Jgone"), "\\x1b[2Jgone"),
    "lines": (answer(b"one\r\n\r\n  two\n"), "one two"),
    "gzip": (answer(gzip.compress(b"late"), "Content-Encoding: gzip"), "gzip"),
    "an image": (answer(b"\x89PNG\r\n\x1a\n", "Content-Type: image/png"), "image/png"),
    "long": (answer(b"why " * 50_000), "why why"),
    "chunked": (
        b"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5;x=y\r\nno co\r\n4\r\nokie\r\n0\r\nTrailer: x\r\n\r\n",
        "no cookie",
    ),
    "a size that lies": (answer(b"cut off")[:-1].replace(b": 7", b": 900"), "cut of"),
    "a size that is none": (answer(b"anyway").replace(b": 6", b": six"), "anyway"),
    "to the end": (b"HTTP/1.0 400 Bad Request\r\n\r\nto the end", "to the end"),
    "after a 100 and a 103": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        + answer(b"late"),
        "late",
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_what_the_server_says_is_shown(name: str) -> None:
    data, expected = BODIES[name]
    error = refused(data, and_ends=True)
    assert expected in error.said
    assert error.said in str(error)
    assert len(error.said) <= 310
    assert "<" not in error.said
    assert "x = 1" not in error.said


def test_a_text_that_never_ends_is_not_waited_for() -> None:
    start = time.monotonic()
    error = refused(b"HTTP/1.1 403 No\r\n\r\nno cookie")  # and the connection stays open
    assert time.monotonic() - start < 4
    assert "no cookie" in error.said


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_an_answer_without_a_body_is_not_waited_for(status: str) -> None:
    error = refused(f"HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\n".encode())
    assert (error.said, str(error.status)) == ("", status[:3])


@contextmanager
def web_server() -> Iterator[str]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(418, "Teapot", "this pot serves no sockets")

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"ws://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join(10)


def test_the_command_line_shows_it() -> None:
    with web_server() as url:
        text = sentence(command("connect", url).stderr)
    assert "418" in text
    assert "this pot serves no sockets" in text
    with wslab.ws_echo.serve(origins=["http://here"]) as server:
        text = sentence(command("connect", server.url, "--origin", "http://there").stderr)
    assert "Origin 'http://there' may not connect here" in text


def test_our_server_s_reason_for_a_bad_key() -> None:
    with wslab.ws_echo.serve() as server, pytest.raises(wslab.HandshakeError) as caught:
        wslab.connect(server.url, random=lambda size: bytes(4))
    assert "4 bytes, not 16" in caught.value.said


# What a learner may change in a cell, and what the failure must then say.
SAMPLE = "dGhlIHNhbXBsZSBub25jZQ=="
CHANGES = {
    "04, a short key": ("04", SAMPLE, "AAAA", "3 bytes, not 16"),
    "04, a space": ("04", "Host: 127.0.0.1", "Host : 127.0.0.1", "a space before its colon"),
    "04, no base64": ("04", SAMPLE, "?", "not base64"),
    "06, four bytes": ("06", 'return b"\\x00" * size', 'return b"1234"', "4 bytes, not 16"),
}
USED = {"04": ["setup", "request", "send"], "06": ["setup", "overhear", "modify"]}
"""The cells that are run: the rest of a lesson takes a while."""


@pytest.mark.parametrize("name", CHANGES)
def test_a_lesson_shows_the_server_s_reason(name: str) -> None:
    lesson, old, new, reason = CHANGES[name]
    cells = [cell for cell in cells_of(lesson) if cell.name in USED[lesson]]
    assert len(cells) == 3
    assert any(old in cell.source for cell in cells)
    cells.insert(1, Cell("my_text", "my_text = 'Hello'"))
    [failure] = run([[cell._replace(source=cell.source.replace(old, new)) for cell in cells]])
    assert failure is not None
    assert reason in failure.text


# ------------------------------------------------------------ interim answers (RFC 9110 §15.2)

INTERIM = {
    "100": b"HTTP/1.1 100 Continue\r\n\r\n",
    "102": b"HTTP/1.1 102 Processing\r\nX: y\r\n\r\n",
    "103, twice": 2 * b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n",
    "199": b"HTTP/1.1 199 Whatever\r\nContent-Length: 5\r\n\r\n",
}


@pytest.mark.parametrize("glued", [True, False])
@pytest.mark.parametrize("name", INTERIM)
def test_interim_answers_before_the_101(name: str, glued: bool) -> None:
    def script(sock: socket.socket) -> None:
        if glued:
            head = read_head(sock)
            connection = Connection(Role.SERVER)
            connection.receive(head)
            sock.sendall(INTERIM[name] + connection.to_send() + b"\x81\x02Hi")
        else:
            sock.sendall(INTERIM[name])
            welcome(sock, b"\x81\x02Hi")
        read_to_end(sock)

    with liar(script) as url:
        ws = wslab.connect(url, close_timeout=0.2)
        assert ws.recv(5) == "Hi"
        ws.close()


def test_interim_answers_without_end() -> None:
    def script(sock: socket.socket) -> None:
        read_head(sock)
        while True:
            sock.sendall(INTERIM["103, twice"])

    with liar(script) as url, pytest.raises(wslab.HandshakeError) as caught:
        wslab.connect(url, timeout=5, close_timeout=0.2)
    assert caught.value.status == 103


# ------------------------------------------------------------ redirects

LOCATIONS = {
    "https://example.org/chat": "wslab connect wss://example.org/chat)",
    "http://example.org:8080/": "wslab connect ws://example.org:8080/)",
    "wss://example.org/": "wslab connect wss://example.org/)",
    "HTTPS://example.org/a?b=c&d=e#top": 'wslab connect "wss://example.org/a?b=c&d=e")',
    "https://a/$(reboot);`x`'\"": "wslab connect wss://a/%24%28reboot%29%3B%60x%60%27%22)",
    "/elsewhere": "'/elsewhere'",
    "https://a/\\b c": "https://a/",
}


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("location", LOCATIONS)
def test_a_redirect_says_what_to_type(location: str, status: str) -> None:
    error = refused(answer(b"", f"Location: {location}", status=status))
    assert LOCATIONS[location] in str(error)
    assert str(error.status) == status[:3]


# ------------------------------------------------------------ what is no answer at all

ELSE = {
    "SSH": (b"SSH-2.0-OpenSSH_9.6\r\n", "SSH"),
    "SMTP": (b"220 mail.example ESMTP Postfix\r\n", "mail"),
    "FTP": (b"220 (vsFTPd 3.0.5)\r\n", "FTP"),
    "POP3": (b"+OK ready\r\n", "POP3"),
    "IMAP": (b"* OK [CAPABILITY IMAP4rev1] ready\r\n", "IMAP"),
    "VNC": (b"RFB 003.008\n", "VNC"),
    "Redis": (b"-ERR wrong number of arguments for 'get' command\r\n", "Redis"),
    "TLS alert": (b"\x15\x03\x01\x00\x02\x02\x46", "wss://"),
    "HTTP/2": (bytes.fromhex("00000604000000000000030000006400000807"), "HTTP/2"),
    "a frame": (b"\x81\x05Hello", "101"),
    "a page of HTTP/0.9": (b"<html>It works!</html>\n", "status line"),
    "no status line": (b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "status line"),
    "bare line feeds": (response().replace(b"\r\n", b"\n"), "LF alone"),
    "a space before the colon": (response().replace(b"Upgrade:", b"Upgrade :"), "before its colon"),
    "a head without its end": (response()[:-2], "blank line"),
    "half a status line": (b"HTTP/1.1 10", "'HTTP/1.1 10'"),
    "nothing": (b"", "not one byte"),
}


@pytest.mark.parametrize("name", ELSE)
def test_what_is_no_answer_is_named(name: str) -> None:
    data, expected = ELSE[name]
    error = refused(data, and_ends=True)
    assert expected in str(error)
    assert error.status == 0


@pytest.mark.parametrize("name", ["TLS alert", "a head without its end", "nothing"])
def test_what_is_no_answer_is_named_also_if_the_stream_goes_on(name: str) -> None:
    data, expected = ELSE[name]
    with liar(says(data)) as url, pytest.raises(wslab.HandshakeError, match=expected):
        wslab.connect(url, timeout=0.5, close_timeout=0.2)


def test_ws_where_tls_is_spoken(certificates: Certificates) -> None:
    with wslab.ws_echo.serve(ssl=certificates.server, close_timeout=0.2) as server:
        text = sentence(command("connect", server.url.replace("wss:", "ws:")).stderr)
    assert "wss://" in text


@pytest.mark.parametrize(
    "text",
    [
        "400 The plain HTTP request was sent to HTTPS port",
        "Client sent an HTTP request to an HTTPS server.",
        "Reason: You're speaking plain HTTP to an SSL-enabled server port.",
    ],
)
def test_a_web_server_that_wants_tls_and_says_so_in_plain_http(text: str) -> None:
    error = refused(answer(text.encode(), status="400 Bad Request"))
    assert "wss://" in str(error)


def test_wss_where_no_tls_is_spoken(certificates: Certificates) -> None:
    with wslab.ws_echo.serve() as server:
        text = sentence(command("connect", server.url.replace("ws:", "wss:") + "chat").stderr)
        assert f"{server.url}chat" in text
    with wslab.ws_echo.serve(ssl=certificates.server) as server:
        text = sentence(command("connect", server.url).stderr)
        assert "not trusted" in text
        assert "ws://" not in text, "no reason to do without"


def test_a_proxy_is_named() -> None:
    error = refused(answer(b"", "Proxy-Authenticate: Basic", status="407 Proxy Authentication"))
    assert "proxy" in str(error)


@pytest.mark.parametrize("glued", [b"\r\n", b"\n\n", b"Hello\r\n", b"<html>"])
def test_bytes_between_the_101_and_the_first_frame(glued: bytes) -> None:
    def script(sock: socket.socket) -> None:
        welcome(sock, glued)
        read_to_end(sock)

    with liar(script) as url:
        ws = wslab.connect(url, close_timeout=0.2)
        with pytest.raises(wslab.ConnectionClosed) as closed:
            ws.recv(5)
    assert repr(chr(glued[0])) in str(closed.value), "the character that stands in a frame's place"
