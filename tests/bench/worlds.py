"""Worlds in which numpy, or the C part of websockets, is not there.

They are here or not for a whole process; to compare both ways turn by turn, each run that does
without gets such a world.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, NamedTuple


@contextlib.contextmanager
def no_numpy() -> Iterator[None]:
    numpy = sys.modules.pop("numpy", None)
    try:
        yield
    finally:
        if numpy is not None:
            sys.modules["numpy"] = numpy


@contextlib.contextmanager
def no_c() -> Iterator[None]:
    from websockets import frames, utils

    whole: Any = frames
    before, whole.apply_mask = whole.apply_mask, utils.apply_mask
    try:
        yield
    finally:
        whole.apply_mask = before


class Candidate(NamedTuple):
    """Something to measure: ``make`` imports and prepares it, in ``world``."""

    label: str
    make: Callable[..., Any]
    needs: str = ""
    world: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
