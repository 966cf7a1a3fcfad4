"""A packet capture on loopback, by tshark: every packet that the system really moved."""

from __future__ import annotations

import os
import queue
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from tests.support.visit import missing

DEADLINE = 20.0  # seconds that the capture may take to begin, and to show the last packet
UDP_HEAD = 8  # bytes
FIELDS = ("udp.length", "tcp.srcport", "tcp.dstport", "tcp.seq", "tcp.len", "ip.len")


class Packet(NamedTuple):
    """One segment as it went over loopback. ``size`` counts the heads of IP and TCP too."""

    source: int
    target: int
    sequence: int
    payload: int
    size: int


def carried(packets: list[Packet]) -> int:
    """The bytes of the streams in there, each once: what was sent again is no new byte."""
    total, ends = 0, dict[tuple[int, int], int]()
    for packet in sorted(packets, key=lambda packet: packet.sequence):
        stream = packet.source, packet.target
        start = max(ends.get(stream, 0), packet.sequence)
        end = packet.sequence + packet.payload
        total += max(0, end - start)
        ends[stream] = max(start, end)
    return total


class Capture:
    """The packets of some TCP ports, as they come. UDP packets of our own mark begin and end."""

    def __init__(self, process: subprocess.Popen[str], mark: socket.socket) -> None:
        self._process = process
        self._mark = mark
        self._marks = 0
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.upto_mark()

    def upto_mark(self) -> list[Packet]:
        """All packets that have crossed until now: the mark that comes behind them is the proof."""
        self._marks += 1
        packets: list[Packet] = []
        deadline = time.monotonic() + DEADLINE
        self._send_mark()
        while time.monotonic() < deadline:
            try:
                length, *fields = self._lines.get(timeout=0.2).split("\t")
            except queue.Empty:
                self._check_alive()
                self._send_mark()  # those from before the capture began are not in it
                continue
            if not length:
                packets.append(Packet(*map(int, fields)))
            elif int(length) == UDP_HEAD + self._marks:
                return packets
        pytest.fail("the capture does not show what was sent")

    def _send_mark(self) -> None:
        """A datagram of our own, as long as its number: older ones may still be on their way."""
        self._mark.sendto(bytes(self._marks), self._mark.getsockname())

    def _check_alive(self) -> None:
        if self._process.poll() is not None:
            assert self._process.stderr is not None
            complaint = self._process.stderr.read()
            if "permission" in complaint.lower() or "not permitted" in complaint.lower():
                pytest.skip(f"this system does not let us capture packets: {complaint.strip()}")
            pytest.fail(f"tshark ended: {complaint}")

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))


@contextmanager
def capture(ports: list[int]) -> Iterator[Capture]:
    """Capture TCP on these ports until the block ends."""
    program = shutil.which("tshark") or missing("tshark is not installed")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mark:
        mark.bind(("127.0.0.1", 0))
        wanted = " or ".join(f"tcp port {port}" for port in ports)
        wanted += f" or udp port {mark.getsockname()[1]}"
        loopback = "lo" if os.name == "posix" and os.uname().sysname == "Linux" else "lo0"
        command = [program, "-i", loopback, "-n", "-l", "-f", wanted, "-T", "fields"]
        command += [word for field in FIELDS for word in ("-e", field)]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            yield Capture(process, mark)
        finally:
            process.terminate()
            process.communicate(timeout=DEADLINE)
