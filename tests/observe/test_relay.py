"""The relay is not noticed by those who talk through it, and its notes are complete."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.conftest import Certificates
from tests.interop.clients import Websockets
from tests.interop.servers import TornadoServer
from tests.support.peers import DEADLINE, alone, dial, read_to_end, reset
from tests.support.visit import Visit, chromium
from wslab import net, tcp_echo, ws_echo
from wslab.observe import relay as module
from wslab.observe.dissect import Dissection, dissect
from wslab.observe.recording import Recording
from wslab.observe.relay import Relay, relay
from wslab.protocol.rfc import Role
from wslab.tcp_server import Peer, Server

CLIENT, SERVER = Role.CLIENT, Role.SERVER

pytestmark = pytest.mark.usefixtures("nothing_stays")


@contextlib.contextmanager
def free_port() -> Iterator[int]:
    """A port of this machine on which nothing listens: it is taken, and refuses."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


def over(middle: Relay) -> Recording:
    """The only recording, once its connection is over."""
    alone(middle)
    (recording,) = middle.recordings
    return recording


def websocket_of(middle: Relay) -> Recording:
    """The recording of the only WebSocket; a browser also asks for pages."""
    deadline = time.monotonic() + DEADLINE
    while True:
        every = [r for r in middle.recordings if b"\r\nUpgrade: websocket" in r.stream(CLIENT)]
        if every and [event.size for event in every[0]].count(0) == 2:
            (recording,) = every
            return recording
        assert time.monotonic() < deadline, "it does not end"
        time.sleep(0.01)


def explained(recording: Recording) -> Dissection:
    """What the dissector says, after a look that it took each byte once and left none over."""
    found = dissect(recording, "websocket")
    for role in Role:
        fields = [field for item in found if item.sender is role for field in item.fields]
        assert b"".join(field.raw for field in fields) == recording.stream(role)
        assert recording.size(role) == len(recording.stream(role)) > 0
        at = 0
        for field in fields:
            assert field.start == at
            at += len(field.raw)
    assert {item.kind for item in found} == {"handshake", "frame"}
    assert not [field for field in found.fields if "unparsed" in field.label]
    return found


def messages(found: Dissection, sender: Role) -> list[str]:
    return [item.summary for item in found if item.sender is sender and item.kind == "frame"]


# ------------------------------------------------------------ what crosses


def test_our_client_and_our_server_do_not_notice_it() -> None:
    mine = Recording()
    with ws_echo.serve() as server, relay(server.address) as middle:
        url = middle.url.replace("tcp", "ws")
        with ws_echo.connect(url, tap=mine) as ws:
            assert list(ws_echo.say(ws, ["Hello", b"\0" * 70_000])) == ["Hello", b"\0" * 70_000]
        recording = over(middle)
    for role in Role:
        assert recording.stream(role) == mine.stream(role)
        assert [event.size for event in recording if event.sender is role][-1] == 0
    found = explained(recording)
    assert "text 'Hello'" in messages(found, CLIENT)[0]
    assert messages(found, SERVER)[-1] == "close 1000"


def test_programs_that_nobody_here_wrote() -> None:
    with TornadoServer() as server, relay(("127.0.0.1", server.port)) as middle:
        with Websockets(middle.url.replace("tcp", "ws") + "/echo") as client:
            for message in ("", "Grüße", "x" * 126, b"\xff" * 70_000):
                client.send(message)
                assert client.recv() == message
            client.ping(b"are you there?")
        assert server.saw() == (1000, "")
        recording = over(middle)
    found = explained(recording)
    for sender in Role:
        kinds = {item.split()[0] for item in messages(found, sender)}
        assert kinds >= {"text", "binary", "close"}
    assert b"permessage-deflate" in recording.stream(CLIENT)
    assert b"permessage-deflate" not in recording.stream(SERVER)


