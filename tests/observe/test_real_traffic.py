"""Traffic that nobody here wrote, on both ends, through the relay: every byte is explained once."""

from __future__ import annotations

import importlib.util
import json
import re
import time
import urllib.request
import uuid
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.interop.clients import Websockets
from tests.interop.servers import TornadoServer
from tests.observe.test_relay import explained, messages, over, websocket_of
from tests.support.peers import DEADLINE
from tests.support.visit import chromium, missing
from tests.test_jupyterlab import jupyterlab, run_all
from wslab.observe import deflate
from wslab.observe.dissect import Dissection
from wslab.observe.recording import Recording
from wslab.observe.relay import Relay, relay
from wslab.protocol.rfc import Role
from wslab.tcp_server import Peer, Server

pytestmark = pytest.mark.slow

CLIENT, SERVER = Role.CLIENT, Role.SERVER

COMPRESSED = "compressed payload (permessage-deflate)"
ACCEPTED = re.compile(rb"sec-websocket-extensions: permessage-deflate", re.I)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("NO_PROXY", "*")


def compression(recording: Recording, found: Dissection) -> bool:
    """Whether it was agreed on; then, and only then, there are payloads of that name."""
    accepted = bool(ACCEPTED.search(recording.stream(SERVER)))
    assert accepted is (COMPRESSED in {field.label for field in found.fields})
    return accepted


def payloads(found: Dissection) -> list[bytes]:
    """What the server's frames carry; inflated here without any help of ours."""
    inflater, plain = zlib.decompressobj(wbits=-15), []
    for item in found:
        for field in item.fields if item.sender is SERVER and item.kind == "frame" else ():
            if field.label == COMPRESSED:
                plain.append(inflater.decompress(field.raw + b"\0\0\xff\xff"))
            elif field.label == "payload":
                plain.append(field.raw)
    return plain


# ------------------------------------------------------------ a browser and tornado


class CompressingTornado(TornadoServer):
    """The same, and it accepts what the browser offers."""

    compress = True


SCRIPT = """url => new Promise((good, bad) => {
  const ws = new WebSocket(url), got = [], words = 'Hello '.repeat(50);
  ws.binaryType = 'arraybuffer';
  ws.onopen = () => { ws.send('Hello'); ws.send(words); ws.send(new Uint8Array(70000)); };
  ws.onmessage = event => {
    got.push(event.data.byteLength || event.data.length);
    if (got.length === 3) ws.close(4000, 'enough');
  };
  ws.onclose = event => good([...got, event.code, event.wasClean]);
  setTimeout(() => bad('too slow'), 10000);
})"""


@pytest.mark.timeout(90)
@pytest.mark.parametrize("compress", [False, True], ids=["plain", "compressed"])
def test_chromium_and_tornado(compress: bool) -> None:
    with (
        chromium() as browser,
        (CompressingTornado if compress else TornadoServer)() as tornado,
        relay(("127.0.0.1", tornado.port)) as middle,
    ):
        page = browser.new_page()
        # Only a page of the same origin is let in; that it is one of an error does not matter.
        page.goto(middle.url.replace("tcp", "http") + "/echo")
        url = middle.url.replace("tcp", "ws") + "/echo"
        assert page.evaluate(SCRIPT, url) == [5, 300, 70_000, 4000, True]
        page.close()
        recording = websocket_of(middle)
    found = explained(recording)
    assert compression(recording, found) is compress
    assert payloads(found) == [b"Hello", b"Hello " * 50, bytes(70_000)]
    how = ", compressed" if compress else ""
    for sender in Role:
        hello, words, zeros, close = messages(found, sender)
        assert hello == f"text{how} 'Hello'"
        assert words.startswith(f"text{how} 'Hello Hello ")
        assert words.endswith("(300 bytes)")
        assert zeros.startswith(f"binary{how} 00 00 ")
        assert zeros.endswith("(70000 bytes)")
        assert close.startswith("close 4000")


# ------------------------------------------------------------ websockets and wsproto


