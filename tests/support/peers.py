"""Peers on plain sockets that speak in bytes: what it takes to break a rule on purpose."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from tests.support.visit import missing
from wslab.protocol.connection import Connection
from wslab.protocol.events import Closed, Event
from wslab.protocol.frames import encode_frame
from wslab.protocol.rfc import Role
from wslab.tcp_server import Server

DEADLINE = 10.0  # seconds that anything may take here before the test fails

KEY, ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # the pair of §1.3

REQUEST: dict[str, str | None] = {
    "Host": "127.0.0.1",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}
RESPONSE: dict[str, str | None] = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Accept": ACCEPT,
}


def head(start: str, fields: dict[str, str | None]) -> bytes:
    """A head of HTTP; a value with a line feed in it gives several fields of that name."""
    lines = [start]
    for name, values in fields.items():
        lines += [f"{name}: {value}" for value in (values or "").split("\n") if values is not None]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def request(start: str = "GET / HTTP/1.1", /, **changed: str | None) -> bytes:
    """A client's opening handshake; ``Sec_WebSocket_Key=None`` leaves that field out."""
    return head(start, REQUEST | {k.replace("_", "-"): v for k, v in changed.items()})


def response(start: str = "HTTP/1.1 101 Switching Protocols", /, **changed: str | None) -> bytes:
    """A server's opening handshake, in answer to KEY."""
    return head(start, RESPONSE | {k.replace("_", "-"): v for k, v in changed.items()})


def masked(opcode: int, payload: bytes = b"", *, fin: bool = True) -> bytes:
    """A frame as a client sends it."""
    return encode_frame(opcode, payload, b"\x37\xfa\x21\x3d", fin)


# ------------------------------------------------------------ as a client


def dial(server: Server, first: bytes = b"") -> socket.socket:
    """A connected socket with a deadline, on which ``first`` was sent."""
    sock = socket.create_connection(server.address, timeout=DEADLINE)
    sock.sendall(first)
    return sock


def upgraded(server: Server) -> socket.socket:
    """A connected socket behind a complete opening handshake."""
    sock = dial(server, request())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += sock.recv(1)
    assert answer.startswith(b"HTTP/1.1 101 ")
    return sock


def read_to_end(sock: socket.socket) -> bytes:
    """All that comes until the peer ends the stream, which it must do before the deadline."""
    deadline = time.monotonic() + DEADLINE
    data = b""
    while chunk := sock.recv(65536):
        data += chunk
        assert time.monotonic() < deadline, "the peer goes on for ever"
    return data


def events(data: bytes) -> list[Event]:
    """What a client makes of a server's frames."""
    return Connection(Role.CLIENT, opened=True).receive(data)


def drip(sock: socket.socket, data: bytes) -> None:
    """Send ``data`` one byte at a time; what is long goes on in one piece after a while."""
    for position in range(min(len(data), 200)):
        sock.sendall(data[position : position + 1])
    sock.sendall(data[200:])


def goodbye(sock: socket.socket) -> tuple[int, str]:
    """The server's Close, after which it must send nothing and end the stream."""
    *_, last = events(read_to_end(sock))
    assert isinstance(last, Closed), last
    return last.code, last.reason


def http_answer(sock: socket.socket) -> tuple[int, http.client.HTTPMessage, str]:
    """Status, header fields and text of an HTTP answer, as the standard library reads it."""
    answer = http.client.HTTPResponse(sock)
    answer.begin()
    text = answer.read().decode()
    answer.close()
    assert sock.recv(1) == b"", "the connection goes on after a refusal"
    return answer.status, answer.headers, text


def reset(sock: socket.socket) -> None:
    """Leave in the rudest way there is: the peer gets a reset instead of an end."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("@ii", 1, 0))
    sock.close()


def alone(server: Server, but: int = 0) -> None:
    """Wait until the server has no connection left ``but`` so many; no thread stays behind then."""
    deadline = time.monotonic() + DEADLINE
    while server.connections > but:
        assert time.monotonic() < deadline, f"{server.connections} connections, not {but}"
        time.sleep(0.005)


# ------------------------------------------------------------ as a server


@contextlib.contextmanager
def liar(script: Callable[[socket.socket], Any]) -> Iterator[str]:
    """A server that accepts one connection and does with it what ``script`` says; gives its URL.

    The script's own failure fails the test; that the client hangs up on it is no failure.
    """
    failures: list[BaseException] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(DEADLINE)

        def run() -> None:
            try:
                with listener.accept()[0] as sock:
                    sock.settimeout(DEADLINE)
                    script(sock)
            except TimeoutError as error:
                failures.append(error)
            except OSError:
                pass
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=run, name="liar", daemon=True)
        thread.start()
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join(DEADLINE)
        assert not thread.is_alive(), "the script of the server hangs"
    if failures:
        raise failures[0]


def read_head(sock: socket.socket) -> bytes:
    """The client's opening handshake, and not a byte more."""
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        assert byte, f"the client ended inside its opening handshake: {data!r}"
        data += byte
    return data


def welcome(sock: socket.socket, glued: bytes = b"") -> Connection:
    """Accept a client properly; ``glued`` goes out in the same write as the 101."""
    connection = Connection(Role.SERVER)
    connection.receive(read_head(sock))
    sock.sendall(connection.to_send() + glued)
    return connection


# ------------------------------------------------------------ TLS


@cache
def certificates() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(for a server, for a client that trusts it), made by an authority that forgets at once."""
    try:
        import trustme
    except ImportError:
        missing("trustme is not installed: no certificate for TLS")
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return server, client
