"""Exercise 5, solved in other ways: all of them right."""

from __future__ import annotations

import operator
import re
import struct
from functools import reduce
from itertools import chain, count, cycle, islice


def apply_mask_index(data, key):
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(data))


def apply_mask_number(data, key):
    n = len(data)
    keys = (key * (n // 4 + 1))[:n]
    return (int.from_bytes(data, "big") ^ int.from_bytes(keys, "big")).to_bytes(n, "big")


def apply_mask_bytearray(data, key):
    result = bytearray(data)
    for i in range(len(result)):
        result[i] ^= key[i & 3]
    return bytes(result)


def apply_mask_tables(data, key):
    result = bytearray(len(data))
    for turn in range(4):
        table = bytes(key[turn] ^ byte for byte in range(256))
        result[turn::4] = data[turn::4].translate(table)
    return bytes(result)


def apply_mask_operator(data, key):
    return bytes(map(operator.xor, data, cycle(key)))


def apply_mask_words(data, key):
    (word,) = struct.unpack("!I", key)
    padded = data + bytes(-len(data) % 4)
    words = struct.iter_unpack("!I", padded)
    return b"".join(struct.pack("!I", one ^ word) for (one,) in words)[: len(data)]


def apply_mask_recursive(data, key):
    if not data:
        return b""
    head = bytes(a ^ b for a, b in zip(data[:4], key, strict=False))
    return head + (apply_mask_recursive(data[4:], key) if len(data) < 800 else
                   apply_mask_index(data[4:], key))  # fmt: skip


def turns(data, key):
    turn = 0
    for byte in data:
        yield byte ^ key[turn]
        turn = (turn + 1) % 4


def apply_mask_generator(data, key):
    return bytes(turns(data, key))


def apply_mask_view(data, key):
    buffer = bytearray(data)
    with memoryview(buffer) as view:
        for start in range(4):
            for at in range(start, len(view), 4):
                view[at] ^= key[start]
    return bytes(buffer)


def apply_mask_bits(data, key):
    return bytes(
        (a | b) & ~(a & b) & 0xFF for a, b in zip(data, islice(cycle(key), len(data)), strict=True)
    )


def unmask_stream_joined(chunks, key):
    return apply_mask(b"".join(chunks), key)  # noqa: F821 - one of those above


def unmask_stream_counting(chunks, key):
    result, at = b"", 0
    for chunk in chunks:
        for byte in chunk:
            result += bytes([byte ^ key[at % 4]])
            at += 1
    return result


def unmask_stream_rotating(chunks, key):
    result = []
    for chunk in chunks:
        result.append(apply_mask(chunk, key))  # noqa: F821 - one of those above
        used = len(chunk) % 4
        key = key[used:] + key[:used]
    return b"".join(result)


def unmask_stream_chain(chunks, key):
    return bytes(map(operator.xor, chain.from_iterable(chunks), cycle(key)))


class Unmasker:
    def __init__(self, key):
        self.key, self.turn = key, 0

    def feed(self, chunk):
        out = bytearray()
        for byte in chunk:
            out.append(byte ^ self.key[self.turn])
            self.turn = (self.turn + 1) & 3
        return bytes(out)


def unmask_stream_class(chunks, key):
    return b"".join(map(Unmasker(key).feed, chunks))


def unmask_stream_reduce(chunks, key):
    def add(done, chunk):
        padded = bytes(len(done) % 4) + chunk
        return done + apply_mask(padded, key)[len(done) % 4 :]  # noqa: F821 - from above

    return reduce(add, chunks, b"")


def unmask_stream_deltas(chunks, key):
    places = count()
    return bytes(byte ^ key[next(places) % 4] for chunk in chunks for byte in chunk)


def unmask_stream_bytearray(chunks, key):
    whole = bytearray()
    for chunk in chunks:
        whole += chunk
    return apply_mask(bytes(whole), key)  # noqa: F821 - one of those above


def unmasking(key):
    data = b""
    while True:
        chunk = yield data
        data = bytes(byte ^ key[i % 4] for i, byte in enumerate(chunk))
        key = key[len(chunk) % 4 :] + key[: len(chunk) % 4]


def unmask_stream_coroutine(chunks, key):
    machine = unmasking(key)
    next(machine)
    return b"".join(machine.send(chunk) for chunk in chunks)


def unmask_stream_number(chunks, key):
    data = b"".join(list(chunks))
    repeated = key * -(-len(data) // 4)
    number = int(data.hex() or "0", 16) ^ int(repeated[: len(data)].hex() or "0", 16)
    return number.to_bytes(len(data), "big")


def eavesdrop_dict(frame):
    if frame[1] < 128:
        raise ValueError("not masked")
    at = {254: 4, 255: 10}.get(frame[1], 2)
    return apply_mask(frame[at + 4 :], frame[at : at + 4])  # noqa: F821 - from above


def eavesdrop_struct(frame):
    _, second = struct.unpack_from("!BB", frame)
    if not second >> 7:
        raise ValueError("nothing to take off")
    form = {126: "!2xH4s", 127: "!2xQ4s"}.get(second & 127, "!2x0s4s")
    _, key = struct.unpack_from(form, frame)
    return apply_mask(frame[struct.calcsize(form) :], key)  # noqa: F821 - from above


def eavesdrop_regex(frame):
    form = rb".(?:[\x80-\xfd]|\xfe..|\xff.{8})(.{4})(.*)"
    match = re.fullmatch(form, frame, re.DOTALL)
    if match is None:
        raise ValueError("not masked")
    return apply_mask(match[2], match[1])  # noqa: F821 - from above


def eavesdrop_match(frame):
    match frame[1] - 128:
        case 127:
            start = 10
        case 126:
            start = 4
        case size if size >= 0:
            start = 2
        case _:
            raise ValueError("the MASK bit is 0")
    key, payload = frame[start:][:4], frame[start:][4:]
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


def eavesdrop_popping(frame):
    rest = list(frame)
    rest.pop(0)
    second = rest.pop(0)
    if second & 0b1000_0000 == 0:
        raise ValueError("this is what a server sends")
    length = second & 0b0111_1111
    del rest[: 2 if length == 126 else 8 if length == 127 else 0]
    key = bytes(rest[:4])
    return apply_mask(bytes(rest[4:]), key)  # noqa: F821 - from above


def eavesdrop_from_behind(frame):
    masked, length = divmod(frame[1], 128)
    if not masked:
        raise ValueError("not masked")
    if length == 126:
        length = struct.unpack("!H", frame[2:4])[0]
    elif length == 127:
        length = struct.unpack("!Q", frame[2:10])[0]
    start = len(frame) - length
    return unmask_stream([frame[start:]], frame[start - 4 : start])  # noqa: F821 - from above
