"""The server's opening handshake: the bytes of §1.3, and each rule of §4.2 broken once."""

import pytest

from tests.protocol.streams import RFC_RESPONSE, request_with, rfc_request
from wslab.protocol.errors import HandshakeError
from wslab.protocol.handshake import (
    accept,
    accept_value,
    make_response,
    refuse,
    wants_upgrade,
)
from wslab.protocol.http import Headers
from wslab.protocol.uri import Address

ADDRESS = Address("ws", "server.example.com", 80, "/chat")


def test_the_accept_value_of_the_rfc() -> None:
    assert accept_value("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_the_server_answers_as_in_the_rfc() -> None:
    assert accept(rfc_request()).encode() == RFC_RESPONSE


def test_the_server_chooses_a_subprotocol_that_it_speaks() -> None:
    for ours, chosen in [
        (["superchat", "chat"], "chat"),  # the client's order counts
        (["superchat"], "superchat"),
        (["other"], None),
        (["CHAT"], None),
    ]:
        response = accept(rfc_request(), subprotocols=ours)
        assert response.headers.get("Sec-WebSocket-Protocol") == chosen


@pytest.mark.parametrize(
    "changes",
    [
        {"Connection": "keep-alive, Upgrade"},
        {"Connection": "keep-alive, uPGRADE"},
        {"Upgrade": "WebSocket"},
        {"Upgrade": "h2c, websocket"},
        {"Origin": None},
        {"Sec_WebSocket_Protocol": None},
        {"Sec_WebSocket_Extensions": "permessage-deflate; client_max_window_bits"},
        {"Sec_WebSocket_Extensions": 'a; b="c"; d = e, f'},
        {"Sec_WebSocket_Extensions": r'a; b="c\d"'},
        {"Content_Length": "0"},
        {"X_Other": "anything, really"},
    ],
    ids=str,
)
def test_requests_that_are_accepted(changes: dict[str, str | None]) -> None:
    response = accept(request_with(**changes))
    assert response.encode() == RFC_RESPONSE  # no extension: it is declined by leaving it out


@pytest.mark.parametrize(
    ("changes", "status", "section", "text"),
    [
        ({"Host": None}, 400, "4.2.1", "exactly one Host"),
        ({"Upgrade": None}, 426, "4.2.1", "send Upgrade: websocket"),
        ({"Upgrade": "h2c"}, 426, "4.2.1", "send Upgrade: websocket"),
        ({"Upgrade": '"websocket'}, 426, "4.2.1", "send Upgrade: websocket"),
        ({"Connection": None}, 400, "4.2.1", "Connection: Upgrade is missing"),
        ({"Connection": "keep-alive"}, 400, "4.2.1", "Connection: Upgrade is missing"),
        ({"Sec_WebSocket_Version": None}, 426, "4.2.2", "must be 13"),
        ({"Sec_WebSocket_Version": "8"}, 426, "4.2.2", "must be 13"),
        ({"Sec_WebSocket_Version": "13, 8"}, 426, "4.2.2", "must be 13"),
        ({"Sec_WebSocket_Key": None}, 400, "4.2.1", "exactly one Sec-WebSocket-Key"),
        ({"Sec_WebSocket_Key": "no base64!"}, 400, "4.2.1", "is not base64"),
        ({"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ"}, 400, "4.2.1", "is not base64"),
        ({"Sec_WebSocket_Key": "é"}, 400, "4.2.1", "is not base64"),
        ({"Sec_WebSocket_Key": "dGhlIHNhbXBsZQ=="}, 400, "4.2.1", "has 10 bytes, not 16"),
        ({"Sec_WebSocket_Key": ""}, 400, "4.2.1", "has 0 bytes, not 16"),
        ({"Sec_WebSocket_Protocol": "chat, chat"}, 400, "4.1", "must list different tokens"),
        ({"Sec_WebSocket_Protocol": "a b"}, 400, "4.1", "must list different tokens"),
        ({"Sec_WebSocket_Protocol": ""}, 400, "4.1", "must list different tokens"),
        ({"Sec_WebSocket_Extensions": ""}, 400, "9.1", "Sec-WebSocket-Extensions is empty"),
        ({"Sec_WebSocket_Extensions": "a b"}, 400, "9.1", "'a b' is not an extension"),
        ({"Sec_WebSocket_Extensions": 'a; b="c d"'}, 400, "9.1", "is not an extension"),
        ({"Sec_WebSocket_Extensions": '"a'}, 400, "9.1", "is not an extension"),
        ({"Sec_WebSocket_Extensions": r'a; b="c\"'}, 400, "9.1", "is not an extension"),
        ({"Sec_WebSocket_Extensions": "a; b="}, 400, "9.1", "is not an extension"),
        ({"Content_Length": "5"}, 400, "4.2.1", "must have none"),
        ({"Transfer_Encoding": "chunked"}, 400, "4.2.1", "must have none"),
    ],
    ids=str,
)
def test_requests_that_are_refused(
    changes: dict[str, str | None], status: int, section: str, text: str
) -> None:
    with pytest.raises(HandshakeError, match=text) as caught:
        accept(request_with(**changes))
    assert (caught.value.status, caught.value.section) == (status, section)


@pytest.mark.parametrize("name", ["Host", "Sec-WebSocket-Key", "Sec-WebSocket-Version"])
def test_what_may_stand_only_once(name: str) -> None:
    request = rfc_request()
    twice = Headers([*request.headers, (name, request.headers.get(name) or "")])
    with pytest.raises(HandshakeError) as caught:
        accept(request._replace(headers=twice))
    assert caught.value.status in (400, 426)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"method": "POST"}, 405),
        ({"method": "get"}, 405),
        ({"version": (1, 0)}, 400),
        ({"version": (0, 9)}, 400),
        ({"target": "*"}, 400),
        ({"target": "chat"}, 400),
        ({"target": "ftp://server.example.com/chat"}, 400),
        ({"target": "http:///chat"}, 400),
    ],
    ids=str,
)
def test_request_lines_that_are_refused(change: dict[str, object], status: int) -> None:
    with pytest.raises(HandshakeError) as caught:
        accept(rfc_request()._replace(**change))  # type: ignore[arg-type]
    assert (caught.value.status, caught.value.section) == (status, "4.2.1")


