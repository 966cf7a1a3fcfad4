"""How many TCP segments crossed a socket: the kernel's own count, or a model of it.

A segment here is all that TCP hands to IP in one piece: those that carry bytes, those that only
acknowledge, and those that open and end the connection (SYN, FIN). A retransmission counts again.
"""

from __future__ import annotations

import socket
import struct
import sys
import time
from typing import Any, NamedTuple

from ..net import plain

MSS = 1460
"""How many bytes a segment of the model carries at most: what fits an Ethernet frame."""

SETTLING = 0.5
"""How long the end of a connection may take to be counted, in seconds."""

# FIN_WAIT1, FIN_WAIT2, LAST_ACK, CLOSING: we have finished, and something is still to come.
_ENDING = {4, 5, 9, 11}
_TIMESTAMPS = 1  # TCPI_OPT_TIMESTAMPS


class Segments(NamedTuple):
    """Segments that this end sent and received; ``data_sent`` of them carried bytes."""

    sent: int
    received: int
    data_sent: int


class KernelCount(NamedTuple):
    """What Linux knows about a connection of its own."""

    segments: Segments
    timestamps: bool
    """Whether each segment carries the time stamps of RFC 7323: 12 bytes more."""
    ending: bool
    """Whether we have ended the connection, and its last segments are still on their way."""


def kernel_count(sock: Any) -> KernelCount | None:
    """What TCP_INFO says, or None on a system that does not count segments (all but Linux).

    The places are those of ``struct tcp_info`` in linux/tcp.h, which only ever grows at its end;
    RFC 4898 (tcpEStatsPerfSegsOut) defines the counters.
    """
    if sys.platform != "linux":
        return None
    try:
        info = plain(sock).getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    except OSError:  # closed already
        return None
    if len(info) < 160:  # a kernel before 4.6
        return None
    sent, received = struct.unpack_from("=II", info, 136)  # tcpi_segs_out, tcpi_segs_in
    (data_sent,) = struct.unpack_from("=I", info, 156)  # tcpi_data_segs_out
    timestamps = bool(info[5] & _TIMESTAMPS)  # tcpi_options
    return KernelCount(Segments(sent, received, data_sent), timestamps, info[0] in _ENDING)


def final_count(sock: Any) -> KernelCount | None:
    """The same for a connection that we have ended, as soon as its last segment is counted."""
    deadline = time.monotonic() + SETTLING
    count = kernel_count(sock)
    while count and count.ending and time.monotonic() < deadline:
        time.sleep(0.001)
        count = kernel_count(sock)
    return count


class SegmentModel:
    """The count by the book, for systems that keep none.

    Three segments to open (SYN, SYN+ACK, ACK) and three to end (FIN, FIN+ACK, ACK); for each write
    as many as its bytes need; and an acknowledgement alone for each receive that is followed by
    another: where a write follows, that one carries it.
    """

    def __init__(self) -> None:
        self._sent, self._received, self._data_sent = 2, 1, 0
        self._acknowledge = False

    def write(self, size: int) -> None:
        """Count ``size`` bytes that were sent in one call."""
        pieces = -(-size // MSS)
        self._sent += pieces
        self._data_sent += pieces
        self._acknowledge = False

    def read(self, size: int) -> None:
        """Count ``size`` bytes that came in one call."""
        self._received += -(-size // MSS)
        self._sent += self._acknowledge
        self._acknowledge = True

    def end(self) -> None:
        """Count the end of the connection."""
        self._sent += 2
        self._received += 1

    @property
    def segments(self) -> Segments:
        """The count up to now."""
        return Segments(self._sent, self._received, self._data_sent)
