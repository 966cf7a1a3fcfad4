"""Exercise 8, solved in other ways: all of them right."""

from __future__ import annotations

import bisect
import math
import struct
from fractions import Fraction
from itertools import accumulate, count, repeat


def frame_header_ifs(size, *, masked):
    header = 2
    if size > 125:
        header += 2
    if size > 65535:
        header += 6
    if masked:
        header += 4
    return header


def frame_header_sums(size, *, masked):
    return 2 + 2 * (size >= 126) + 6 * (size >= 1 << 16) + 4 * masked


def frame_header_table(size, *, masked):
    return (2, 4, 10)[bisect.bisect([125.5, 65535.5], size)] + (0, 4)[masked]


def frame_header_struct(size, *, masked):
    form = "!BB" if size < 126 else "!BBH" if size < 65536 else "!BBQ"
    return struct.calcsize(form + ("4s" if masked else ""))


def frame_header_match(size, *, masked):
    match size, masked:
        case n, True if n <= 125:
            return 6
        case n, False if n <= 125:
            return 2
        case n, _ if n.bit_length() <= 16:
            return 4 + 4 * masked
    return 14 if masked else 10


def frame_header_built(size, *, masked):
    header = bytearray(b"\x82")
    if size <= 125:
        header += bytes([size])
    elif size < 2**16:
        header += b"\x7e" + size.to_bytes(2, "big")
    else:
        header += b"\x7f" + size.to_bytes(8, "big")
    return len(header) + len(b"mask" if masked else b"")


def frame_header_recursive(size, *, masked):
    if masked:
        return 4 + frame_header_recursive(size, masked=False)
    return 2 if size in range(126) else 4 if size in range(65536) else 10


def frame_header_next(size, *, masked):
    forms = ((125, 2), (0xFFFF, 4), (math.inf, 10))
    return next(header for most, header in forms if size <= most) + (4 if masked else 0)


def frame_header_bits(size, *, masked):
    bits = 16 + 32 * masked
    if size > 125:
        bits += 16 if size <= 0xFFFF else 64
    return bits // 8


class Header:
    def __init__(self, size, masked):
        self.size, self.key = size, 4 if masked else 0

    def __len__(self):
        return 2 + self.extended() + self.key

    def extended(self):
        if self.size < 126:
            return 0
        return 2 if self.size < 65536 else 8


def frame_header_class(size, *, masked):
    return len(Header(size, masked))


def websocket_bytes_two(messages, size):
    up = frame_header(size, masked=True) + size  # noqa: F821 - one of those above
    down = frame_header(size, masked=False) + size  # noqa: F821 - one of those above
    return messages * up, messages * down


def websocket_bytes_loop(messages, size):
    up = down = 0
    header = frame_header(size, masked=False)  # noqa: F821 - one of those above
    for _ in range(messages):
        down += header + size
        up += header + 4 + size
    return up, down


def websocket_bytes_tuple(messages, size):
    return tuple(
        messages * (size + frame_header(size, masked=masked))  # noqa: F821 - from above
        for masked in (True, False)
    )


def websocket_bytes_sum(messages, size):
    one = size + frame_header(size, masked=False)  # noqa: F821 - one of those above
    down = sum(repeat(one, messages))
    return down + 4 * messages, down


def length_prefix_bytes_plain(messages, size):
    return (messages * (size + 4),) * 2


def length_prefix_bytes_struct(messages, size):
    one = struct.calcsize("!I") + size
    return one * messages, one * messages


def length_prefix_bytes_loop(messages, size):
    total = 0
    for _ in range(messages):
        total += 4
        total += size
    return total, total


def http_bytes_plain(messages, size, request_head, response_head):
    return (request_head + size) * messages, (response_head + size) * messages


def http_bytes_heads(messages, size, *heads):
    up, down = (messages * head + messages * size for head in heads)
    return up, down


def http_bytes_map(messages, size, request_head, response_head):
    return tuple(map(lambda head: sum([head + size] * messages), (request_head, response_head)))


def costs(size, request_head, response_head):
    one = sum(websocket_bytes(1, size))  # noqa: F821 - from above
    return one, sum(http_bytes(1, size, request_head, response_head))  # noqa: F821 - from above


def break_even_counting(size, handshake, request_head, response_head):
    one, other = costs(size, request_head, response_head)
    if one >= other:
        return None
    n = 1
    while handshake + n * one >= n * other:
        n += 1
    return n


def break_even_next(size, handshake, request_head, response_head):
    one, other = costs(size, request_head, response_head)
    return next((n for n in count(1) if handshake < n * (other - one)), 1) if other > one else None


def break_even_fraction(size, handshake, request_head, response_head):
    one, other = costs(size, request_head, response_head)
    if other <= one:
        return None
    return math.floor(Fraction(handshake, other - one)) + 1


def break_even_divmod(size, handshake, request_head, response_head):
    one, other = costs(size, request_head, response_head)
    if not other > one:
        return None
    n, _rest = divmod(handshake, other - one)
    return n + 1


def break_even_ceil(size, handshake, request_head, response_head):
    one, other = costs(size, request_head, response_head)
    return None if one >= other else -(-(handshake + 1) // (other - one))


def break_even_bisect(size, handshake, request_head, response_head):
    one, other = costs(size, request_head, response_head)
    if one >= other:
        return None
    low, high = 1, handshake + 1
    while low < high:
        middle = (low + high) // 2
        if handshake + middle * one < middle * other:
            high = middle
        else:
            low = middle + 1
    return low


def break_even_paying_back(size, handshake, request_head, response_head):
    up = frame_header(size, masked=True)  # noqa: F821 - one of those above
    saved = request_head + response_head - 2 * up + 4
    debt = handshake
    for n in range(1, handshake + 2) if saved > 0 else ():
        debt -= saved
        if debt < 0:
            return n
    return None


def break_even_accumulate(size, handshake, request_head, response_head):
    one, other = costs(size, request_head, response_head)
    if other - one < 1:
        return None
    totals = accumulate(repeat(other - one))
    return 1 + sum(1 for _ in iter(lambda: next(totals) <= handshake, False))
