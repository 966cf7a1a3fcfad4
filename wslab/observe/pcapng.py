"""A recording as a capture file that Wireshark opens: pcapng, a chain of simple blocks.

A recording holds what crossed a socket: the bytes above TCP. A capture holds packets. The packets
are made up here as TCP on loopback might have sent them, and the file says so in a comment. What
is true in them: the bytes, their order, their direction, and the times (to the microsecond).

Sources: draft-ietf-opsawg-pcapng (the file), RFC 791 (IP), RFC 9293 (TCP), RFC 1071 (checksums).
"""

from __future__ import annotations

import heapq
import struct
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import NamedTuple

from ..errors import Error
from ..protocol.rfc import Role
from .files import AnyPath, atomic_write
from .recording import Event, Recording

DECLARATION = (
    "Made by wslab from a recording of what crossed a socket, above TCP. The IP and TCP headers, "
    "the TCP handshake, the ACKs and the port numbers are synthetic: no network carried these "
    "packets. The bytes inside, their order, direction and times are those of the recording. "
    "Times count from its start, so the date is 1970-01-01."
)

MSS = 65495
"""How many bytes one segment carries at most: what Linux offers on loopback, and all that the
16-bit length of an IPv4 packet leaves room for. So almost every send stays one packet."""

CLIENT_PORTS = range(49152, 65536)
"""Where systems take the client's port from (RFC 6335 §6): one for each connection."""

MAGIC = bytes.fromhex("0A0D0D0A")
"""How every such file begins: a type of block that reads the same in either byte order, and that
is damaged if someone has changed the ends of its lines."""

_HEADERS = 40  # bytes: IP and TCP, without options
_LINKTYPE_RAW = 101  # packets begin with the IP header: no Ethernet to make up
_FIN, _SYN, _PSH, _ACK = 0x01, 0x02, 0x08, 0x10


def write_pcapng(
    path: AnyPath, recordings: Iterable[Recording], *, port: int | None = None
) -> None:
    """Write recordings, each of one connection, into one capture file, in the order of time.

    ``port`` is the server's in the capture. By default it is 80 if the client begins with HTTP, so
    that Wireshark reads on by itself, and otherwise 7, the port of the echo service (RFC 862).
    Bytes that the recording did not keep become packets that were captured without their payload.
    Raises Error if the file cannot be written; then nothing of it stays.
    """
    every = list(recordings)
    if port is not None and not 1 <= port <= 65535:
        raise Error(f"{port} is not a port: use 1 to 65535.")
    client_ports = [number for number in CLIENT_PORTS if number != port]
    if len(every) > len(client_ports):
        raise Error(f"{len(every)} connections are too many for one file: {len(client_ports)}.")
    zero = min((recording.start for recording in every), default=0.0)
    talks = [
        _packets(recording, recording.start - zero, _Connection(client, port or _port(recording)))
        for recording, client in zip(every, client_ports, strict=False)
    ]
    with atomic_write(path) as file:
        file.write(_section_header() + _interface())
        nanoseconds = -1
        for packet in heapq.merge(*talks, key=attrgetter("time")):
            # Packets that one event becomes share its time; a capture has them one by one.
            nanoseconds = max(nanoseconds + 1, round(packet.time * 1e9))
            file.write(_enhanced_packet(packet, nanoseconds))


def _port(recording: Recording) -> int:
    first = next((event.data for event in recording.events if event.data), b"")
    return 80 if b" HTTP/1." in first.partition(b"\n")[0] else 7


# ------------------------------------------------------------ from events to packets


class _Packet(NamedTuple):
    """An IP packet; of its payload ``missing`` bytes were not kept."""

    time: float
    data: bytes
    missing: int = 0
    comment: str = ""


def _packets(recording: Recording, begin: float, connection: _Connection) -> Iterator[_Packet]:
    """The life of one connection, from SYN to FIN."""
    first = recording.events[0].time if recording.events else 0.0
    lost = [f"{size} from the {role.value}" for role, size in recording.dropped.items() if size]
    comment = "The recording was full before the end; missing there, in bytes: " + ", ".join(lost)
    yield from connection.open(begin + first, comment if lost else "")
    ended: set[Role] = set()
    for event in recording.events:
        if event.sender in ended:
            continue  # written after its own end: TCP would not have sent it
        event = event._replace(time=begin + event.time)
        if event.size:
            yield from connection.send(event)
        else:
            ended.add(event.sender)
            yield from connection.end(event)


