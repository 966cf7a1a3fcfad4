"""The way through numpy, which is taken for large payloads if the program uses numpy anyway."""

import random
import sys

import pytest

from tests.protocol.streams import need
from tests.protocol.test_masking import SIZES, hold_against_the_loop
from wslab.protocol import masking
from wslab.protocol.masking import LARGE, mask, mask_loop, mask_numpy

need("numpy")
import numpy  # noqa: E402


@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_every_size_and_start(kind: type[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", numpy)
    hold_against_the_loop(kind)


def test_numpy_at_every_size() -> None:
    rng = random.Random(54)
    for size in SIZES:
        data, key = rng.randbytes(size), rng.randbytes(4)
        assert mask_numpy(data, key) == mask_loop(data, key), size


def test_it_is_taken_only_where_it_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    def marked(data: bytes, key: bytes) -> bytes:
        return b"through numpy"

    monkeypatch.setattr(masking, "mask_numpy", marked)
    monkeypatch.setitem(sys.modules, "numpy", numpy)
    assert mask(bytes(LARGE - 1), b"key!") != b"through numpy"
    assert mask(bytes(LARGE), b"key!") == b"through numpy"
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert mask(bytes(LARGE), b"key!") != b"through numpy", "wslab itself never imports numpy"
