"""A bad line: late, in pieces, forgetful, dead; and what comes out is what was sent, or nothing."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.experiments.clocks import HandClock
from tests.support.peers import DEADLINE, alone, dial, read_to_end, reset
from wslab import tcp_echo, ws_echo
from wslab.errors import Error
from wslab.experiments import link as experiment
from wslab.experiments.link import Clock, FastForward, Link, Shape, effects
from wslab.experiments.link.shape import Timetable
from wslab.experiments.link.wire import CAPACITY, Wire
from wslab.protocol.rfc import Role
from wslab.tcp_server import Peer, Server

CLIENT, SERVER = Role.CLIENT, Role.SERVER

pytestmark = pytest.mark.usefixtures("nothing_stays")


def eventually(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.002)


class Listener:
    """A server that reads to the end, and notes what it hears and how that ended."""

    def __init__(self) -> None:
        self.heard = bytearray()
        self.ends: queue.SimpleQueue[str] = queue.SimpleQueue()

    def __call__(self, peer: Peer) -> None:
        try:
            while data := peer.sock.recv(1000):
                self.heard += data
            self.ends.put("goodbye")
        except OSError as error:
            self.ends.put(type(error).__name__)


@contextlib.contextmanager
def listening(**how: Any) -> Iterator[tuple[Listener, Link, socket.socket]]:
    """A listener, a link to it, and a client of the link whose connection stands."""
    listener = Listener()
    with (
        Server(listener) as server,
        Link(server.address, **how) as link,
        dial(link) as sock,
    ):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        eventually(lambda: link._lines and server.connections)
        yield listener, link, sock


# ------------------------------------------------------------ when, and in which pieces


def test_a_good_line_changes_nothing() -> None:
    words = ["Hello", b"\x00" * 100_000, ""]
    with ws_echo.serve() as server, Link(server.address) as link:
        with ws_echo.connect(link.ws_url) as ws:
            assert list(ws_echo.say(ws, words)) == words
        alone(link)
        assert link.vanished == {CLIENT: 0, SERVER: 0}
        assert ws.close_code == 1000


def test_a_delay_holds_bytes_back_until_their_time() -> None:
    clock = HandClock()
    with listening(delay=60.0, clock=clock) as (listener, link, sock):
        sock.sendall(b"late")
        eventually(lambda: link.in_flight == 4)
        clock.turn(59.0)
        assert not listener.heard
        assert link.in_flight == 4
        clock.turn(1.0)
        eventually(lambda: listener.heard == b"late")
        assert link.in_flight == 0


def test_a_delay_holds_for_each_direction() -> None:
    clock = FastForward()
    with (
        tcp_echo.serve() as server,
        Link(server.address, delay=100.0, clock=clock) as link,
        tcp_echo.connect(link.url) as sock,
    ):
        start = clock.now()
        assert list(tcp_echo.say(sock, [b"there and back"])) == [b"there and back"]
        assert clock.now() - start >= 200.0


def test_a_narrow_line_lets_bytes_through_one_after_another() -> None:
    line = Timetable(Shape(delay=5.0, bandwidth=10.0))
    assert line.arrival(0.0, 20) == 7.0
    assert line.arrival(1.0, 10) == 8.0  # has to queue behind the first
    assert line.arrival(100.0, 10) == 106.0  # the line is free again
    clock = FastForward()
    with listening(bandwidth=10.0, split=10, clock=clock) as (listener, link, sock):
        start = clock.now() - link.recordings[0].start
        sock.sendall(bytes(50))
        eventually(lambda: len(listener.heard) == 50)
        times = [event.time - start for event in link.recordings[0]]
    assert all(time >= number for number, time in enumerate(times, 1))


def test_without_a_limit_bytes_do_not_queue() -> None:
    line = Timetable(Shape())
    assert [line.arrival(3.0, 10**9), line.arrival(3.0, 1), line.arrival(4.0, 1)] == [3.0, 3.0, 4.0]


@pytest.mark.parametrize("split", [1, 7])
def test_a_splitting_line_keeps_the_bytes_and_not_the_pieces(split: int) -> None:
    with ws_echo.serve() as server, Link(server.address, split=split) as link:
        with ws_echo.connect(link.ws_url) as ws:
            assert list(ws_echo.say(ws, ["Grüße", b"x" * 300])) == ["Grüße", b"x" * 300]
        alone(link)
        (recording,) = link.recordings
    assert max(event.size for event in recording) == split


def test_a_gluing_line_makes_one_piece_of_several() -> None:
    clock = HandClock()
    with listening(glue=5.0, clock=clock) as (listener, link, sock):
        for number, word in enumerate((b"one", b"two", b"six"), 1):
            sock.sendall(word)
            eventually(lambda size=3 * number: link.in_flight == size)  # type: ignore[misc]
        clock.turn(5.0)
        eventually(lambda: listener.heard == b"onetwosix")
        assert [event.data for event in link.recordings[0]] == [b"onetwosix"]


def test_a_wire_that_is_full_lets_nobody_in() -> None:
    """The sender is held up, as on a real line: nothing piles up in here."""
    wire = Wire(Shape(), Clock())
    wire.put(bytes(CAPACITY))
    late = threading.Thread(target=wire.put, args=(b"late",), daemon=True)
    late.start()
    late.join(0.05)
    assert late.is_alive()
    out = wire.pieces()
    assert len(next(out)) == CAPACITY
    late.join(DEADLINE)
    assert next(out) == b"late"


@pytest.mark.parametrize(
    "wrong", [{"delay": -1}, {"glue": -1}, {"bandwidth": 0}, {"split": 0}], ids=str
)
def test_a_line_that_makes_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r" is | has "):
        Link(("127.0.0.1", 1), **wrong)


def test_this_machine_only() -> None:
    with pytest.raises(Error, match="this machine only"):
        Link(("127.0.0.1", 1), "0.0.0.0")


# ------------------------------------------------------------ ends that are heard


def test_a_goodbye_comes_through_and_the_answer_too() -> None:
    with tcp_echo.serve() as server, Link(server.address) as link, dial(link, b"Hello") as sock:
        sock.shutdown(socket.SHUT_WR)
        assert read_to_end(sock) == b"Hello"
        alone(link)


@pytest.mark.parametrize("leave", [socket.socket.close, reset], ids=["FIN", "RST"])
def test_on_a_good_line_each_end_is_heard(leave: Callable[[socket.socket], None]) -> None:
    with listening() as (listener, link, sock):
        leave(sock)
        assert listener.ends.get(timeout=DEADLINE) in ("goodbye", "ConnectionResetError")
        alone(link)


# ------------------------------------------------------------ ends that are not


@pytest.mark.parametrize("leave", [socket.socket.close, reset], ids=["FIN", "RST"])
def test_a_line_that_is_lost_tells_nobody(leave: Callable[[socket.socket], None]) -> None:
    with listening() as (listener, link, sock):
        sock.sendall(b"heard")
        eventually(lambda: listener.heard == b"heard")
        link.lose()
        sock.sendall(b"into nothing")  # and send does not mind
        eventually(lambda: link.vanished[CLIENT] == len(b"into nothing"))
        leave(sock)
        eventually(lambda: CLIENT in next(iter(link._lines))._ended)
        assert listener.heard == b"heard"
        assert listener.ends.empty()
    assert listener.ends.get(timeout=DEADLINE)  # the end of the link itself is heard


def test_the_server_is_lost_as_well() -> None:
    """What the server sends vanishes, and when it gives up, the client is not told either."""
    go = threading.Event()

    def talk(peer: Peer) -> None:
        go.wait(DEADLINE)
        peer.sock.sendall(b"can you hear me?")

    with Server(talk) as server, Link(server.address) as link, dial(link) as sock:
        eventually(lambda: link._lines)
        link.lose()
        go.set()
        alone(server)
        eventually(lambda: link.vanished[SERVER] == 16)
        sock.settimeout(0.1)
        with pytest.raises(TimeoutError):
            sock.recv(1)
        assert link.connections == 1
        sock.close()  # now both have given up
        alone(link)
        assert not link._lines


def test_after_a_loss_a_new_line_works() -> None:
    with ws_echo.serve(close_timeout=0.1) as server, Link(server.address) as link:
        with ws_echo.connect(link.ws_url, close_timeout=0.1) as ws:
            link.lose()
            ws.send("anyone?")
            with pytest.raises(TimeoutError):
                ws.recv(timeout=0.1)
            with ws_echo.connect(link.ws_url) as again:
                assert list(ws_echo.say(again, ["Hello"])) == ["Hello"]
        assert ws.close_code == 1006


def test_a_router_forgets_who_is_silent() -> None:
    clock = HandClock()
    with (
        tcp_echo.serve() as server,
        Link(server.address, idle_timeout=60.0, clock=clock) as link,
        tcp_echo.connect(link.url) as sock,
    ):
        sock.settimeout(DEADLINE)
        for _ in range(3):
            clock.turn(60.0)  # just in time, each time
            assert list(tcp_echo.say(sock, [b"still here"])) == [b"still here"]
        clock.turn(60.1)
        sock.sendall(b"too late")
        eventually(lambda: link.vanished[CLIENT] == 8)
        sock.settimeout(0.05)
        with pytest.raises(TimeoutError):
            sock.recv(1)


def test_who_is_not_wanted_is_sent_away_and_may_come_back() -> None:
    with tcp_echo.serve() as server, Link(server.address) as link:
        link.refusing = True
        with dial(link) as sock, contextlib.suppress(ConnectionResetError):
            assert read_to_end(sock) == b""
        link.refusing = False
        with dial(link, b"Hello") as sock:
            assert tcp_echo.recv_exactly(sock, 5) == b"Hello"


def test_the_link_ends_at_once_however_slow_it_is() -> None:
    with tcp_echo.serve() as server:
        with (
            Link(server.address, delay=1000.0) as link,
            dial(link, bytes(1000)) as sock,
            dial(link) as flooding,
        ):
            eventually(lambda: link.in_flight == 1000)
            flooding.settimeout(0.1)
            with contextlib.suppress(TimeoutError):
                while True:
                    flooding.sendall(bytes(2**16))
            assert link.in_flight >= CAPACITY
            start = time.monotonic()
            link.close()
            assert time.monotonic() - start < 5
            assert link.connections == 0
            with contextlib.suppress(ConnectionResetError):
                assert read_to_end(sock) == b""
        alone(server)


# ------------------------------------------------------------ the experiment


@pytest.mark.parametrize("clock", [Clock(), FastForward()], ids=["real", "fast"])
def test_each_bad_habit_shows_and_the_good_line_has_none(clock: Clock) -> None:
    found = experiment.run(clock=clock)
    for row in found.rows:
        if row.name != "lost":
            assert b"".join(row.arrived) == b"".join(row.sent) == b"one two three four"
            assert row.told
            assert row.vanished == 0
            assert row.seconds is not None
    assert (found["delay"].seconds or 0) >= 0.2
    assert (found["bandwidth"].seconds or 0) >= 0.39
    assert max(map(len, found["split"].arrived)) <= 3
    lost = found["lost"]
    assert (lost.arrived, lost.seconds, lost.vanished, lost.told) == ((), None, 18, False)
    text = str(found)
    assert max(map(len, text.splitlines())) <= 80
    assert "never" in text


def test_an_interrupted_run_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(condition: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(effects, "_wait_for", interrupt)
    with pytest.raises(KeyboardInterrupt):
        experiment.run()
    monkeypatch.undo()
    assert experiment.run(clock=FastForward())["good"].told


def test_a_fast_clock_skips_what_is_slept_and_counts_it() -> None:
    clock, event = FastForward(), threading.Event()
    before = clock.now()
    assert clock.wait(event, 3600.0) is False
    assert 3600 <= clock.now() - before < 3700
    event.set()
    before = clock.now()
    assert clock.wait(event, 3600.0) is True
    assert clock.now() - before < 3600
