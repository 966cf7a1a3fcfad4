"""Our client talks to servers that others wrote."""

from __future__ import annotations

import pytest

import wslab
from tests.conftest import Certificates
from tests.interop.clients import WAIT
from tests.interop.conversation import CLOSES, FRAGMENTS, MESSAGES
from tests.interop.servers import SERVERS, SUBPROTOCOLS, Other

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.parametrize("library", SERVERS),
]

Library = type[Other]


def test_every_message_comes_back(library: Library) -> None:
    with library() as server, wslab.connect(f"{server.url}/echo") as ws:
        for message in MESSAGES:
            ws.send(message)
            assert ws.recv(WAIT) == message


def test_our_fragments_arrive_as_one_message(library: Library) -> None:
    with library() as server, wslab.connect(f"{server.url}/echo") as ws:
        ws.send_fragments(FRAGMENTS)
        assert ws.recv(WAIT) == "".join(FRAGMENTS)
        ws.send_fragments([part.encode() for part in FRAGMENTS])
        assert ws.recv(WAIT) == "".join(FRAGMENTS).encode()


def test_fragments_arrive_as_one_message(library: Library) -> None:
    if not library.fragments:
        pytest.skip(f"{library.__name__} cannot send fragments")
    with library() as server, wslab.connect(f"{server.url}/fragments") as ws:
        ws.send("10000")
        assert ws.recv(WAIT) == "".join(FRAGMENTS)


def test_our_ping_between_messages_is_answered(library: Library) -> None:
    with library() as server, wslab.connect(f"{server.url}/echo") as ws:
        for payload in (None, b"", b"here?", b"\x00" * 125):
            ws.send("before")
            assert 0 < ws.ping(payload, timeout=WAIT) < WAIT
            assert ws.recv(WAIT) == "before"


def test_a_ping_is_answered(library: Library) -> None:
    with library() as server, wslab.connect(f"{server.url}/ping") as ws:
        assert ws.recv(WAIT) == "pong"


def test_they_see_every_close_of_ours(library: Library) -> None:
    with library() as server:
        seen, answers = [], []
        for code, reason in CLOSES:
            ws = wslab.connect(f"{server.url}/echo")
            ws.close(code, reason)
            seen.append(server.saw())
            answers.append(ws.close_code)
    assert seen == CLOSES
    assert answers == [code for code, _ in CLOSES]  # §5.5.1: "typically echos the status code"


def test_our_client_sees_every_close(library: Library) -> None:
    with library() as server:
        seen = []
        for code, reason in CLOSES:
            with wslab.connect(f"{server.url}/close") as ws:
                ws.send(f"{code} {reason}")
                assert list(ws) == []
                seen.append((ws.close_code, ws.close_reason))
    assert seen == CLOSES


def test_a_subprotocol_is_chosen(library: Library) -> None:
    with library() as server:
        offer = ["none", SUBPROTOCOLS[1]]
        with wslab.connect(f"{server.url}/echo", subprotocols=offer) as ws:
            assert ws.subprotocol == SUBPROTOCOLS[1]
        with wslab.connect(f"{server.url}/echo", subprotocols=SUBPROTOCOLS) as ws:
            assert ws.subprotocol in SUBPROTOCOLS


def test_over_tls(library: Library, certificates: Certificates) -> None:
    with (
        library(ssl=certificates.server) as server,
        wslab.connect(f"{server.url}/echo", ssl=certificates.client) as ws,
    ):
        for message in MESSAGES:
            ws.send(message)
            assert ws.recv(WAIT) == message
        assert ws.ping(timeout=WAIT) < WAIT


@pytest.mark.parametrize("trust", ["stranger", "misnamed"])
def test_a_certificate_that_is_wrong_is_named(
    library: Library, trust: str, certificates: Certificates
) -> None:
    wrong_name = trust == "misnamed"
    theirs = certificates.misnamed if wrong_name else certificates.server
    ours = certificates.client if wrong_name else certificates.stranger
    with library(ssl=theirs) as server, pytest.raises(wslab.Error) as caught:
        wslab.connect(server.url, ssl=ours)
    text = str(caught.value)
    assert text.startswith(f"No TLS with 127.0.0.1 port {server.port}: ")
    assert "certificate is not" in text
    assert ("127.0.0.1'" in text) is wrong_name
    assert "\n" not in text


def test_over_ipv6(library: Library, ipv6: str) -> None:
    with library(ipv6) as server, wslab.connect(f"{server.url}/echo") as ws:
        ws.send("six")
        assert ws.recv(WAIT) == "six"
