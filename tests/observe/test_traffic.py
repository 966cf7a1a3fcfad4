"""The meter: every byte at the socket, every time that the client had to wait."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from wslab import net, tcp_echo
from wslab.observe import traffic
from wslab.observe.recording import Event
from wslab.observe.traffic import Meter
from wslab.protocol.rfc import Role
from wslab.tcp_server import Server


@pytest.fixture
def server(nothing_stays: None) -> Iterator[Server]:
    with tcp_echo.serve() as server:
        yield server


def echo(meter: Meter, *words: bytes) -> None:
    with meter.open() as sock:
        assert list(tcp_echo.say(sock, words)) == list(words)
        net.lingering_close(sock, 5.0)


def test_bytes_are_those_that_crossed(server: Server) -> None:
    with Meter(server.address) as meter:
        echo(meter, b"Hello", b"TCP")
        echo(meter, b"again")
        count = meter.traffic()
    assert (count.connections, count.up, count.down) == (2, 13, 13)
    assert count.data_segments_up == 3
    assert count.segments_up >= 2 * 4 + 3  # SYN, ACK, FIN, ACK, and what carries bytes
    assert count.modelled is (sys.platform != "linux")


def test_the_wire_has_a_head_for_each_segment(server: Server) -> None:
    with Meter(server.address) as meter:
        echo(meter, b"Hello")
        count = meter.traffic()
    segments = count.segments_up + count.segments_down
    assert count.wire == 10 + (segments * 52 + 16 if count.timestamps else segments * 40 + 24)


def test_what_was_added_since(server: Server) -> None:
    with Meter(server.address) as meter, meter.open() as sock:
        list(tcp_echo.say(sock, [b"Hello"]))
        before = meter.traffic()
        list(tcp_echo.say(sock, [b"abc"]))
        added = meter.traffic() - before
    assert (added.connections, added.up, added.down, added.data_segments_up) == (0, 3, 3, 1)
    assert added.segments_up >= 1


def test_the_count_outlives_the_meter_and_its_sockets(server: Server) -> None:
    with Meter(server.address) as meter:
        sock = meter.open()
        sock.sendall(b"Hello")
    assert sock.fileno() == -1
    assert meter.traffic().up == 5
    sock.close()
    assert meter.traffic().up == 5


def test_round_trips_are_the_waits_of_the_client() -> None:
    def up(size: int = 1) -> Event:
        return Event(0.0, Role.CLIENT, b"", size)

    def down(size: int = 1) -> Event:
        return Event(0.0, Role.SERVER, b"", size)

    def trips(*events: Event) -> int:
        meter = Meter(("127.0.0.1", 1))
        for event in events:
            meter.note(event)
        return meter.round_trips

    assert trips(up(), down()) == 1
    assert trips(up(), up(), down(), down()) == 1, "sent together, answered together"
    assert trips(up(), down(), up(), down()) == 2
    assert trips(down(), up()) == 0, "the server spoke first: nobody waited for an answer"
    assert trips(up(), down(0)) == 0, "an end is no answer"


def test_connections_opened_together_count_once(server: Server) -> None:
    with Meter(server.address) as meter, meter.open(), meter.open():
        assert meter.round_trips == 1
        echo(meter, b"Hello")
        assert meter.round_trips == 2
        echo(meter, b"Hello")
        assert meter.round_trips == 4


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts segments")
def test_the_model_is_near_to_what_the_kernel_counts(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [b"0123456789abcdef"] * 100
    with Meter(server.address) as meter:
        echo(meter, *words)
        counted = meter.traffic()
        # As on a system that does not count.
        monkeypatch.setattr(traffic, "kernel_count", lambda sock: None)
        monkeypatch.setattr(traffic, "final_count", lambda sock: None)
    with Meter(server.address) as meter:
        echo(meter, *words)
        modelled = meter.traffic()
    assert modelled.modelled
    assert not counted.modelled
    assert (modelled.segments_up, modelled.segments_down) == (104, 102)
    assert modelled.segments_up == pytest.approx(counted.segments_up, rel=0.2)
    assert modelled.segments_down == pytest.approx(counted.segments_down, rel=0.2)
    assert modelled.wire == pytest.approx(counted.wire, rel=0.2)
