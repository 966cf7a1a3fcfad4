"""Our figures agree with a packet capture of the same run, in bytes and in segments."""

from __future__ import annotations

import sys
from contextlib import ExitStack

import pytest

from tests.comparison.wire import Packet, capture, carried
from wslab.comparison.result import Row
from wslab.comparison.run import measure_at
from wslab.comparison.ways import Way, all_ways
from wslab.comparison.workload import Workload

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux counts segments, and names its loopback lo"
)

TOLERANCE = 0.02
WORKLOAD = Workload(messages=100, size=16)

Run = tuple[Row, int, list[Packet]]


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    """Every way at 100 x 16 bytes: its row, its server's port, and all packets."""
    ways = [way for way in all_ways() if isinstance(way, Way)]
    with ExitStack() as stack:
        servers = [stack.enter_context(way.serve()) for way in ways]
        ports = [server.address[1] for server in servers]
        line = stack.enter_context(capture(ports))
        rows = [
            measure_at(server, way, WORKLOAD) for server, way in zip(servers, ways, strict=True)
        ]
        packets = line.upto_mark()
    return {row.name: (row, port, packets) for row, port in zip(rows, ports, strict=True)}


def compared(row: Row, port: int, packets: list[Packet]) -> dict[str, tuple[int, int]]:
    """Each figure as we have it, and as the capture has it."""
    up = [packet for packet in packets if packet.target == port]
    down = [packet for packet in packets if packet.source == port]
    ours = row.traffic
    heads = sum(packet.size - packet.payload for packet in (*up, *down))
    return {
        "bytes up": (ours.up, carried(up)),
        "bytes down": (ours.down, carried(down)),
        "segments up": (ours.segments_up, len(up)),
        "segments down": (ours.segments_down, len(down)),
        "segments up with bytes": (ours.data_segments_up, sum(bool(p.payload) for p in up)),
        "on the wire": (ours.wire, carried(up) + carried(down) + heads),
    }


def disagreements(figures: dict[str, tuple[int, int]]) -> list[str]:
    return [
        f"{name}: {ours}, captured: {theirs}"
        for name, (ours, theirs) in figures.items()
        if not theirs or abs(ours - theirs) > TOLERANCE * theirs
    ]


NAMES = [way.name for way in all_ways()]


@pytest.mark.parametrize("name", NAMES)
def test_the_figures_are_those_of_the_capture(name: str, runs: dict[str, Run]) -> None:
    if name not in runs:
        assert name == "WebSocket over TLS" or "HTTP/2" in name
        pytest.skip("trustme or h2 is not installed")
    figures = compared(*runs[name])
    print(figures)
    assert disagreements(figures) == []
    assert not runs[name][0].traffic.modelled


@pytest.mark.parametrize("name", ["TCP", "WebSocket", "HTTP kept alive"])
def test_a_capture_that_lacks_a_few_packets_does_not_agree(name: str, runs: dict[str, Run]) -> None:
    row, port, packets = runs[name]
    ours = [packet for packet in packets if port in (packet.source, packet.target)]
    assert disagreements(compared(row, port, ours)) == []
    fewer = [packet for number, packet in enumerate(ours) if number % 21]  # about 5 % less
    assert len(disagreements(compared(row, port, fewer))) == 6


def test_bytes_that_were_sent_again_count_once() -> None:
    first, second = Packet(1, 2, 1, 10, 62), Packet(1, 2, 11, 5, 57)
    other = Packet(3, 2, 1, 7, 59)
    assert carried([first, second, other]) == 22
    assert carried([first, second, first, Packet(1, 2, 1, 15, 67), other]) == 22
    assert carried([first, other]) == 17