def echo_of_wsproto(compress: bool) -> Callable[[Peer], None]:
    """An echo on a plain socket, with all of the protocol from ``wsproto``."""
    if importlib.util.find_spec("wsproto") is None:
        missing("wsproto is not installed")
    from wsproto import ConnectionType, WSConnection, events
    from wsproto.extensions import PerMessageDeflate

    def echo(peer: Peer) -> None:
        protocol = WSConnection(ConnectionType.SERVER)
        extensions: list[Any] = [PerMessageDeflate()] if compress else []
        with peer.sock as sock:
            while data := sock.recv(65536):
                protocol.receive_data(data)
                for event in protocol.events():
                    answer: Any = None
                    if isinstance(event, events.Request):
                        answer = events.AcceptConnection(extensions=extensions)
                    elif isinstance(event, events.Message):
                        # Each piece as it comes: so an answer may be cut in other places.
                        finished = event.message_finished
                        answer = type(event)(data=event.data, message_finished=finished)
                    elif isinstance(event, (events.Ping, events.CloseConnection)):
                        answer = event.response()
                    if answer is not None:
                        sock.sendall(protocol.send(answer))
                    if isinstance(event, events.CloseConnection):
                        return

    return echo


@pytest.mark.timeout(60)
@pytest.mark.parametrize("compress", [False, True], ids=["plain", "compressed"])
def test_websockets_and_wsproto(compress: bool) -> None:
    said: list[str | bytes] = ["Hello", "Hello", "Grüße", "x" * 126, b"\xff\x00" * 35_000]
    with (
        Server(echo_of_wsproto(compress)) as server,
        relay(server.address) as middle,
        Websockets(middle.url.replace("tcp", "ws")) as client,
    ):
        for message in said:
            client.send(message)
            assert client.recv() == message
        client.send_fragments(["in ", "three ", "parts"])
        assert client.recv() == "in three parts"
        client.ping(b"are you there?")
        client.close(4000, "enough")
        recording = over(middle)
    found = explained(recording)
    assert compression(recording, found) is compress
    how = ", compressed" if compress else ""
    hello, again, *_, close = messages(found, CLIENT)
    assert hello == again == f"text{how} 'Hello'"
    assert close == "close 4000 'enough'"
    assert f"text{how} 'Grüße'" in messages(found, SERVER)
    assert "ping 'are you there?'" in messages(found, CLIENT)
    assert "pong 'are you there?'" in messages(found, SERVER)
    if not compress:
        echoes = b"".join(payloads(found))
        assert echoes.startswith(b"HelloHello" + "Grüße".encode() + b"x" * 126)
        assert b"in three parts" in echoes


def test_it_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """For one who does not know of the compression, the same talk breaks off unread."""
    monkeypatch.setattr(deflate, "agreed", lambda response: None)
    with Server(echo_of_wsproto(compress=True)) as server, relay(server.address) as middle:
        with Websockets(middle.url.replace("tcp", "ws")) as client:
            client.send("Hello")
            assert client.recv() == "Hello"
        recording = over(middle)
    with pytest.raises(AssertionError, match="unparsed"):
        explained(recording)


# ------------------------------------------------------------ Jupyter and its kernels

