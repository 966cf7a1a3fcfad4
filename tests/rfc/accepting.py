"""Sections 4.2 to 4.4, 9 and 11: the server's side of the opening handshake, and extensions."""

from __future__ import annotations

import contextlib

import pytest

import wslab
from tests.rfc.rules import (
    client,
    fails,
    not_for_us,
    our_request,
    refused_by_client,
    refused_by_server,
    rule,
    served,
    server,
)
from tests.support.peers import (
    ACCEPT,
    certificates,
    dial,
    request,
    response,
)
from wslab.protocol.connection import Connection
from wslab.protocol.events import Opened, Refused
from wslab.protocol.handshake import accept, make_request, make_response
from wslab.protocol.http import Request, Response
from wslab.protocol.rfc import Role, State
from wslab.protocol.uri import parse_url

# ------------------------------------------------------------ 4.2. Server


@rule("4.2.1", "a handshake that does not match: stop, and an HTTP error code", MUST=1)
def wrong_requests_are_refused() -> None:
    for wrong, status, words in WRONG_REQUESTS:
        refused_by_server(wrong, status, words)


WRONG_REQUESTS = [
    (b"Hello, server!\r\n", 400, "not a request line"),
    (request("POST / HTTP/1.1"), 405, "must be GET"),
    (request("GET / HTTP/1.0"), 400, "HTTP version"),
    (request("GET chat HTTP/1.1"), 400, "name a path"),
    (request(Host=None), 400, "Host"),
    (request(Host="a\nb"), 400, "Host"),
    (request(Upgrade=None), 426, "Upgrade: websocket"),
    (request(Upgrade="h2c"), 426, "Upgrade: websocket"),
    (request(Connection=None), 400, "Connection: Upgrade"),
    (request(Connection="keep-alive"), 400, "Connection: Upgrade"),
    (request(Sec_WebSocket_Key=None), 400, "Sec-WebSocket-Key"),
    (request(Sec_WebSocket_Key="c2hvcnQ="), 400, "5 bytes, not 16"),
    (request(Sec_WebSocket_Key="?" * 24), 400, "not base64"),
    (request(Sec_WebSocket_Version=None), 426, "must be 13"),
    (request(Sec_WebSocket_Version="8"), 426, "must be 13"),
    (request(Sec_WebSocket_Protocol="a, a"), 400, "different tokens"),
    (request(Sec_WebSocket_Extensions="a;;b"), 400, "not an extension"),
]


@rule("4.2.1", "without Origin, do not take it for a browser", SHOULD_NOT=1)
def missing_origin_is_no_browser() -> None:
    # A list of origins names sites for browsers; only None in it lets other programs in.
    for origins, status in ((["https://a"], b"403"), (["https://a", None], b"101")):
        connection, _ = served(request(), answer=lambda r, o=origins: accept(r, origins=o))
        assert connection.to_send().startswith(b"HTTP/1.1 " + status)


@rule("4.2.2", "complete these steps to accept", MUST=1)
def server_accepts() -> None:
    connection, events = served(request())
    assert isinstance(events[0], Opened)
    assert connection.state is State.OPEN
    assert connection.to_send() == response()


@rule("4.2.2", "on a TLS port, all goes through the tunnel", MUST=1)
def server_speaks_tls_only() -> None:
    serving, _ = certificates()
    with wslab.ws_echo.serve(ssl=serving) as secure, dial(secure, request()) as sock:
        answer = b""
        with contextlib.suppress(ConnectionError):
            answer = sock.recv(65536)
        assert b"HTTP" not in answer


@rule("4.2.2", "an unwanted origin gets an HTTP error code, and no handshake", MUST=1)
def unwanted_origin_is_refused() -> None:
    connection, events = served(
        request(Origin="https://evil.example"), answer=lambda r: accept(r, origins=["https://a"])
    )
    assert isinstance(events[0], Refused)
    assert connection.to_send().startswith(b"HTTP/1.1 403 Forbidden\r\n")


@rule("4.2.2", "another version: abort, an error code and Sec-WebSocket-Version", MUST=1)
def other_version_is_refused() -> None:
    for version in ("8", "14", "013", "13, 8", None):
        answer = refused_by_server(request(Sec_WebSocket_Version=version), 426, "must be 13")
        assert b"\r\nSec-WebSocket-Version: 13\r\n" in answer


@rule("4.2.2", "a service that is not there: an HTTP error code, and no handshake", MUST=1)
def unknown_service_is_refused() -> None:
    def answer(asked: Request) -> Response:
        return accept(asked) if asked.target == "/chat" else make_response(404, "only /chat")

    connection, events = served(request("GET /mail HTTP/1.1"), answer=answer)
    assert isinstance(events[0], Refused)
    assert connection.to_send().startswith(b"HTTP/1.1 404 Not Found\r\n")
    assert connection.state is State.CLOSED


@rule("4.2.2", "the subprotocol must be one of the client's, or none is sent", MUST=1, MUST_NOT=1)
def subprotocol_is_one_of_the_clients() -> None:
    for offer, chosen in (("b, a", b"b"), ("c, a", b"a"), ("c", None), (None, None)):
        connection, _ = served(
            request(Sec_WebSocket_Protocol=offer),
            answer=lambda r: accept(r, subprotocols=["a", "b"]),
        )
        answer = connection.to_send()
        assert answer.startswith(b"HTTP/1.1 101 ")
        if chosen is None:
            assert b"Sec-WebSocket-Protocol" not in answer
        else:
            assert b"\r\nSec-WebSocket-Protocol: " + chosen + b"\r\n" in answer


