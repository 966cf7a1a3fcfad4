"""Masking is one line of the RFC; each fast way gives the same bytes as that line."""

import random
import sys
from itertools import pairwise

import pytest

from wslab.protocol.masking import LARGE, SHORT, mask, mask_lanes, mask_loop

# Around nothing, and around each place where another way takes over.
SIZES = [*range(0, 6), *range(500, 531), *range(SHORT - 5, SHORT + 6), *range(LARGE - 6, LARGE + 5)]


def test_the_example_of_the_rfc() -> None:
    masked = bytes.fromhex("7f9f4d5158")  # §5.7
    key = bytes.fromhex("37fa213d")
    assert mask(b"Hello", key) == mask_loop(b"Hello", key) == masked
    assert mask(masked, key) == b"Hello"


def hold_against_the_loop(kind: type[bytes]) -> None:
    """Each size and each start, against the one line of the RFC."""
    rng = random.Random(53)
    for size in SIZES:
        data, key = rng.randbytes(size), rng.randbytes(4)
        for start in range(8):
            # The reference masks what went before too, and then drops it.
            expected = mask_loop(bytes(start) + data, key)[start:]
            result = mask(kind(data), key, start)
            assert type(result) is bytes
            assert result == expected, (size, start)


@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_every_size_and_start(kind: type[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "numpy", raising=False)
    hold_against_the_loop(kind)


def test_the_lanes_at_every_size() -> None:
    rng = random.Random(54)
    for size in SIZES:
        data, key = rng.randbytes(size), rng.randbytes(4)
        assert mask_lanes(data, key) == mask_loop(data, key), size


def test_every_key_byte_meets_every_data_byte() -> None:
    every = bytes(range(256))
    for value in range(256):
        key = bytes([value, value ^ 0xFF, 0, 0xFF])
        # Rotated, so that each value stands in each of the four lanes.
        for data in (every, every[1:], every[2:], every[3:]):
            assert mask_lanes(data, key) == mask(data, key) == mask_loop(data, key)


def test_the_index_runs_on_over_pieces() -> None:
    rng = random.Random(55)
    data, key = rng.randbytes(10_000), rng.randbytes(4)
    for _ in range(50):
        cuts = sorted([0, *(rng.randrange(10_000) for _ in range(5)), 10_000])
        pieces = [mask(data[a:b], key, start=a) for a, b in pairwise(cuts)]
        assert b"".join(pieces) == mask_loop(data, key)


def test_what_is_masked_stays_as_it_was() -> None:
    data = bytearray(b"Hello" * 1000)
    mask(data, b"key!")
    assert data == b"Hello" * 1000