@pytest.mark.timeout(90)
def test_a_real_browser() -> None:
    script = """url => new Promise((good, bad) => {
        const ws = new WebSocket(url), got = [];
        ws.binaryType = 'arraybuffer';
        ws.onopen = () => { ws.send('Hello'); ws.send(new Uint8Array(70000)); };
        ws.onmessage = event => {
          got.push(event.data.byteLength || event.data);
          if (got.length === 2) ws.close(4000, 'enough');
        };
        ws.onclose = event => good([...got, event.code, event.wasClean]);
        setTimeout(() => bad('too slow'), 10000);
    })"""
    with (
        chromium() as browser,
        TornadoServer() as server,
        relay(("127.0.0.1", server.port)) as middle,
    ):
        page = browser.new_page()
        # Only a page of the same origin is let in; that it is one of an error does not matter.
        page.goto(middle.url.replace("tcp", "http") + "/echo")
        url = middle.url.replace("tcp", "ws") + "/echo"
        assert page.evaluate(script, url) == ["Hello", 70_000, 4000, True]
        page.close()
        assert server.saw() == (4000, "enough")
        recording = websocket_of(middle)
    assert b"permessage-deflate" in recording.stream(CLIENT)
    found = explained(recording)
    assert messages(found, CLIENT)[0] == messages(found, SERVER)[0] == "text 'Hello'"
    assert messages(found, CLIENT)[-1].startswith("close 4000")


@pytest.mark.timeout(90)
def test_a_page_and_its_websocket_come_through() -> None:
    with ws_echo.serve() as server, relay(server.address) as middle, chromium() as browser:
        visit = Visit(browser)
        visit.open(middle.url.replace("tcp", "ws"))
        visit.send("#text", "Hello", "#send-text")
        assert visit.last("received", 1) == ("text, 5 bytes", "Hello")
        visit.context.close()
        assert visit.complaints == []
        talk = websocket_of(middle)
    assert "text 'Hello'" in messages(explained(talk), SERVER)


def test_many_at_once_stay_apart() -> None:
    words = [f"client {number}".encode() for number in range(20)]
    with tcp_echo.serve() as server, relay(server.address) as middle:
        with contextlib.ExitStack() as stack:
            socks = [stack.enter_context(dial(middle, word)) for word in words]
            for sock, word in zip(socks, words, strict=True):
                assert tcp_echo.recv_exactly(sock, len(word)) == word
        alone(middle)
        streams = [(r.stream(CLIENT), r.stream(SERVER)) for r in middle.recordings]
    assert sorted(streams) == sorted(zip(words, words, strict=True))


def test_a_question_stands_before_its_answer() -> None:
    with tcp_echo.serve() as server, relay(server.address) as middle:
        with tcp_echo.connect(middle.url) as sock:
            assert len(list(tcp_echo.say(sock, [b"Hello"] * 200))) == 200
        events = [event for event in over(middle) if event.size]
    assert [event.sender for event in events] == [CLIENT, SERVER] * 200
    times = [event.time for event in events]
    assert times == sorted(times)


# ------------------------------------------------------------ how it ends


def test_a_half_close_is_passed_on_and_the_answer_still_comes() -> None:
    def count(peer: Peer) -> None:
        with contextlib.closing(peer.sock):
            peer.sock.sendall(b"%d" % len(read_to_end(peer.sock)))  # type: ignore[arg-type]

    with Server(count) as server, relay(server.address) as middle:
        with dial(middle, b"x" * 1000) as sock:
            sock.shutdown(socket.SHUT_WR)
            assert read_to_end(sock) == b"1000"
        recording = over(middle)
    assert [event.sender for event in recording if not event.size] == [CLIENT, SERVER]
    assert recording.events[-2].data == b"1000", "after the end of the client's direction"


def test_a_server_may_finish_first() -> None:
    heard: queue.Queue[bytes] = queue.Queue()

    def greet(peer: Peer) -> None:
        peer.sock.sendall(b"hello, and that is all")
        peer.sock.shutdown(socket.SHUT_WR)
        heard.put(read_to_end(peer.sock))  # type: ignore[arg-type]

    with Server(greet) as server, relay(server.address) as middle, dial(middle) as sock:
        assert read_to_end(sock) == b"hello, and that is all"
        sock.sendall(b"I go on")
        sock.shutdown(socket.SHUT_WR)
        assert heard.get(timeout=DEADLINE) == b"I go on"


