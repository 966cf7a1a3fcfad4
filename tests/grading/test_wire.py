"""Only plain data crosses the pipe, and the reader trusts nothing."""

from __future__ import annotations

import contextlib
import enum
import os
import struct
import time
from collections import OrderedDict
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wslab.grading import wire
from wslab.grading.wire import MOST_DEPTH, Handle, Other, WireError, decode, encode

SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**200), 2**200) | st.text() | st.binary()
    | st.floats(allow_nan=False, allow_infinity=False)
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(SCALARS, inner),
    max_leaves=12,
)


@given(VALUES)
def test_what_goes_in_comes_out(value: Any) -> None:
    try:
        data = encode(value)
    except WireError as error:
        assert "deep" in str(error)  # noqa: PT017 - the only reason for a value like these
        return
    again = decode(data)
    assert again == value
    assert repr(again) == repr(value), "the types, too"


class YesInt(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


class YesText(str):
    __eq__ = YesInt.__eq__  # type: ignore[assignment]
    __hash__ = str.__hash__


class YesBytes(bytes):
    __eq__ = YesInt.__eq__  # type: ignore[assignment]
    __hash__ = bytes.__hash__


class Pair(NamedTuple):
    a: int
    b: int


class Color(enum.IntEnum):
    RED = 1


LIARS = [
    YesInt(1), YesText("a"), YesBytes(b"a"), Pair(1, 2), Color.RED, OrderedDict(a=1),
    bytearray(b"a"), memoryview(b"a"), {1}, object(), print, 1j, range(3),
]  # fmt: skip


@pytest.mark.parametrize("value", LIARS, ids=lambda value: type(value).__name__)
def test_no_subclass_and_no_other_object_is_taken(value: Any) -> None:
    with pytest.raises(WireError):
        encode(value)
    with pytest.raises(WireError):
        encode([(value,)])
    with pytest.raises(WireError):
        encode({"a": value})


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 1 << 300, -(1 << 300)])
def test_no_number_beyond_all_bounds(value: float) -> None:
    with pytest.raises(WireError):
        encode(value)


def test_depth_is_bounded_in_both_directions() -> None:
    value: Any = 1
    for _ in range(MOST_DEPTH):
        value = [value]
    assert decode(encode(value)) == value
    with pytest.raises(WireError, match="deep"):
        encode([value])
    with pytest.raises(WireError, match="deep"):
        decode(b"[" + encode(value) + b"]")
    with pytest.raises(WireError):
        decode(b"[" * 100_000 + b"]" * 100_000)
    with pytest.raises(WireError):
        decode(b'{"tuple":[' * 100_000)


RUBBISH = [
    b"", b"{", b"\xff", b"nothing", b"NaN", b"[Infinity]", b"1e999", b"9" * 5000, b"{}",
    b'{"bytes":"AA==","x":1}', b'{"bytes":1}', b'{"bytes":"!"}', b'{"set":[]}', b'{"tuple":1}',
    b'{"dict":[1]}', b'{"dict":[[[],1]]}', b'{"dict":[[1,2,3]]}', b'{"other":[]}',
    b'{"other":[1,2]}', b'{"handle":["a"]}', b'{"handle":[]}', b'{"handle":[1,2]}',
]  # fmt: skip


@pytest.mark.parametrize("data", RUBBISH, ids=lambda data: repr(data[:20]))
def test_rubbish_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        decode(data)


@given(st.binary())
def test_whatever_the_bytes_are(data: bytes) -> None:
    with contextlib.suppress(WireError):
        decode(data)


def test_what_stands_for_something_equals_only_its_like() -> None:
    assert decode(encode(Other("set", "x"))) == Other("set", "x")
    assert Other("set", "x") != ("set", "x")
    assert Other("set", "x") not in [("set", "x")]
    handle = decode(encode(Handle(3, ("recv", "send"))))
    assert (handle.number, handle.methods) == (3, ("recv", "send"))


def test_a_pipe_carries_messages_of_bounded_length() -> None:
    here, there = os.pipe()
    reader = wire.Reader(here, 100)
    try:
        wire.write(there, [b"Hello"], 100)
        assert reader.read() == [b"Hello"]
        with pytest.raises(WireError, match="too long"):
            wire.write(there, "x" * 100, 100)
        os.write(there, struct.pack("!I", 50) + b"only this")
        os.close(there)
        there = -1
        with pytest.raises(EOFError):
            reader.read()
    finally:
        for fd in (here, there):
            if fd >= 0:
                os.close(fd)


def test_a_length_without_measure_is_refused_at_once() -> None:
    here, there = os.pipe()
    with open(here, "rb", 0), open(there, "wb", 0) as pipe:
        pipe.write(struct.pack("!I", 4_000_000_000))
        with pytest.raises(WireError, match="too long"):
            wire.Reader(here, 100).read()


def test_messages_that_come_together_or_in_pieces_are_read_one_by_one() -> None:
    here, there = os.pipe()
    with open(here, "rb", 0), open(there, "wb", 0) as pipe:
        reader = wire.Reader(here, 100)
        pipe.write(wire.message("one", 100) + wire.message("two", 100) + b"\0")
        assert [reader.read(), reader.read()] == ["one", "two"]
        with pytest.raises(TimeoutError):
            reader.read(time.monotonic() + 0.01)
        pipe.write(wire.message("three", 100)[1:])  # what came too early is not lost
        assert reader.read(time.monotonic() + 10) == "three"
