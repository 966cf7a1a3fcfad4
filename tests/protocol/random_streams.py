"""Random streams of frames, well-behaved and broken, from a seed: to compare, and to fuzz."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.protocol.streams import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    close_frame,
    frame,
)

TEXTS = ["", "Hello", "grüße", "κόσμε", "世界", "🙂" * 3, "x" * 124 + "é", "ab" * 70, "€" * 200]
NOT_UTF8 = [b"\xff", b"\x80", b"a\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"ab\xe2\x82"]
GOOD_CODES = [*range(1000, 1004), *range(1007, 1014), 3000, 3999, 4000, 4999]
BAD_CODES = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1999, 2000, 2999, 5000, 65535]

Key = Callable[[], bytes]


def good_message(rng: Random, key: Key) -> list[bytes]:
    """The frames of one message; perhaps fragmented, perhaps with control frames in between."""
    if rng.random() < 0.5:
        opcode, data = TEXT, rng.choice(TEXTS).encode()
    else:
        size = rng.choice((0, 1, 5, 125, 126, 300)) if rng.random() < 0.998 else 66_000
        opcode, data = BINARY, rng.randbytes(size)
    frames = []
    while rng.random() < 0.4:
        place = rng.randint(0, len(data))
        frames.append(frame(opcode, data[:place], key(), fin=False))
        opcode, data = CONTINUATION, data[place:]
        if rng.random() < 0.4:
            frames.append(good_control(rng, key))
    return [*frames, frame(opcode, data, key())]


def good_control(rng: Random, key: Key) -> bytes:
    """A Ping or a Pong."""
    return frame(rng.choice((PING, PONG)), rng.randbytes(rng.choice((0, 4, 125))), key())


def good_close(rng: Random, key: Key) -> bytes:
    """A Close that is allowed."""
    if rng.random() < 0.2:
        return frame(CLOSE, b"", key())
    return close_frame(rng.choice(GOOD_CODES), rng.choice(TEXTS)[:5].encode(), key())


def good_frames(rng: Random, key: Key, most: int = 4) -> list[bytes]:
    """What a well-behaved peer may send, without a Close."""
    frames: list[bytes] = []
    for _ in range(rng.randint(0, most)):
        frames += [good_control(rng, key)] if rng.random() < 0.3 else good_message(rng, key)
    return frames


def bad_frames(rng: Random, key: Key) -> bytes:
    """One broken rule of §5 or §7, or more than 3000 bytes in a message."""
    size = rng.choice((0, 3, 126))
    data = rng.randbytes(size)
    good = frame(rng.choice((TEXT, BINARY)), b"abc", key())
    long = rng.randbytes(70_000 if rng.random() < 0.02 else rng.choice((126, 300)))
    text = rng.choice(TEXTS).encode()
    kinds: list[Callable[[], bytes]] = [
        lambda: bytes([good[0] | rng.randint(1, 7) << 4]) + good[1:],
        lambda: frame(rng.choice((3, 4, 5, 6, 7, 11, 12, 13, 14, 15)), data, key()),
        lambda: frame(rng.choice((CLOSE, PING, PONG)), b"", key(), fin=False),
        lambda: frame(rng.choice((CLOSE, PING, PONG)), long, key()),
        lambda: bytes([good[0], good[1] ^ 0x80]) + good[2:],
        lambda: long_form(good, rng.choice((2, 8))),
        lambda: long_form(good, 8, top=0x80),
        lambda: frame(CONTINUATION, data, key(), fin=rng.random() < 0.5),
        lambda: frame(TEXT, text, key(), False) + frame(rng.choice((TEXT, BINARY)), data, key()),
        lambda: frame(TEXT, text + rng.choice(NOT_UTF8), key()),
        lambda: frame(TEXT, text[:-1] + b"\xe2", key(), False) + frame(CONTINUATION, b"a", key()),
        lambda: frame(CLOSE, b"\x03", key()),
        lambda: close_frame(rng.choice(BAD_CODES), b"bye", key()),
        lambda: close_frame(1000, rng.choice(NOT_UTF8), key()),
        lambda: frame(BINARY, bytes(2000), key(), False) + frame(CONTINUATION, bytes(2000), key()),
    ]  # fmt: skip
    return rng.choice(kinds)()


def long_form(short: bytes, size: int, top: int = 0) -> bytes:
    """The same frame with its length in more bytes than it needs."""
    length = (short[1] & 0x7F).to_bytes(size, "big")
    marker = short[1] & 0x80 | (126 if size == 2 else 127)
    return bytes([short[0], marker, length[0] | top]) + length[1:] + short[2:]


def conversation(rng: Random, key: Key) -> list[bytes]:
    """Frames of a peer that is well-behaved, or breaks one rule, or closes; each in its bytes."""
    frames = good_frames(rng, key)
    ending = rng.random()
    if ending < 0.5:
        frames.append(bad_frames(rng, key))
    elif ending < 0.7:
        frames += [good_message(rng, key)[0], good_close(rng, key)]
    return frames + good_frames(rng, key, most=1)


def mutate(rng: Random, data: bytes) -> bytes:
    """The same bytes with a few changes that no peer would make on purpose."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        size = len(changed)
        if not size:
            break
        kind, place = rng.randrange(7), rng.randrange(size)
        if kind <= 1:
            changed[place] ^= 1 << rng.randrange(8)
        elif kind == 2:
            del changed[place:]
        elif kind == 3:
            changed[place:place] = changed[place : place + rng.randint(1, 20)]
        elif kind == 4:
            del changed[place : place + rng.randint(1, 5)]
        elif kind == 5:
            changed[place:place] = rng.randbytes(rng.randint(1, 5))
        else:  # a lie about a length, if a length is what stands there
            changed[place] = changed[place] & 0x80 | rng.choice((0, 1, 125, 126, 127))
    return bytes(changed)