def test_a_target_that_is_down_ends_one_connection_and_not_the_relay() -> None:
    said: queue.Queue[str] = queue.Queue()
    with free_port() as port, relay(("127.0.0.1", port), report=said.put) as middle:
        for _ in range(2):
            with dial(middle, b"Is anybody there?") as sock:
                assert read_to_end(sock) == b""
            sentence = said.get(timeout=DEADLINE)
            assert sentence.startswith(f"Cannot connect to 127.0.0.1 port {port}: nothing")
            assert "\n" not in sentence
        assert not middle.recordings
        with tcp_echo.serve() as server:
            middle.to = server.address  # it is up at last
            with tcp_echo.connect(middle.url) as stream:
                assert list(tcp_echo.say(stream, [b"Hello"])) == [b"Hello"]


def test_without_a_report_it_stands_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    with (
        free_port() as port,
        relay(("127.0.0.1", port)) as middle,
        dial(middle) as sock,
    ):
        assert read_to_end(sock) == b""
    line, more = capfd.readouterr().err.split("\n", 1)
    assert line.startswith("relay: Cannot connect to")
    assert more == ""


@pytest.mark.parametrize("leave", [reset, socket.socket.close], ids=["reset", "close"])
def test_a_client_that_vanishes(leave: object) -> None:
    """The server learns of it, while it waits and while it sends; often, for it is a race."""
    for flood in [False] * 10 + [True] * 20:
        gone = threading.Event()

        def talk(peer: Peer, flood: bool = flood, gone: threading.Event = gone) -> None:
            try:
                peer.sock.recv(1)
                while flood:
                    peer.sock.sendall(b"x" * 65536)
                while peer.sock.recv(100):
                    pass
            finally:
                gone.set()

        with Server(talk) as server, relay(server.address) as middle:
            sock = dial(middle, b"x")
            if flood:
                sock.recv(1)
            leave(sock)  # type: ignore[operator]
            assert gone.wait(DEADLINE)
            recording = over(middle)
        ends = [event.sender for event in recording if not event.size]
        assert sorted(end.value for end in ends) == ["client", "server"], "each direction ends once"


def test_a_server_that_vanishes() -> None:
    with (
        Server(lambda peer: (peer.sock.recv(1), reset(peer.sock))[0]) as server,  # type: ignore
        relay(server.address) as middle,
        dial(middle, b"x") as sock,
    ):
        with contextlib.suppress(ConnectionResetError):
            assert read_to_end(sock) == b""
        over(middle)


@pytest.mark.parametrize("silent", [True, False], ids=["silent", "busy"])
def test_close_ends_open_connections_on_both_sides(silent: bool) -> None:
    """Even if the pipes are full, or the server does not care that its client has finished."""
    ends: queue.Queue[None] = queue.Queue()
    closed = threading.Event()

    def sit(peer: Peer) -> None:
        with contextlib.suppress(OSError):
            if silent:
                peer.sock.recv(1)
                closed.wait(DEADLINE)
            else:
                while True:
                    peer.sock.sendall(b"x" * 65536)
        ends.put(None)

    with Server(sit) as server, contextlib.ExitStack() as stack:
        with relay(server.address) as middle:
            socks = [stack.enter_context(dial(middle)) for _ in range(3)]
            deadline = time.monotonic() + DEADLINE
            while server.connections < 3 or len(middle.recordings) < 3:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            start = time.monotonic()
        assert time.monotonic() - start < 3
        assert middle.connections == 0
        closed.set()
        for _ in socks:
            ends.get(timeout=DEADLINE)
        if silent:
            for sock in socks:
                with contextlib.suppress(ConnectionResetError):
                    assert sock.recv(1) == b""
    middle.close()  # once more does no harm