class _Connection:
    """The two ends of a TCP connection on loopback, and how far each has counted."""

    def __init__(self, client_port: int, server_port: int) -> None:
        self._ports = {Role.CLIENT: client_port, Role.SERVER: server_port}
        # Real ends begin at a random number (RFC 9293 §3.4.1). From 0 the numbers can be followed:
        # SYN counts as one byte, so the first byte of each direction is number 1.
        self._next = {Role.CLIENT: 0, Role.SERVER: 0}

    def open(self, time: float, comment: str) -> Iterator[_Packet]:
        """The three-way handshake (RFC 9293 §3.5)."""
        size_option = struct.pack("!BBH", 2, 4, MSS)
        syn = self._packet(Role.CLIENT, _SYN, options=size_option)
        yield _Packet(time, syn, comment=comment)
        yield _Packet(time, self._packet(Role.SERVER, _SYN | _ACK, options=size_option))
        yield _Packet(time, self._packet(Role.CLIENT, _ACK))

    def send(self, event: Event) -> Iterator[_Packet]:
        """Segments, each with the ACK of the other end; what was not kept comes last."""
        kept = len(event.data)
        for at in range(0, kept, MSS):
            piece = event.data[at : at + MSS]
            flags = _ACK | _PSH if at + len(piece) == event.size else _ACK
            yield _Packet(event.time, self._packet(event.sender, flags, piece))
            yield self._ack(event)
        for at in range(kept, event.size, MSS):
            missing = min(MSS, event.size - at)
            data = self._packet(event.sender, _ACK, missing=missing)
            comment = f"The recording did not keep the {missing} bytes of this segment."
            yield _Packet(event.time, data, missing, comment)
            yield self._ack(event)

    def end(self, event: Event) -> Iterator[_Packet]:
        """FIN: no more bytes from here. The other direction may go on (RFC 9293 §3.6)."""
        yield _Packet(event.time, self._packet(event.sender, _FIN | _ACK))
        yield self._ack(event)

    def _ack(self, event: Event) -> _Packet:
        return _Packet(event.time, self._packet(event.sender.peer, _ACK))

    def _packet(
        self, sender: Role, flags: int, data: bytes = b"", options: bytes = b"", missing: int = 0
    ) -> bytes:
        """An IP packet with a TCP segment, and the count moved on behind it."""
        number, size = self._next[sender], len(data) + missing
        self._next[sender] = (number + size + bool(flags & (_SYN | _FIN))) % 2**32
        acked = self._next[sender.peer] if flags & _ACK else 0
        ports = struct.pack("!HH", self._ports[sender], self._ports[sender.peer])
        offset = (20 + len(options)) // 4 << 4
        before = ports + struct.pack("!IIBBH", number, acked, offset, flags, 65535)
        after = b"\0\0" + options + data  # no urgent data
        length = 20 + len(options) + size
        addresses = bytes([127, 0, 0, 1]) * 2
        pseudo_header = addresses + struct.pack("!HH", 6, length)  # 6 is TCP
        # The checksum of bytes that nobody kept cannot be known.
        checksum = 0 if missing else _checksum(pseudo_header + before + b"\0\0" + after)
        segment = before + struct.pack("!H", checksum) + after
        # Version 4 and 5 words of header; never to be cut in fragments (0x4000); 64 hops to live.
        ip = struct.pack("!BBHHHBB", 0x45, 0, 20 + length, 0, 0x4000, 64, 6)
        return ip + struct.pack("!H", _checksum(ip + b"\0\0" + addresses)) + addresses + segment


def _checksum(data: bytes) -> int:
    """The checksum of the Internet: the complement of the sum of all 16-bit words (RFC 1071).

    The sum carries around its end, so it is the sum modulo 65535; and because 65536 is 1 modulo
    65535, so is the whole of the data, read as one number.

    >>> hex(_checksum(bytes.fromhex("0001 f203 f4f5 f6f7")))  # the example of RFC 1071 §3
    '0x220d'
    """
    return -int.from_bytes(data + b"\0" * (len(data) % 2), "big") % 0xFFFF


# ------------------------------------------------------------ from packets to blocks


def _block(kind: int, body: bytes) -> bytes:
    """Type, length, body, and the length again, so that a reader can also walk backwards."""
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


_COMMENT, _END = 1, _option(0, b"")


def _section_header() -> bytes:
    # The number 0x1A2B3C4D shows the byte order; -1: how long the section is, is not said.
    fixed = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
    program = _option(4, b"wslab")
    return _block(
        int.from_bytes(MAGIC, "little"),
        fixed + _option(_COMMENT, DECLARATION.encode()) + program + _END,
    )


def _interface() -> bytes:
    fixed = struct.pack("<HHI", _LINKTYPE_RAW, 0, 0)  # no limit to the size of a packet
    return _block(1, fixed + _option(2, b"synthetic") + _option(9, b"\x09") + _END)  # 10**-9 s


def _enhanced_packet(packet: _Packet, nanoseconds: int) -> bytes:
    captured = len(packet.data)
    high, low = nanoseconds >> 32, nanoseconds & 0xFFFFFFFF
    fixed = struct.pack("<IIIII", 0, high, low, captured, captured + packet.missing)
    comment = _option(_COMMENT, packet.comment.encode()) + _END if packet.comment else b""
    return _block(6, fixed + _padded(packet.data) + comment)
