"""The right answers, for the checks: written apart from the solutions, so that both can disagree.

They are asked after the student's code has answered, and never leave the judge's process.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from typing import Any

from wslab.protocol.handshake import accept_value
from wslab.protocol.masking import mask_lanes

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

# ---------------------------------------------------------------- exercise 1


def recv_exactly(recv: Callable[[int], bytes], n: int) -> bytes:
    data = b""
    while len(data) < n:
        more = recv(n - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def send_all(send: Callable[[bytes], int], data: bytes) -> None:
    while data:
        data = data[send(data) :]


def echo(sock: Any) -> None:
    while data := sock.recv(4096):
        sock.sendall(data)


def ask(sock: Any, message: bytes) -> bytes:
    sock.sendall(message)
    return recv_exactly(sock.recv, len(message))


# ---------------------------------------------------------------- exercise 2


def split_lines(chunks: Iterable[bytes]) -> tuple[list[bytes], bytes]:
    lines, rest = [], b"".join(chunks)
    while b"\n" in rest:
        line, _, rest = rest.partition(b"\n")
        lines.append(line)
    return lines, rest


def pack(message: bytes) -> bytes:
    return struct.pack("!I", len(message)) + message


def unpack(buffer: bytes) -> tuple[list[bytes], bytes]:
    messages, at = [], 0
    while len(buffer) - at >= 4:
        (size,) = struct.unpack_from("!I", buffer, at)
        if len(buffer) - at - 4 < size:
            break
        messages.append(buffer[at + 4 : at + 4 + size])
        at += 4 + size
    return messages, buffer[at:]


# ---------------------------------------------------------------- exercise 3

accept_key = accept_value


def parse_request(raw: bytes) -> tuple[str, dict[str, str]]:
    """For requests that are well-formed."""
    first, *lines = raw[: raw.index(b"\r\n\r\n")].decode("latin-1").split("\r\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, value = line.split(":", 1)
        headers.setdefault(name.lower(), []).append(value.strip(" \t"))  # type: ignore[attr-defined]
    return first.split(" ")[1], {name: ", ".join(values) for name, values in headers.items()}


# ---------------------------------------------------------------- exercise 4


def encode_frame(
    opcode: int, payload: bytes, *, fin: bool = True, mask: bytes | None = None
) -> bytes:
    size, bit = len(payload), 0x80 if mask else 0
    first = opcode + (0x80 if fin else 0)
    if size < 126:
        header = struct.pack("!BB", first, bit + size)
    elif size < 1 << 16:
        header = struct.pack("!BBH", first, bit + 126, size)
    else:
        header = struct.pack("!BBQ", first, bit + 127, size)
    return header + mask + mask_lanes(payload, mask) if mask else header + payload


def decode_frame(data: bytes) -> tuple[bool, int, bytes, bytes]:
    """For frames that are well-formed, and whole."""
    size, at = data[1] & 0x7F, 2
    if size >= 126:
        at = {126: 4, 127: 10}[size]
        size = int.from_bytes(data[2:at], "big")
    key = b""
    if data[1] & 0x80:
        key, at = data[at : at + 4], at + 4
    payload = data[at : at + size]
    fin, opcode = data[0] >= 0x80, data[0] & 0x0F
    return fin, opcode, mask_lanes(payload, key) if key else payload, data[at + size :]


def read_frame(recv: Callable[[int], bytes]) -> tuple[bool, int, bytes]:
    """For frames that are well-formed; EOFError where the stream ends in the middle."""
    data = recv_exactly(recv, 2)
    size = data[1] & 0x7F
    data += recv_exactly(recv, {126: 2, 127: 8}.get(size, 0))
    if size >= 126:
        size = int.from_bytes(data[2:], "big")
    data += recv_exactly(recv, size + (4 if data[1] & 0x80 else 0))
    return decode_frame(data)[:3]


# ---------------------------------------------------------------- exercise 5

apply_mask = mask_lanes


def unmask_stream(chunks: Iterable[bytes], key: bytes) -> bytes:
    return mask_lanes(b"".join(chunks), key)


def eavesdrop(frame: bytes) -> bytes:
    return decode_frame(frame)[2]


# ---------------------------------------------------------------- exercise 6

MAY_BE_SENT = {*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)}


def reassemble(frames: Iterable[tuple[bool, int, bytes]]) -> list[tuple[int, str | bytes]]:
    """Raises ValueError, as the student's is asked to."""
    found: list[tuple[int, str | bytes]] = []
    opened: list[tuple[int, bytes]] = []
    for fin, opcode, payload in frames:
        if opcode & 8:
            found.append((opcode, payload))
            continue
        if bool(opcode) == bool(opened):
            raise ValueError("out of order")
        opened.append((opcode, payload))
        if fin:
            data = b"".join(part for _, part in opened)
            found.append((TEXT, data.decode()) if opened[0][0] == TEXT else (BINARY, data))
            opened.clear()
    if opened:
        raise ValueError("not complete")
    return found


def encode_close(code: int, reason: str = "") -> bytes:
    """For codes and reasons that may be sent."""
    return struct.pack("!H", code) + reason.encode()


def decode_close(payload: bytes) -> tuple[int, str]:
    """For payloads that are well-formed."""
    if not payload:
        return 1005, ""
    return struct.unpack("!H", payload[:2])[0], payload[2:].decode()


# ---------------------------------------------------------------- exercise 8


def frame_header(size: int, *, masked: bool) -> int:
    header = len(encode_frame(BINARY, bytes(min(size, 70_000)))) - min(size, 70_000)
    return header + 4 * masked


def websocket_bytes(messages: int, size: int) -> tuple[int, int]:
    one_up, one_down = (frame_header(size, masked=masked) + size for masked in (True, False))
    return messages * one_up, messages * one_down


def length_prefix_bytes(messages: int, size: int) -> tuple[int, int]:
    stream = messages * len(pack(bytes(size)))
    return stream, stream


def http_bytes(messages: int, size: int, request_head: int, response_head: int) -> tuple[int, int]:
    return messages * request_head + messages * size, messages * response_head + messages * size


def break_even(size: int, handshake: int, request_head: int, response_head: int) -> int | None:
    """Counted, not computed: another way than the solution's."""
    most = 100_000
    one = sum(websocket_bytes(1, size))
    other = sum(http_bytes(1, size, request_head, response_head))
    if one >= other:
        return None
    return next(n for n in range(1, most) if handshake + n * one < n * other)