@pytest.mark.parametrize(
    "change", [{"target": "http://server.example.com/chat"}, {"target": "/"}, {"version": (2, 0)}]
)
def test_request_lines_that_are_accepted(change: dict[str, object]) -> None:
    assert accept(rfc_request()._replace(**change)).status == 101  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("origin", "origins", "text"),
    [
        ("http://example.com", None, ""),
        ("http://example.com", ["http://example.com"], ""),
        (None, ["http://example.com", None], ""),
        (None, ["http://example.com"], "the missing Origin may not connect here"),
        ("http://evil.example", ["http://example.com"], "Origin 'http://evil.example' may not"),
        ("HTTP://EXAMPLE.COM", ["http://example.com"], "may not connect here"),
        ("http://example.com", [], "may not connect here"),
    ],
)
def test_origins(origin: str | None, origins: list[str | None] | None, text: str) -> None:
    request = request_with(Origin=origin)
    if not text:
        assert accept(request, origins=origins).status == 101
    else:
        with pytest.raises(HandshakeError, match=text) as caught:
            accept(request, origins=origins)
        assert (caught.value.status, caught.value.section) == (403, "10.2")


@pytest.mark.parametrize("status", [400, 403, 405, 408, 426, 431, 503])
def test_a_refusal_says_why_in_http(status: int) -> None:
    response = refuse(HandshakeError(status, "because", "4.2.1"))
    assert response.status == status
    assert response.body == b"because (RFC 6455 \xc2\xa74.2.1)\n"
    assert response.headers.get("Content-Length") == str(len(response.body))
    assert response.headers.get("Connection") == "close"
    # §4.4: the answer to a wrong version names the right one; RFC 7231 §6.5.5: 405 names methods.
    assert response.headers.get("Sec-WebSocket-Version") == ("13" if status == 426 else None)
    assert response.headers.get("Allow") == ("GET" if status == 405 else None)


def test_a_page_for_a_browser_that_asks_for_one() -> None:
    response = make_response(200, b"<p>Hello")
    assert response.headers.get("Content-Type") == "text/html; charset=utf-8"
    assert response.encode().endswith(b"\r\n\r\n<p>Hello")
    assert wants_upgrade(rfc_request())
    assert not wants_upgrade(request_with(Upgrade=None))
