"""How fast masking is, here and in the libraries."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from typing import Any

from . import raw
from .measure import typical
from .worlds import Candidate, no_numpy

# Each of these gives a function: mask(data, key) is the masked data.


def our_mask() -> Callable[[bytes, bytes], bytes]:
    from wslab.protocol.masking import mask

    return mask


def our_mask_numpy() -> Callable[[bytes, bytes], bytes]:
    importlib.import_module("numpy")
    return our_mask()


def websockets_mask(module: str) -> Any:
    return importlib.import_module(module).apply_mask


def wsproto_mask() -> Callable[[bytes, bytes], bytearray]:
    from wsproto.frame_protocol import XorMaskerSimple

    return lambda data, key: XorMaskerSimple(key).process(bytearray(data))


MASKS = {
    "ours": Candidate("wslab", our_mask, world=no_numpy),
    "numpy": Candidate("wslab, numpy", our_mask_numpy, "numpy"),
    "websockets": Candidate(
        "websockets, Python", lambda: websockets_mask("websockets.utils"), "websockets"
    ),
    "websockets_c": Candidate(
        "websockets, C", lambda: websockets_mask("websockets.speedups"), "websockets.speedups"
    ),
    "wsproto": Candidate("wsproto", wsproto_mask, "wsproto"),
}


def masking(candidate: Candidate, size: int, seconds: float) -> float:
    """Seconds to mask ``size`` bytes; every call has a new key, as every frame has."""
    with candidate.world():
        mask = candidate.make()
        data = raw.payload(size)
        keys = [os.urandom(4) for _ in range(max(1, 50_000 // (size + 200)))]
        if raw.mask(data, keys[0]) != mask(data, keys[0]):
            raise raw.WrongEcho(f"{candidate.label}: masks {size} bytes wrongly")

        def once() -> None:
            for key in keys:
                mask(data, key)

        return typical(once, seconds) / len(keys)
