"""The opening handshake as one end sees it, and what may be glued to it."""

import pytest

from tests.protocol.streams import (
    KEY,
    PING,
    RFC_REQUEST,
    RFC_RESPONSE,
    TEXT,
    frame,
    new_end,
    request_with,
    rfc_request,
)
from wslab.protocol.connection import Connection
from wslab.protocol.errors import HandshakeError
from wslab.protocol.events import Opened, Pinged, Refused
from wslab.protocol.grammar import FieldType
from wslab.protocol.handshake import make_response
from wslab.protocol.http import Request, Response
from wslab.protocol.rfc import Role, State

CLIENT, SERVER = Role.CLIENT, Role.SERVER


def test_a_server_opens() -> None:
    server = new_end(SERVER)
    assert (server.state, server.to_send()) == (State.CONNECTING, b"")
    [event] = server.receive(RFC_REQUEST)
    assert isinstance(event, Opened)
    assert event.request is not None
    assert (event.request.target, event.response.status, event.subprotocol) == ("/chat", 101, None)
    assert server.has_to_send
    assert server.to_send() == RFC_RESPONSE
    assert (server.state, server.has_to_send) == (State.OPEN, False)


def test_a_client_opens() -> None:
    client = new_end(CLIENT)
    assert client.has_to_send
    assert client.to_send() == rfc_request().encode()
    [event] = client.receive(RFC_RESPONSE)
    assert isinstance(event, Opened)
    assert event.request == rfc_request()
    assert client.state is State.OPEN


def test_a_subprotocol() -> None:
    client = new_end(CLIENT)
    chosen = RFC_RESPONSE[:-2] + b"Sec-WebSocket-Protocol: chat\r\n\r\n"
    [event] = client.receive(chosen)
    assert isinstance(event, Opened)
    assert event.subprotocol == "chat"


def test_frames_glued_to_the_handshake() -> None:
    server = new_end(SERVER)
    hello = frame(TEXT, b"Hello", KEY)
    opened, *events = server.receive(RFC_REQUEST + hello + hello)
    assert isinstance(opened, Opened)
    assert events == ["Hello", "Hello"]
    client = new_end(CLIENT)
    opened, *events = client.receive(RFC_RESPONSE + frame(PING, b"?") + frame(TEXT, b"Hello"))
    assert isinstance(opened, Opened)
    assert events == [Pinged(b"?"), "Hello"]


def test_a_server_refuses() -> None:
    server = new_end(SERVER)
    bad = request_with(Sec_WebSocket_Version="8").encode()
    [event] = server.receive(bad + b"and more")
    assert isinstance(event, Refused)
    assert event.error is not None
    assert event.response is not None
    assert (event.error.status, event.response.status) == (426, 426)
    assert server.to_send() == event.response.encode()
    assert b"\r\nSec-WebSocket-Version: 13\r\n" in event.response.encode()
    assert server.state is State.CLOSED
    assert server.receive(b"more") == []


def test_a_server_answers_with_a_page() -> None:
    page = make_response(200, b"<p>Hello")
    fields: list[tuple[FieldType, bytes]] = []
    server = new_end(SERVER, answer=lambda _: page, on_field=lambda *field: fields.append(field))
    [event] = server.receive(RFC_REQUEST + b"body")
    assert event == Refused(None, page)  # no error: the answer is what the application wanted
    assert server.to_send() == page.encode()
    assert server.receive(b"more body") == []
    assert fields[-1][0].label == "HTTP body"
    assert b"".join(data for _, data in fields) == RFC_REQUEST + b"bodymore body"


def test_a_client_is_refused() -> None:
    client = new_end(CLIENT)
    client.to_send()
    [event] = client.receive(b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nbody")
    assert isinstance(event, Refused)
    assert isinstance(event.error, HandshakeError)
    assert event.error.status == 404
    assert event.response is not None
    assert event.response.phrase == "Not Found"
    assert (client.state, client.has_to_send) == (State.CLOSED, False)
    assert client.receive(b"more body") == []


def test_a_client_meets_something_else() -> None:
    client = new_end(CLIENT)
    client.to_send()
    [event] = client.receive(b"SSH-2.0-OpenSSH_9.6\r\n")
    assert isinstance(event, Refused)
    assert event.error is not None
    assert (event.error.status, event.response) == (0, None)
    assert not client.has_to_send


def test_a_stream_that_ends_inside_the_handshake() -> None:
    server = new_end(SERVER)
    server.receive(RFC_REQUEST[:50])
    [event] = server.receive_eof()
    assert isinstance(event, Refused)
    assert server.to_send().startswith(b"HTTP/1.1 400 Bad Request\r\n")
    client = new_end(CLIENT)
    [event] = client.receive_eof()
    assert isinstance(event, Refused)
    assert event.error is not None
    assert "is the peer no WebSocket?" in str(event.error)
    assert client.state is State.CLOSED


def test_a_handshake_that_is_given_up_from_outside() -> None:
    server = new_end(SERVER)
    server.receive(RFC_REQUEST[:50])
    [event] = server.refuse(HandshakeError(408, "too slow", "4.1"))
    assert isinstance(event, Refused)
    assert server.to_send().startswith(b"HTTP/1.1 408 ")
    assert server.receive(RFC_REQUEST[50:]) == []
    assert server.state is State.CLOSED


def test_the_limit_of_the_head() -> None:
    server = new_end(SERVER, max_head=100)
    [event] = server.receive(RFC_REQUEST)
    assert isinstance(event, Refused)
    assert server.to_send().startswith(b"HTTP/1.1 431 ")


def test_an_observer_of_the_client_s_side() -> None:
    """Without the request (a recording of one direction only) the answer is still understood."""
    observer = Connection(CLIENT)
    assert not observer.has_to_send
    opened, text = observer.receive(RFC_RESPONSE + frame(TEXT, b"Hello"))
    assert isinstance(opened, Opened)
    assert (opened.request, text) == (None, "Hello")


def test_an_answer_that_goes_wrong_is_the_caller_s_fault() -> None:
    def answer(request: Request) -> Response:
        raise RuntimeError("a mistake in the application")

    with pytest.raises(RuntimeError, match="a mistake"):
        new_end(SERVER, answer=answer).receive(RFC_REQUEST)
