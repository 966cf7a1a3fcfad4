"""Clients that others wrote talk to our server."""

from __future__ import annotations

import ssl
import threading

import pytest

import wslab
from tests.conftest import Certificates
from tests.interop.clients import CLIENTS, WAIT, Client
from tests.interop.conversation import CLOSES, FRAGMENTS, MESSAGES
from wslab import ws_echo

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.usefixtures("nothing_stays"),
    pytest.mark.parametrize("library", CLIENTS),
]

Library = type[Client]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("NO_PROXY", "*")


def test_every_message_comes_back(library: Library) -> None:
    with ws_echo.serve() as server, library(server.url) as ws:
        for message in MESSAGES:
            ws.send(message)
            assert ws.recv() == message


def test_fragments_arrive_as_one_message(library: Library) -> None:
    if not library.fragments:
        pytest.skip(f"{library.__name__} cannot send fragments")
    with ws_echo.serve() as server, library(server.url) as ws:
        ws.send_fragments(FRAGMENTS)
        assert ws.recv() == "".join(FRAGMENTS)
        ws.send_fragments([part.encode() for part in FRAGMENTS])
        assert ws.recv() == "".join(FRAGMENTS).encode()


def test_our_fragments_arrive_as_one_message(library: Library) -> None:
    with wslab.serve(lambda ws: ws.send_fragments(FRAGMENTS)) as server, library(server.url) as ws:
        assert ws.recv() == "".join(FRAGMENTS)


def test_a_ping_between_messages_is_answered(library: Library) -> None:
    with ws_echo.serve() as server, library(server.url) as ws:
        for payload in (b"here?", b"\x00" * 125):
            ws.send("before")
            assert ws.recv() == "before"
            assert ws.ping(payload) == payload
        ws.send("after")
        assert ws.recv() == "after"


def test_our_ping_is_answered(library: Library) -> None:
    def handler(ws: wslab.WebSocket) -> None:
        assert ws.recv() == "ready"
        ws.send(f"{ws.ping(timeout=WAIT):.9f}")

    with wslab.serve(handler) as server, library(server.url) as ws:
        ws.send("ready")
        assert 0 < float(ws.recv()) < WAIT


def test_our_server_sees_every_close(library: Library) -> None:
    seen: list[tuple[int | None, str]] = []
    done = threading.Semaphore(0)

    def handler(ws: wslab.WebSocket) -> None:
        assert list(ws) == []
        seen.append((ws.close_code, ws.close_reason))
        done.release()

    with wslab.serve(handler) as server:
        for code, reason in CLOSES:
            library(server.url).close(code, reason)
            assert done.acquire(timeout=WAIT)
    assert seen == CLOSES


def test_they_see_every_close_of_ours(library: Library) -> None:
    wanted = iter(CLOSES)
    with wslab.serve(lambda ws: ws.close(*next(wanted))) as server:
        seen = []
        for _ in CLOSES:
            with library(server.url) as ws:
                seen.append(ws.closed())
    assert seen == CLOSES


def test_the_client_s_first_choice_of_subprotocol_is_taken(library: Library) -> None:
    ours = ["two.wslab", "one.wslab"]
    with wslab.serve(lambda ws: ws.send(str(ws.subprotocol)), subprotocols=ours) as server:
        with library(server.url, subprotocols=["none", "one.wslab", "two.wslab"]) as ws:
            assert ws.subprotocol == "one.wslab"
            assert ws.recv() == "one.wslab"
        with library(server.url) as ws:
            assert ws.subprotocol is None
            assert ws.recv() == "None"


def test_over_tls(library: Library, certificates: Certificates) -> None:
    with ws_echo.serve(ssl=certificates.server) as server:
        assert server.url.startswith("wss://")
        with library(server.url, ssl=certificates.client) as ws:
            for message in MESSAGES:
                ws.send(message)
                assert ws.recv() == message
            assert ws.ping(b"inside TLS") == b"inside TLS"


def test_who_does_not_trust_us_leaves_and_others_stay(
    library: Library, certificates: Certificates
) -> None:
    with (
        ws_echo.serve(ssl=certificates.server) as server,
        library(server.url, ssl=certificates.client) as ws,
    ):
        with pytest.raises(ssl.SSLCertVerificationError):
            library(server.url, ssl=certificates.stranger)
        ws.send("still here")
        assert ws.recv() == "still here"


def test_over_ipv6(library: Library, ipv6: str) -> None:
    with ws_echo.serve(ipv6) as server, library(server.url) as ws:
        assert server.url.startswith("ws://[::1]:")
        ws.send("six")
        assert ws.recv() == "six"