RESULT = re.compile(rb'"text/plain":\s*"2"')


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Jupyter server that accepts compression, with a notebook that holds ``1+1``: its page."""
    folder = tmp_path_factory.mktemp("lab")
    with jupyterlab(folder, "--ServerApp.websocket_compression_options={}") as url:
        cell = {"cell_type": "code", "id": "sum", "source": "1+1", "metadata": {}}
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = {
            "cells": [cell | {"execution_count": None, "outputs": []}],
            "metadata": {"kernelspec": kernel},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (folder / "notebooks" / "sum.ipynb").write_text(json.dumps(notebook), "utf-8")
        yield url.format("sum.ipynb")


@contextmanager
def before(lab: str) -> Iterator[tuple[Relay, str]]:
    """A relay before the server of that page, and the address of the page behind it."""
    parts = urlsplit(lab)
    assert parts.hostname
    assert parts.port
    with relay((parts.hostname, parts.port)) as middle:
        yield middle, parts._replace(netloc="{}:{}".format(*middle.address)).geturl()


def channel_of(middle: Relay) -> Recording:
    """The recording of the kernel's channel, once it is over."""
    deadline = time.monotonic() + DEADLINE
    while True:
        for recording in list(middle.recordings):
            asked = recording.stream(CLIENT).partition(b"\r\n")[0]
            ends = [event.size for event in list(recording)].count(0)
            if re.match(rb"GET /api/kernels/[^/]+/channels", asked) and ends == 2:
                return recording
        assert time.monotonic() < deadline, "it does not end"
        time.sleep(0.01)


def execute(code: str) -> dict[str, Any]:
    """What a front end says to have code executed (the messaging protocol of Jupyter)."""
    kind, ids = "execute_request", {"msg_id": uuid.uuid4().hex, "session": uuid.uuid4().hex}
    header = ids | {"msg_type": kind, "username": "", "date": "", "version": "5.3"}
    rest = {"parent_header": {}, "metadata": {}, "buffers": [], "channel": "shell"}
    return {"header": header, **rest, "content": {"code": code, "silent": False}}


@pytest.mark.timeout(240)
@pytest.mark.xdist_group("jupyterlab")
@pytest.mark.parametrize("compress", [False, True], ids=["plain", "compressed"])
def test_a_kernel_and_a_program(lab: str, compress: bool) -> None:
    if importlib.util.find_spec("websockets") is None:
        missing("websockets is not installed")
    from websockets.sync.client import connect

    with before(lab) as (middle, page):
        parts = urlsplit(page)
        token = {"Authorization": "token " + parse_qs(parts.query)["token"][0]}
        base = f"http://{parts.netloc}/api/kernels"
        start = urllib.request.Request(base, b"{}", token, method="POST")
        with urllib.request.urlopen(start, timeout=60) as answer:
            kernel = json.load(answer)["id"]
        with connect(
            f"ws://{parts.netloc}/api/kernels/{kernel}/channels",
            additional_headers=token,
            compression="deflate" if compress else None,
        ) as ws:
            ws.send(json.dumps(execute("1+1")))
            # The reply and the result come from two sockets of the kernel, in either order.
            awaited = {"execute_reply", "execute_result"}
            while awaited:
                awaited.discard(json.loads(ws.recv(timeout=60))["msg_type"])
        recording = channel_of(middle)
        end = urllib.request.Request(f"{base}/{kernel}", headers=token, method="DELETE")
        urllib.request.urlopen(end, timeout=60).close()
    found = explained(recording)
    assert compression(recording, found) is compress
    replies = [json.loads(payload) for payload in payloads(found)]
    (result,) = (reply for reply in replies if reply["msg_type"] == "execute_result")
    assert result["content"]["data"] == {"text/plain": "2"}
    assert messages(found, CLIENT)[-1] == messages(found, SERVER)[-1] == "close 1000"


@pytest.mark.timeout(240)
@pytest.mark.xdist_group("jupyterlab")
def test_a_kernel_and_jupyterlab_in_a_browser(lab: str) -> None:
    with before(lab) as (middle, address), chromium() as browser:
        with browser.new_context() as context:
            page = context.new_page()
            shown = run_all(page, address)
            page.goto("about:blank")  # the notebook is left, and says goodbye
        assert shown["cells"][0]["outputs"][0]["data"] == {"text/plain": "2"}
        recording = channel_of(middle)
    found = explained(recording)
    assert compression(recording, found), "Chromium offers it, and this server accepts"
    (result,) = (payload for payload in payloads(found) if b"execute_result" in payload)
    assert RESULT.search(result)
    status = next(field for field in found.fields if field.label == "Sec-WebSocket-Protocol")
    assert status.value == "v1.kernel.websocket.jupyter.org"
