"""More than one exchange of HTTP on a connection: every byte stays with its sender, explained."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.observe.test_dissect import bytes_of, record
from tests.protocol.streams import KEY, PING, RFC_REQUEST, RFC_RESPONSE, TEXT, frame
from tests.support.peers import DEADLINE, alone, liar, read_head, read_to_end, response
from tests.support.shell import wslab as command
from wslab import ws_echo
from wslab.observe.dissect import Dissection, Dissector, dissect
from wslab.observe.fields import Item
from wslab.observe.recording import Recording
from wslab.observe.relay import relay
from wslab.protocol.rfc import Role
from wslab.tcp_server import Peer, Server

C, S = Role.CLIENT, Role.SERVER
HELLO, ANSWER = frame(TEXT, b"Hello", KEY), frame(TEXT, b"Hello")
OPENED = [(C, RFC_REQUEST), (S, RFC_RESPONSE), (C, HELLO), (S, ANSWER)]
TALK = ["GET /chat HTTP/1.1", "HTTP/1.1 101 Switching Protocols", "text 'Hello'", "text 'Hello'"]

Said = list[tuple[Role, bytes]]


def asked(line: str, *fields: str, body: bytes = b"") -> tuple[Role, bytes]:
    return C, "\r\n".join([f"{line} HTTP/1.1", "Host: a", *fields, "", ""]).encode() + body


def answered(line: str, *fields: str, body: bytes = b"") -> tuple[Role, bytes]:
    return S, "\r\n".join([f"HTTP/1.1 {line}", *fields, "", ""]).encode() + body


def check_cover(found: Dissection, recording: Recording) -> None:
    for role in Role:
        assert bytes_of(found.items, role) == recording.stream(role)


def explained(said: Said, role: Role | None = None) -> list[str]:
    """The summaries, after a look that all ways of getting the bytes say the same of them."""
    recording = record(*said)
    found = dissect(recording, "websocket")
    check_cover(found, recording)
    dripped = Recording(clock=lambda: 0.0)
    for sender, data in said:
        for number in range(len(data)):
            dripped.add(sender, data[number : number + 1])
    slow = dissect(dripped, "websocket")
    check_cover(slow, dripped)
    for sender in Role:
        assert lines(slow.items, sender) == lines(found.items, sender), "cut into single bytes"
    return [item.summary for item in found if role in (None, item.sender)]


def lines(items: list[Item], role: Role) -> list[str]:
    """Summaries of one end; a body that came in many pieces counts once."""
    every: list[str] = []
    for item in items:
        if item.sender is role and (
            item.kind not in ("other", "unparsed") or every[-1:] != [item.summary]
        ):
            every.append(item.summary)
    return every


PAGE = asked("GET /")
OK = answered("200 OK", "Content-Length: 2", body=b"Hi")
PLAIN = "; no WebSocket asked for"
CHUNKED = answered(
    "200 OK", "Transfer-Encoding: chunked", body=b"2;a=b\r\nHi\r\n0\r\nTrailer: x\r\n\r\n"
)
FORM = b"1f\r\n" + b"x" * 31 + b"\r\n0\r\n\r\n"
CHUNKS = ["HTTP body, chunk of 2 bytes", "HTTP body, last chunk"]

CONVERSATIONS: dict[str, tuple[Said, list[str]]] = {
    "a page": ([PAGE, OK], [f"GET / HTTP/1.1{PLAIN}", "HTTP/1.1 200 OK", "HTTP body"]),
    "a page without a body": (
        [PAGE, answered("200 OK", "Content-Length: 0")],
        [f"GET / HTTP/1.1{PLAIN}", "HTTP/1.1 200 OK"],
    ),
    "HEAD": (
        [asked("HEAD /"), answered("200 OK", "Content-Length: 50")],
        [f"HEAD / HTTP/1.1{PLAIN}", "HTTP/1.1 200 OK"],
    ),
    "204": (
        [PAGE, answered("204 No Content")],
        [f"GET / HTTP/1.1{PLAIN}", "HTTP/1.1 204 No Content"],
    ),
    "304": (
        [PAGE, answered("304 Not Modified", "Content-Length: 9")],
        [f"GET / HTTP/1.1{PLAIN}", "HTTP/1.1 304 Not Modified"],
    ),
    "chunks and a trailer": (
        [PAGE, CHUNKED],
        [f"GET / HTTP/1.1{PLAIN}", "HTTP/1.1 200 OK", *CHUNKS],
    ),
    "a form": (
        [asked("POST /", "Content-Length: 3", body=b"a=b"), OK],
        [f"POST / HTTP/1.1{PLAIN}", "HTTP body", "HTTP/1.1 200 OK", "HTTP body"],
    ),
    "a form in chunks": (
        [asked("POST /", "Transfer-Encoding: chunked", body=FORM), OK],
        [
            f"POST / HTTP/1.1{PLAIN}",
            "HTTP body, chunk of 31 bytes",
            "HTTP body, last chunk",
            "HTTP/1.1 200 OK",
            "HTTP body",
        ],
    ),
    "Expect: 100-continue": (
        [
            asked("PUT /", "Expect: 100-continue", "Content-Length: 2"),
            answered("100 Continue"),
            (C, b"Hi"),
            answered("201 Created", "Content-Length: 0"),
        ],
        [f"PUT / HTTP/1.1{PLAIN}", "HTTP/1.1 100 Continue", "HTTP body", "HTTP/1.1 201 Created"],
    ),
    "pipelined": (
        [
            (C, PAGE[1] + asked("HEAD /b")[1] + PAGE[1]),
            (S, OK[1] + answered("200 OK", "Content-Length: 7")[1] + OK[1]),
        ],
        [
            f"GET / HTTP/1.1{PLAIN}",
            f"HEAD /b HTTP/1.1{PLAIN}",
            f"GET / HTTP/1.1{PLAIN}",
            "HTTP/1.1 200 OK",
            "HTTP body",
            "HTTP/1.1 200 OK",
            "HTTP/1.1 200 OK",
            "HTTP body",
        ],
    ),
    "HTTP/1.0, to the end": (
        [(C, b"GET / HTTP/1.0\r\n\r\n"), (S, b"HTTP/1.0 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")],
        [f"GET / HTTP/1.0{PLAIN}", "HTTP/1.0 200 OK", "HTTP body"],
    ),
}


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_http(name: str) -> None:
    said, expected = CONVERSATIONS[name]
    assert explained(said) == expected


ENDLESS = {"HTTP/1.0, to the end"}


@pytest.mark.parametrize("name", sorted(CONVERSATIONS.keys() - ENDLESS))
def test_an_upgrade_after_it(name: str) -> None:
    """Each of them ends where it ends: what follows on the connection is a WebSocket."""
    said, expected = CONVERSATIONS[name]
    assert explained(said + OPENED) == expected + TALK


@pytest.mark.parametrize("name", sorted(CONVERSATIONS.keys() - {"pipelined"}))
def test_both_ends_in_one_piece(name: str) -> None:
    """Without marks: what begins tells who sent it, and each message keeps its body."""
    said, expected = CONVERSATIONS[name]
    if name not in ENDLESS:
        said, expected = said + OPENED, expected + TALK
    data = b"".join(part for _, part in said)
    found = dissect(data)
    assert b"".join(item.raw for item in found) == data
    assert [item.summary for item in found] == expected


UPGRADE = RFC_REQUEST
SECOND_TRY = RFC_REQUEST[:-2] + b"Authorization: Basic YTpi\r\n\r\n"


@pytest.mark.parametrize(
    "no",
    [
        answered("401 Unauthorized", "WWW-Authenticate: Basic", "Content-Length: 5", body=b"Name?"),
        answered("426 Upgrade Required", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        answered("503 Busy", "Content-Length: 0", "Retry-After: 1"),
    ],
)
def test_a_refusal_and_a_second_try(no: tuple[Role, bytes]) -> None:
    found = explained([(C, UPGRADE), no, (C, SECOND_TRY), *OPENED[1:]])
    status = no[1].partition(b"\r\n")[0].decode()
    assert [line for line in found if line.startswith(f"{status}; refused, ")]
    assert found[-4:] == TALK


@pytest.mark.parametrize(
    "interim", [answered("100 Continue"), answered("103 Early Hints", "Link: </a>", "Link: </b>")]
)
def test_interim_answers_before_the_101(interim: tuple[Role, bytes]) -> None:
    found = explained([(C, UPGRADE), interim, interim, *OPENED[1:]], S)
    assert len(found) == 4
    assert found[2:] == [TALK[1], TALK[3]]
    assert "refused" not in "".join(found)


def test_a_connect_and_an_upgrade_inside_the_tunnel() -> None:
    connect = asked("CONNECT a:80")
    said = [connect, answered("407 Who are you", "Content-Length: 2", body=b"??"), connect]
    said += [answered("200 Connected", "Content-Length: 99"), *OPENED]
    assert explained(said)[-5:] == ["HTTP/1.1 200 Connected", *TALK]


def test_a_tunnel_for_something_else() -> None:
    hello = b"\x16\x03\x01\x00\x02\x01\x02"
    found = explained(
        [asked("CONNECT a:443"), answered("200 OK"), (C, hello), (S, hello), (C, b"x")]
    )
    assert found[2:] == ["inside a tunnel"] * 3


def test_an_upgrade_to_something_else() -> None:
    said = [
        asked("GET /", "Upgrade: h2c", "Connection: Upgrade"),
        answered("101 Switching", "Upgrade: h2c", "Connection: Upgrade", body=b"\0\0\0\4\0"),
        (C, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ]
    assert explained(said)[2:] == ["another protocol"] * 2


def test_http_2_from_the_start() -> None:
    said = [(C, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"), (S, b"\0\0\0\4\0\0\0\0\0")]
    assert explained(said, C)[1:] == ["another protocol"]
    assert "HTTP/2" in explained(said, S)[0]


def test_frames_that_do_not_wait_for_the_101() -> None:
    early = [(C, UPGRADE + HELLO), *OPENED[1:]]
    assert explained(early, C) == [TALK[0], TALK[2], TALK[2]]


def test_after_the_101_nothing_is_http() -> None:
    found = explained([*OPENED, PAGE])
    assert "refused, 1002: RSV1 is set" in found[4]


@pytest.mark.parametrize("accept", [b"", b"Sec-WebSocket-Accept: AAAA\r\n"])
def test_a_101_with_a_wrong_accept_value_has_no_body(accept: bytes) -> None:
    lines = RFC_RESPONSE.splitlines(keepends=True)
    wrong = b"".join(line for line in lines if b"Accept" not in line)[:-2] + accept + b"\r\n"
    found = dissect(record((C, UPGRADE), (S, wrong + ANSWER), (C, HELLO)))
    assert [item.summary for item in found][2:] == [TALK[2], TALK[3]]
    [fault] = [field for field in found.fields if "refused" in field.meaning]
    assert fault.label == ("Sec-WebSocket-Accept" if accept else "blank line")


# ------------------------------------------------------------ heads that are refused

FAULTS = {
    "LF alone, once": (UPGRADE.replace(b"Connection: Upgrade\r\n", b"Connection: Upgrade\n"), "LF"),
    "LF alone, everywhere": (UPGRADE.replace(b"\r\n", b"\n"), "LF alone"),
    "a space before the colon": (UPGRADE.replace(b"Host:", b"Host :"), "space before its colon"),
    "no colon": (UPGRADE.replace(b"Host:", b"Host"), "no colon"),
    "no name": (UPGRADE.replace(b"Host:", b":"), "no name"),
    "a folded line": (UPGRADE.replace(b"Host: ", b"Host: a\r\n "), "obs-fold"),
    "a NUL": (UPGRADE.replace(b"server.", b"server\0"), "NUL"),
    "a CR": (UPGRADE.replace(b"server.", b"server\r"), "CR without LF"),
    "a bad name": (UPGRADE.replace(b"Host:", b"H@st:"), "'@'"),
    "a blank line first": (b"\r\n" + UPGRADE, "blank"),
    "two spaces": (UPGRADE.replace(b"GET /", b"GET  /"), "a space too many"),
    "lower case": (UPGRADE.replace(b"HTTP/1.1", b"http/1.1"), "version"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_follows_a_refused_line_stays_with_its_sender(name: str) -> None:
    request, why = FAULTS[name]
    said = [(C, request), *OPENED[1:]]
    found = explained(said)
    assert sum("; refused, 400: " in line for line in found) in (1, 2)
    assert [line for line in found if why in line]
    assert found[-3:] == TALK[1:]
    fields = [field for item in dissect(record(*said)) for field in item.fields]
    assert [field for field in fields if why in field.meaning and "refused" in field.meaning]
    assert "unparsed" not in {field.label for field in fields}
    alone = dissect(b"".join(data for _, data in said))
    assert [item.sender for item in alone if item.kind == "frame"] == [C, S]
    senders = [item.sender for item in alone if item.kind == "handshake"]
    assert senders in ([C, S], [C, C, S])


def test_only_the_faulty_lines_are_blamed() -> None:
    request = UPGRADE.replace(b"Host:", b"Host :").replace(b"Origin: ", b"Origin ")
    [item] = dissect(request)
    assert [field.raw for field in item.fields if "refused" in field.meaning][:2] == [
        b"Host : server.example.com\r\n",
        b"Origin http://example.com\r\n",
    ]


def test_an_answer_with_line_feeds_alone() -> None:
    said = [(C, UPGRADE), (S, RFC_RESPONSE.replace(b"\r\n", b"\n")), *OPENED[2:]]
    assert explained(said)[2:] == TALK[2:]


def test_explain_on_the_command_line(tmp_path: object) -> None:
    request = UPGRADE.replace(b"Host:", b"Host :")
    done = command("explain", "-", stdin=request + RFC_RESPONSE + HELLO + ANSWER)
    out = done.stdout.decode()
    assert out.count("client -> server") == 2
    assert out.count("client <- server") == 2
    assert "space before its" in " ".join(out.split())
    assert "unparsed" not in out


# ------------------------------------------------------------ live, and with real peers


def test_live_shows_a_body_before_it_is_whole() -> None:
    dissector = Dissector("websocket")
    recording = record(PAGE, answered("200 OK", "Content-Length: 99", body=b"Hi"))
    items = [item.summary for event in recording for item in dissector.feed(event)]
    assert items[-1] == "HTTP body"


@contextmanager
def web_server() -> Iterator[tuple[str, int]]:
    """Python's own, with connections that stay."""

    class Page(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nHello\r\n0\r\n\r\n")

        def do_HEAD(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield ("127.0.0.1", server.server_address[1])
        server.shutdown()
        thread.join(DEADLINE)


def test_python_s_web_server_and_client_through_the_relay() -> None:
    with web_server() as address, relay(address) as middle:
        client = http.client.HTTPConnection(*middle.address, timeout=DEADLINE)
        for method, body in (("GET", None), ("HEAD", None), ("POST", b"a=b"), ("GET", None)):
            client.request(method, "/", body)
            client.getresponse().read()
        client.close()
        alone(middle)
        [recording] = middle.recordings
    found = dissect(recording)
    check_cover(found, recording)
    assert {item.kind for item in found} == {"handshake", "other"}
    assert lines(found.items, C) == [
        f"GET / HTTP/1.1{PLAIN}", f"HEAD / HTTP/1.1{PLAIN}", f"POST / HTTP/1.1{PLAIN}",
        "HTTP body", f"GET / HTTP/1.1{PLAIN}",
    ]  # fmt: skip
    chunks = ["HTTP body, chunk of 5 bytes", "HTTP body, last chunk"]
    status = ["HTTP/1.1 200 OK", *chunks]
    assert lines(found.items, S) == [*status, status[0], "HTTP/1.1 204 No Content", *status]


def tunnel(target: tuple[str, int]) -> Callable[[Peer], None]:
    """A proxy that knows CONNECT, and leads all of them to one server."""

    def proxy(peer: Peer) -> None:
        read_head(peer.sock)  # type: ignore[arg-type]
        with socket.create_connection(target, timeout=DEADLINE) as server:
            peer.sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            peer.sock.sendall(exchange(server, read_head(peer.sock)))  # type: ignore[arg-type]
            peer.sock.sendall(exchange(server, peer.sock.recv(100)))

    return proxy


def exchange(sock: socket.socket, data: bytes) -> bytes:
    sock.sendall(data)
    return sock.recv(1000)


def test_a_websocket_inside_a_tunnel_through_the_relay() -> None:
    with (
        ws_echo.serve() as server,
        Server(tunnel(server.address)) as proxy,
        relay(proxy.address) as middle,
        socket.create_connection(middle.address, timeout=DEADLINE) as sock,
    ):
        sock.sendall(b"CONNECT echo:80 HTTP/1.1\r\nHost: echo:80\r\n\r\n")
        read_head(sock)
        sock.sendall(RFC_REQUEST)
        read_head(sock)
        sock.sendall(HELLO)
        read_to_end(sock)
        sock.close()
        alone(middle)
        [recording] = middle.recordings
    found = dissect(recording)
    check_cover(found, recording)
    kinds = [item.kind for item in found]
    assert kinds == ["handshake"] * 4 + ["frame"] * 2
    assert [item.summary for item in found][-2:] == TALK[2:]


def test_our_client_before_a_server_that_hints_first() -> None:
    recording = Recording()

    def script(sock: socket.socket) -> None:
        read_head(sock)
        sock.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n" + response() + frame(PING, b"?"))
        read_to_end(sock)

    with liar(script) as url:
        key = lambda size: b"the sample nonce"[:size]  # noqa: E731
        ws = ws_echo.connect(url, tap=recording, random=key, close_timeout=0.2)
        with ws, pytest.raises(TimeoutError):
            ws.recv(0.2)
    found = dissect(recording)
    check_cover(found, recording)
    summaries = [item.summary for item in found if item.sender is S]
    assert summaries[:3] == ["HTTP/1.1 103 Early Hints", TALK[1], "ping '?'"]
