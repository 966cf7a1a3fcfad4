"""A server that ends, ends for its peers too: also for those who are in the middle of sending."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Callable

import pytest

from tests.conftest import Certificates
from tests.support.peers import DEADLINE, alone, dial, masked, upgraded
from wslab import net, tcp_echo, ws_echo
from wslab.tcp_server import MAX_WAITING, Peer, Server
from wslab.waiting import ready

pytestmark = pytest.mark.usefixtures("nothing_stays")


class Flood:
    """Sends and sends in the background, and never reads, until the other side ends it."""

    def __init__(self, sock: socket.socket, data: bytes) -> None:
        self.sock, self.data = sock, data
        self.sent = 0
        sock.settimeout(60)
        self.thread = threading.Thread(target=self.run, name="flood", daemon=True)
        self.thread.start()

    def run(self) -> None:
        with self.sock, contextlib.suppress(OSError):
            while True:
                self.sent += self.sock.send(self.data)


def drain(peer: Peer) -> None:
    while peer.sock.recv(2**16):
        pass


def drip(peer: Peer) -> None:
    while peer.sock.recv(1000):
        time.sleep(0.05)


def wake_late(peer: Peer) -> None:
    """Read nothing up to the goodbye, and then all that is there."""
    told, goodbye = threading.Event(), peer.goodbye
    peer.goodbye = lambda: (goodbye(), told.set())[0]
    told.wait(DEADLINE)
    drain(peer)


RAW = bytes(60_000)
FRAME = masked(2, RAW)

SERVERS: dict[str, tuple[Callable[[], Server], Callable[[Server], socket.socket], bytes]] = {
    "reads all": (lambda: Server(drain), dial, RAW),
    "reads slowly": (lambda: Server(drip), dial, RAW),
    "wakes up late": (lambda: Server(wake_late), dial, RAW),
    "raw echo": (tcp_echo.serve, dial, RAW),
    "WebSocket echo": (ws_echo.serve, upgraded, FRAME),
}


@pytest.mark.parametrize("kind", SERVERS)
def test_close_ends_those_who_are_sending_at_once(kind: str) -> None:
    """After shutdown() Linux may leave a sender waiting for room in our buffer for a minute."""
    serve, connect, data = SERVERS[kind]
    with serve() as server:
        floods = [Flood(connect(server), data) for _ in range(3)]
        deadline = time.monotonic() + DEADLINE
        while min(flood.sent for flood in floods) < 2**18 or (
            kind == "wakes up late"
            and any(ready(flood.sock, 0.2, writing=True) for flood in floods)
        ):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        start = time.monotonic()
        server.close()
        assert server.connections == 0, "no thread stays behind"
        for flood in floods:
            flood.thread.join(DEADLINE)
            assert not flood.thread.is_alive(), "nobody told the sender"
        assert time.monotonic() - start < DEADLINE


def test_close_ends_those_who_are_sending_over_tls(certificates: Certificates) -> None:
    with tcp_echo.serve(ssl=certificates.server) as server:
        sock = certificates.client.wrap_socket(dial(server), server_hostname="127.0.0.1")
        flood = Flood(sock, RAW)
        while flood.sent < 2**18 and flood.thread.is_alive():
            time.sleep(0.01)
        server.close()
        flood.thread.join(DEADLINE)
        assert not flood.thread.is_alive()


def test_who_is_silent_is_told_with_an_ordinary_end() -> None:
    """And what it was sent before, arrives."""
    with tcp_echo.serve() as server, dial(server, b"Hello") as sock:
        assert tcp_echo.recv_exactly(sock, 5) == b"Hello"
        server.close()
        assert sock.recv(1) == b""


def test_a_peer_that_does_not_read_is_given_up_after_the_time_that_was_asked_for() -> None:
    ends: queue.SimpleQueue[BaseException] = queue.SimpleQueue()

    def talk(peer: Peer) -> None:
        try:
            while True:
                peer.sock.sendall(RAW)
        except OSError as error:
            ends.put(error)

    with Server(talk, send_timeout=0.2) as server, dial(server):
        assert isinstance(ends.get(timeout=DEADLINE), BlockingIOError)
        alone(server)


def test_cut_ends_what_waits_elsewhere_and_throws_away_what_nobody_has_read() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        left = socket.create_connection(listener.getsockname(), timeout=DEADLINE)
        right = listener.accept()[0]
    with left, right:
        left.sendall(bytes(1000))
        assert net.readable(right, DEADLINE)
        net.reset(right)
        assert right.recv(1) == b""
        right.close()
        with pytest.raises(ConnectionError):
            left.send(b"more")
    net.reset(right)  # once more does no harm


def test_conversations_one_after_the_other_need_no_new_thread() -> None:
    threads: queue.SimpleQueue[int] = queue.SimpleQueue()
    with Server(lambda peer: threads.put(threading.get_ident())) as server:
        for _ in range(20):
            with dial(server) as sock:
                assert sock.recv(1) == b""
            alone(server)
    talked = {threads.get() for _ in range(20)}
    assert len(talked) <= MAX_WAITING


def test_a_crowd_has_a_thread_each_and_leaves_few_behind() -> None:
    before = set(threading.enumerate())  # not their number: one of another test may just be ending

    def new() -> int:
        return len(set(threading.enumerate()) - before)

    with Server(drain) as server, contextlib.ExitStack() as crowd:
        for _ in range(20):
            crowd.enter_context(dial(server))
        wait_until(lambda: server.connections == 20)
        assert new() == 20 + 1, "and one waits for the next peer"
        crowd.close()
        wait_until(lambda: new() == MAX_WAITING)
    assert new() == 0


def test_closed_once_it_visits_nobody_who_listens_there_now() -> None:
    server = tcp_echo.serve()
    server.close()
    with socket.create_server(server.address) as other:
        server.close()
        assert not ready(other, 0.1), "a visit to somebody else"


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