def test_a_peer_may_rest_for_longer_than_our_own_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net, "SEND_TIMEOUT", 0.05)
    size = 2**24  # more than the system keeps for one who does not read
    with (
        Server(lambda peer: module._send_all(peer.sock, b"x" * size)) as server,
        relay(server.address) as middle,
        dial(middle) as sock,
    ):
        time.sleep(0.5)
        assert len(read_to_end(sock)) == size


def test_a_fault_of_the_recording_ends_that_connection(capfd: pytest.CaptureFixture[str]) -> None:
    def record(address: object) -> Recording:
        return Recording(on_event=lambda event: 1 / 0)  # type: ignore[arg-type, return-value]

    with (
        tcp_echo.serve() as server,
        relay(server.address, record=record) as middle,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(threading, "excepthook", lambda args: None)
        with dial(middle, b"x") as sock, contextlib.suppress(ConnectionResetError):
            assert read_to_end(sock) == b""
        alone(middle)
        alone(server)
    assert "ZeroDivisionError" in capfd.readouterr().err


# ------------------------------------------------------------ TLS


def test_inside_tls_it_sees_ciphertext_and_says_so(certificates: Certificates) -> None:
    said: list[str] = []
    with (
        ws_echo.serve(ssl=certificates.server) as server,
        relay(server.address, report=said.append) as middle,
    ):
        url = middle.url.replace("tcp", "wss")
        with ws_echo.connect(url, ssl=certificates.client) as ws:
            assert list(ws_echo.say(ws, ["not to be read"])) == ["not to be read"]
        recording = over(middle)
    assert said == ["The client speaks TLS: what is recorded is ciphertext, not to be read."]
    for role in Role:
        assert b"not to be read" not in recording.stream(role)
        assert b"websocket" not in recording.stream(role)
    assert recording.stream(CLIENT).startswith(b"\x16\x03")


@pytest.mark.parametrize(
    ("first", "speaks"), [([b"\x16\x03"], True), ([b"\x16", b"\x03"], True), ([b"\x16A"], False),
                          ([b"A", b"\x16\x03"], False), ([b"\x16"], False)]
)  # fmt: skip
def test_tls_is_recognised_by_its_first_two_bytes(first: list[bytes], speaks: bool) -> None:
    said: list[str] = []
    with tcp_echo.serve() as server, relay(server.address, report=said.append) as middle:
        with tcp_echo.connect(middle.url) as sock:
            assert list(tcp_echo.say(sock, first)) == first
            assert list(tcp_echo.say(sock, [b"\x16\x03"])) == [b"\x16\x03"]
        alone(middle)
    # A lone \x16 is followed by \x16\x03 here, which is not TLS either.
    assert bool(said) is speaks


# ------------------------------------------------------------ bounds


def test_only_the_newest_connections_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_RECORDINGS", 2)
    with tcp_echo.serve() as server, relay(server.address) as middle:
        for word in (b"one", b"two", b"three"):
            with tcp_echo.connect(middle.url) as sock:
                assert list(tcp_echo.say(sock, [word])) == [word]
            alone(middle)
    assert [recording.stream(SERVER) for recording in middle.recordings] == [b"two", b"three"]


def test_a_long_stream_goes_through_and_its_recording_is_bounded() -> None:
    size, received = 100 * 2**20, []

    def drain(peer: Peer) -> None:
        received.append(sum(map(len, iter(lambda: peer.sock.recv(2**18), b""))))

    with Server(drain) as target, relay(target.address) as middle:
        with socket.create_connection(middle.address, timeout=30) as sock:
            piece = bytes(2**20)
            for _ in range(size // len(piece)):
                sock.sendall(piece)
            sock.shutdown(socket.SHUT_WR)
            assert sock.recv(1) == b"", "the target ends when it has read all"
        recording = over(middle)
    assert received == [size]
    assert recording.size(CLIENT) == size
    kept = sum(len(event.data) for event in recording)
    assert 0 < kept <= module.MAX_RECORDING
    assert recording.cut == size - kept
