"""The client's opening handshake: what it asks, and what it takes for an answer (§4.1)."""

import pytest

from tests.protocol.streams import RFC_NONCE, RFC_REQUEST, request_with, rfc_request
from wslab.protocol.errors import HandshakeError
from wslab.protocol.handshake import (
    check_response,
    make_request,
)
from wslab.protocol.http import Headers, Request, Response
from wslab.protocol.uri import Address

ADDRESS = Address("ws", "server.example.com", 80, "/chat")


def test_the_client_asks_as_in_the_rfc() -> None:
    ours = make_request(
        ADDRESS, RFC_NONCE, origin="http://example.com", subprotocols=["chat", "superchat"]
    ).encode()
    # §1.3: "in any order"; ours has another one than the example.
    assert sorted(ours.split(b"\r\n")) == sorted(RFC_REQUEST.split(b"\r\n"))
    assert ours.startswith(b"GET /chat HTTP/1.1\r\n")


def test_the_least_that_a_client_asks() -> None:
    assert make_request(ADDRESS, RFC_NONCE).encode() == (
        b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Version: 13\r\n\r\n"
    )


def test_additional_header_fields() -> None:
    request = make_request(ADDRESS, RFC_NONCE, headers=[("X-Name", "é\t!"), ("Cookie", "")])
    assert request.encode().endswith(b"\r\nX-Name: \xe9\t!\r\nCookie: \r\n\r\n")


@pytest.mark.parametrize(
    "options",
    [
        {"subprotocols": ["chat", "chat"]},
        {"subprotocols": ["a b"]},
        {"subprotocols": [""]},
        {"subprotocols": ["a,b"]},
        {"origin": "http://a\r\nHost: evil"},
        {"headers": [("X", "a\nb")]},
        {"headers": [("X", "€")]},
        {"headers": [("X Y", "a")]},
        {"headers": [("", "a")]},
        {"headers": [("X:", "a")]},
        {"headers": [("HOST", "a")]},
        {"headers": [("sec-websocket-key", "a")]},
        {"origin": "http://a", "headers": [("Origin", "http://b")]},
    ],
    ids=str,
)
def test_what_cannot_stand_in_a_request(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"cannot stand in|different tokens|has it already"):
        make_request(ADDRESS, RFC_NONCE, **options)  # type: ignore[arg-type]


def response_with(status: int = 101, **changes: str | None) -> Response:
    """The response of §1.3 with other header fields: None leaves one out."""
    fields: dict[str, str | None] = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    }
    fields.update({name.replace("_", "-"): value for name, value in changes.items()})
    kept = [(name, value) for name, value in fields.items() if value is not None]
    return Response(status, "Phrase", Headers(kept))


@pytest.mark.parametrize(
    ("changes", "subprotocol"),
    [
        ({}, None),
        ({"Sec_WebSocket_Protocol": "superchat"}, "superchat"),
        ({"Upgrade": "WebSocket", "Connection": "keep-alive, UPGRADE"}, None),
        ({"X_Other": "anything"}, None),
    ],
    ids=str,
)
def test_answers_that_are_accepted(changes: dict[str, str], subprotocol: str | None) -> None:
    assert check_response(rfc_request(), response_with(**changes)) == subprotocol


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"Upgrade": None}, "lacks Upgrade: websocket"),
        ({"Upgrade": "websocket, h2c"}, "lacks Upgrade: websocket"),
        ({"Connection": None}, "lacks Connection: Upgrade"),
        ({"Connection": "close"}, "lacks Connection: Upgrade"),
        ({"Sec_WebSocket_Accept": None}, "missing or does not fit our key"),
        ({"Sec_WebSocket_Accept": "S3pPLMBiTxaQ9kYGzzhZRbK+xOo="}, "does not fit our key"),
        ({"Sec_WebSocket_Extensions": "permessage-deflate"}, "which we did not offer"),
        ({"Sec_WebSocket_Extensions": "a b"}, "is not an extension"),
        ({"Sec_WebSocket_Protocol": "other"}, "chose subprotocol 'other', not offered"),
        ({"Sec_WebSocket_Protocol": "Chat"}, "chose subprotocol 'Chat', not offered"),
        ({"Sec_WebSocket_Protocol": ""}, "chose subprotocol '', not offered"),
        ({"Sec_WebSocket_Protocol": "chat, superchat"}, "not offered"),
    ],
    ids=str,
)
def test_answers_that_are_refused(changes: dict[str, str | None], text: str) -> None:
    with pytest.raises(HandshakeError, match=text) as caught:
        check_response(rfc_request(), response_with(**changes))
    assert caught.value.status == 101


@pytest.mark.parametrize("name", ["Sec-WebSocket-Accept", "Sec-WebSocket-Protocol"])
def test_what_may_stand_only_once_in_an_answer(name: str) -> None:
    response = response_with(Sec_WebSocket_Protocol="chat")
    twice = Headers([*response.headers, (name, response.headers.get(name) or "")])
    with pytest.raises(HandshakeError):
        check_response(rfc_request(), response._replace(headers=twice))


def test_an_extension_that_was_offered() -> None:
    request = request_with(Sec_WebSocket_Extensions="mine; a=b, other")
    assert check_response(request, response_with(Sec_WebSocket_Extensions="mine; a=c")) is None


@pytest.mark.parametrize(
    ("response", "text"),
    [
        (response_with(200), "answered 200 Phrase instead of 101: it refused, or does not speak"),
        (response_with(302, Location="ws://b/"), "it points to 'ws://b/': connect there instead"),
        (response_with(302), "it refused, or does not speak"),
        (response_with(404, Location="ws://b/"), "it refused, or does not speak"),
    ],
)
def test_a_refusal_in_words(response: Response, text: str) -> None:
    with pytest.raises(HandshakeError, match=text) as caught:
        check_response(rfc_request(), response)
    assert caught.value.status == response.status


def test_an_observer_that_did_not_see_the_request() -> None:
    """What depends on the request stays unchecked."""
    response = response_with(Sec_WebSocket_Accept="?", Sec_WebSocket_Protocol="any")
    assert check_response(None, response) == "any"
    with pytest.raises(HandshakeError):
        check_response(None, response_with(Upgrade=None))


def test_a_request_without_a_key_fits_no_answer() -> None:
    request = Request("GET", "/", (1, 1), Headers())
    with pytest.raises(HandshakeError, match="does not fit our key"):
        check_response(request, response_with())
