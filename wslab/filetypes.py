"""What bytes are when they are no frames: files with a known beginning, and packets of a network.

Sources: the file formats' own specifications; RFC 791 (IPv4), RFC 8200 (IPv6), RFC 9293 (TCP),
RFC 8446 §5.1 (TLS records), RFC 9113 §3.4 (HTTP/2).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .dumps import LooksLike

_CAPTURE = (
    "Write out the stream: tshark -r FILE -q -z follow,tcp,hex,0 > talk.txt, "
    "and explain talk.txt. Or open it in Wireshark"
)
_DECODE = "Unpack it first"
_NO_BYTES = "Frames may carry one, but no frame begins like this"
_ENCRYPTED = (
    "It's encrypted, so the frames in it can't be seen. Record inside the connection: "
    "wslab record, or a relay to a server without TLS"
)
_TYPES = (
    (rb"\xd4\xc3\xb2\xa1|\xa1\xb2\xc3\xd4|\x4d\x3c\xb2\xa1|\xa1\xb2\x3c\x4d|"
     rb"\xa1\xb2\xcd\x34|\x34\xcd\xb2\xa1", "a capture file (pcap)", _CAPTURE),
    (rb"\x0a\x0d\x0d\x0a", "a capture file (pcapng), a capture for Wireshark", _CAPTURE),
    (rb"\x1f\x8b", "gzip", _DECODE),
    (rb"PK(?:\x03\x04|\x05\x06|\x07\x08)", "a ZIP archive", _DECODE),
    (rb"BZh[1-9]1AY|\xfd7zXZ\0|\x28\xb5\x2f\xfd|7z\xbc\xaf\x27\x1c|\x04\x22\x4d\x18",
     "a compressed file", _DECODE),
    (rb"\x78[\x01\x5e\x9c\xda]", "zlib data", _DECODE),
    (rb"[\x14-\x18]\x03[\x00-\x04][\x00-\x41].", "a TLS record", _ENCRYPTED),
    (rb"\x89PNG\r\n\x1a\n", "a PNG image", _NO_BYTES),
    (rb"\xff\xd8\xff", "a JPEG image", _NO_BYTES),
    (rb"GIF8[79]a", "a GIF image", _NO_BYTES),
    (rb"RIFF....(?:WEBP|WAVE|AVI )", "an image, a sound or a video (RIFF)", _NO_BYTES),
    (rb"\0\0\0.ftyp", "a video (MP4)", _NO_BYTES),
    (rb"\0\0[\x01\x02]\0[\x01-\xff]\0", "an icon", _NO_BYTES),
    (rb"%PDF-", "a PDF file", _NO_BYTES),
    (rb"\x7fELF|MZ.{58}|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba\xbe|\0asm", "a program", _NO_BYTES),
    (rb"SQLite format 3\0", "an SQLite database", _NO_BYTES),
    (rb"PRI \* HTTP/2", "the beginning of HTTP/2",
     "WebSocket over HTTP/2 (RFC 8441) isn't explained here. Use HTTP/1.1"),
    (rb"SSH-[12]\.", "the beginning of SSH", _NO_BYTES),
    (rb"\x30\x82..\x30", "a certificate or key (DER)", _NO_BYTES),
    (rb"\x80[\x02-\x05](?:\x95.{6}\0|[}\]c(X])", "a Python pickle", _NO_BYTES),
    (rb"\x93NUMPY", "a NumPy array", _NO_BYTES),
)  # fmt: skip
_KNOWN = [(re.compile(start, re.DOTALL), name, advice) for start, name, advice in _TYPES]


def refuse_known(data: bytes) -> None:
    """Raise LooksLike if these bytes begin as a known kind of file or protocol does."""
    for start, name, advice in _KNOWN:
        if start.match(data):
            raise LooksLike(f"{name}. {advice}")


class Packet(NamedTuple):
    """What a packet of TCP carries, and where that belongs."""

    names: str
    sender: bytes
    receiver: bytes
    """Address and port of each end."""
    sequence: bytes
    payload: bytes


_LINKS = (
    (14, rb".{12}(?:\x08\x00\x45|\x86\xdd\x60)", "Ethernet, "),
    (18, rb".{12}\x81\x00..(?:\x08\x00\x45|\x86\xdd\x60)", "Ethernet, "),
    (16, rb"\0[\x00-\x04].{12}(?:\x08\x00|\x86\xdd)", "Linux cooked, "),
    (20, rb"(?:\x08\x00|\x86\xdd)\0\0.{16}", "Linux cooked, "),
    (4, rb"(?:[\x02\x18\x1c\x1e]\0\0\0|\0\0\0[\x02\x18\x1c\x1e])[\x45-\x4f\x60]", "loopback, "),
    (0, rb"[\x45-\x4f\x60-\x6f]", ""),
)
"""Where the IP header begins in a packet of each kind of link, and how to recognise that link."""
_MOST_PADDING = 46  # Ethernet fills a short packet up, and some captures keep its checksum


def unpack(data: bytes) -> Packet | None:
    """The TCP payload of a whole packet; None if it is none.

    Raises:
        LooksLike: A packet without bytes of a TCP stream.
    """
    for start, pattern, link in _LINKS:
        if re.match(pattern, data, re.DOTALL) and (packet := _unpack_ip(data, start, link)):
            return packet
    return None


def _unpack_ip(data: bytes, start: int, link: str) -> Packet | None:
    ip = data[start:]
    if len(ip) < 40:
        return None
    if ip[0] >> 4 == 4:
        name, header, protocol = "IPv4", 4 * (ip[0] & 15), ip[9]
        total, addresses = int.from_bytes(ip[2:4], "big"), ip[12:20]
    else:
        name, header, protocol = "IPv6", 40, ip[6]
        total, addresses = 40 + int.from_bytes(ip[4:6], "big"), ip[8:40]
    if ip[0] >> 4 not in (4, 6) or not 20 <= header < total:
        return None
    if not total <= len(ip) <= total + _MOST_PADDING:
        sure = link.startswith("E") or (name == "IPv4" and ip[6] in (0, 0x40))
        if sure and total > len(ip) and protocol == 6:
            raise LooksLike(
                f"a packet ({link}{name}) of which only {len(ip)} of {total} bytes are here. "
                "Copy all of them"
            )
        return None
    if protocol != 6:
        kind = {17: "UDP", 1: "ICMP", 58: "ICMP"}.get(protocol, f"protocol {protocol}")
        raise LooksLike(f"a packet of {kind} ({link}{name}). WebSocket runs over TCP")
    tcp = ip[header:total]
    offset = 4 * (tcp[12] >> 4) if len(tcp) >= 20 else 0
    if not 20 <= offset <= len(tcp):
        return None
    half = len(addresses) // 2
    sender, receiver = addresses[:half] + tcp[:2], addresses[half:] + tcp[2:4]
    names = f"{link}{name} and TCP headers"
    return Packet(names, sender, receiver, tcp[4:8], tcp[offset:])