@rule(
    "4.2.2", "extensions: from the client's list, and none that it did not list", MUST=1, MUST_NOT=1
)
def server_lists_no_extension() -> None:
    for offer in (None, "permessage-deflate", "a; b=c, d"):
        connection, events = served(request(Sec_WebSocket_Extensions=offer))
        assert isinstance(events[0], Opened)
        assert b"Sec-WebSocket-Extensions" not in connection.to_send()


@rule("4.2.2", "accept with a valid HTTP response: 101, three fields", MUST=1)
def server_answers_101() -> None:
    connection, _ = served(request())
    start, *fields = connection.to_send().decode().split("\r\n")
    assert start == "HTTP/1.1 101 Switching Protocols"
    assert fields == [
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {ACCEPT}",
        "",
        "",
    ]


EXTENSION = "Sec_WebSocket_Extensions"


@rule("4.3", "a quoted parameter of an extension must be a token inside", MUST=1)
def quoted_parameter_is_a_token() -> None:
    assert isinstance(served(request(**{EXTENSION: 'a; b="c"'}))[1][0], Opened)
    for wrong in ('a; b="c d"', 'a; b=""', 'a; b="c', 'a; b="c,d"'):
        refused_by_server(request(**{EXTENSION: wrong}), 400, "not an extension")


@rule("4.4", "another version must be answered with all versions that we speak", MUST=1)
def versions_are_listed() -> None:
    answer = refused_by_server(request(Sec_WebSocket_Version="25"), 426, "must be 13")
    assert answer.count(b"Sec-WebSocket-Version: 13\r\n") == 1


# ------------------------------------------------------------ 9. Extensions


@rule("9", "a server must not respond with an extension that was not requested", MUST_NOT=1)
def no_extension_out_of_nothing() -> None:
    assert b"xtension" not in served(request())[0].to_send()


not_for_us("9", "parameters as the extension's own document says", "no extension is used", MUST=1)


@rule("9.1", "a value that breaks the grammar: fail at once", MUST=1)
def malformed_extensions() -> None:
    for wrong in ("a b", "a;", "a; =b", "a; b=", "(a)", ";", ",", '"a"'):
        refused_by_server(request(**{EXTENSION: wrong}), 400, "xtension")
        refused_by_client(response(**{EXTENSION: wrong}), "xtension")


@rule("9.1", "inside its quotes, a parameter must be a token", MUST=1)
def quoted_parameter_in_a_response() -> None:
    wrong = response(**{EXTENSION: 'a; b="c d"'})
    refused_by_client(wrong, "not an extension")


@rule("9.1", "only registered extensions, with parameters that they define (we offer none)", MUST=2)
def client_offers_no_extension() -> None:
    assert our_request().headers.get("Sec-WebSocket-Extensions") is None


@rule("9.1", "use no extension unless the server says so", MUST_NOT=1)
def no_frame_of_ours_uses_an_extension() -> None:
    for end in (client(), server()):
        frames = [end.send("a" * 200), end.send_fragments(["a", "b"]), end.ping(), end.close()]
        assert all(frame[0] & 0x70 == 0 for frame in frames)
    fails(server(), b"\xc1\x80abcd", 1002, "no extension was negotiated")


# ------------------------------------------------------------ 11. Registrations


@rule("11.1.1", "hosts from Unicode to ASCII; all else to UTF-8, percent-encoded", MUST=2)
def international_ws_url() -> None:
    address = parse_url("ws://bücher.example/Straße?größe=1")
    assert address.host == "xn--bcher-kva.example"
    assert address.resource == "/Stra%C3%9Fe?gr%C3%B6%C3%9Fe=1"


@rule("11.1.2", "the same for wss", MUST=2)
def international_wss_url() -> None:
    address = parse_url("wss://例え.example/道")
    assert (address.host, address.resource) == ("xn--r8jz45g.example", "/%E9%81%93")


def no_second(name: str) -> None:
    """Our client sends the field once at most, whatever its caller adds."""
    with pytest.raises(ValueError, match="has it already"):
        make_request(parse_url("ws://a/"), bytes(16), headers=[(name.lower(), "13")])


@rule("11.3.1", "Sec-WebSocket-Key not more than once in a request", MUST_NOT=1)
def one_key() -> None:
    no_second("Sec-WebSocket-Key")
    twice = request(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==\ndGhlIHNhbXBsZSBub25jZQ==")
    refused_by_server(twice, 400, "exactly one Sec-WebSocket-Key")


@rule("11.3.2", "Sec-WebSocket-Extensions not more than once in a response", MUST_NOT=1)
def no_extensions_twice() -> None:
    twice = response(Sec_WebSocket_Extensions="a\nb")
    refused_by_client(twice, "did not offer")


@rule("11.3.3", "Sec-WebSocket-Accept not more than once in a response", MUST_NOT=1)
def one_accept() -> None:
    assert served(request())[0].to_send().count(b"Sec-WebSocket-Accept") == 1
    refused_by_client(response(Sec_WebSocket_Accept=f"{ACCEPT}\n{ACCEPT}"), "Accept")


@rule("11.3.4", "Sec-WebSocket-Protocol not more than once in a response", MUST_NOT=1)
def one_subprotocol() -> None:
    address, nonce = parse_url("ws://a/"), b"the sample nonce"
    connection = Connection(
        Role.CLIENT, request=make_request(address, nonce, subprotocols=["a", "b"])
    )
    twice = response(Sec_WebSocket_Protocol="a\nb")
    assert isinstance(connection.receive(twice)[0], Refused)


@rule("11.3.5", "Sec-WebSocket-Version not more than once in a request", MUST_NOT=1)
def one_version() -> None:
    no_second("Sec-WebSocket-Version")
    refused_by_server(request(Sec_WebSocket_Version="13\n13"), 426, "must be 13")
