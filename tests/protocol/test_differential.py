"""A second and a third opinion: the parsers of websockets and wsproto on the same random streams.

They must report the same messages in the same order, and the same end. Where they do not, the table
below says so, with an example that is checked and the section of RFC 6455 that we follow.
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from random import Random
from typing import NamedTuple

import pytest

from tests.protocol.opinions import PEERS, ours
from tests.protocol.random_streams import conversation, good_frames, mutate
from tests.protocol.streams import (
    CLOSE,
    CONTINUATION,
    KEY,
    PING,
    TEXT,
    close_frame,
    frame,
)
from wslab.protocol.rfc import CLOSE_CODES, Role

# ---------------------------------------------------------------- where they and we differ


class Difference(NamedTuple):
    """A known disagreement: patterns for our end with its reason, and for theirs."""

    peer: str
    what: str
    section: str
    ours: str
    theirs: str
    example: bytes  # what a server receives
    limit: int | None = None  # the only limit at which it is accepted, if there is one


TOO_BIG = r"failed 1009: .*(over size limit|exceed|bytes)"

DIFFERENCES = [
    Difference(
        "websockets", "takes a length that is not in its shortest form", "5.2",
        r"failed 1002: length \d+ is not in its shortest form", r".*",
        bytes.fromhex("81fe0001") + KEY + b"\x56",
    ),
    Difference(
        "websockets", "calls a length with the top bit too big, not wrong", "5.2",
        r"failed 1002: the top bit .*", TOO_BIG,
        bytes.fromhex("82ff8000000000000000") + KEY,
    ),
    Difference(
        "websockets", "looks at the limit before it looks for faults in the header", "5.2",
        r"failed 1002: (RSV|a control frame must not|a continuation|a new message).*", TOO_BIG,
        bytes.fromhex("c2ff0000000100000000") + KEY,
    ),
    Difference(
        "websockets", "looks at the limit before the masking key is there", "10.4",
        r"open: waits for masking key", TOO_BIG,
        bytes.fromhex("81ff0000000100000000"),
    ),
    Difference(
        "websockets", "looks at the limit before the length of a control frame", "5.5",
        r"failed 1002: a control frame carries at most 125 bytes", TOO_BIG,
        bytes.fromhex("89ff0000000100000000") + KEY,
    ),
    Difference(
        "websockets", "takes a control frame whose length is not in its shortest form", "5.5",
        r"failed 1002: a control frame carries at most 125 bytes", r"(open|closed|failed).*",
        bytes.fromhex("89fe0001") + KEY + b"\x56",
    ),
    Difference(
        "websockets", "counts a control frame into the message around it", "5.4",
        r"open: waits for frame header", TOO_BIG,
        frame(TEXT, b"12345678", KEY, fin=False) + frame(PING, b"12345", KEY), limit=10,
    ),
    Difference(
        "websockets", "takes no Close between the fragments of a message", "5.4",
        r"closed .*", r"failed 1002: incomplete fragmented message",
        frame(TEXT, b"Hel", KEY, fin=False) + close_frame(1001, key=KEY),
    ),
    Difference(
        "websockets", "looks at the reason of a Close before its code", "7.4",
        r"failed 1002: close code \d+ must not stand on the wire", r"failed 1007: .*",
        close_frame(1005, b"\xff", KEY),
    ),
    Difference(
        "wsproto", "does not know close code 1014, which was registered later", "11.7",
        r"closed 1014 .*", r"failed 1002: CLOSE with unknown reserved code",
        close_frame(1014, b"", KEY),
    ),
]  # fmt: skip


def incomplete_from(data: bytes) -> int:
    """Where the last frame begins if its end is missing; the end of ``data`` if none is."""
    start = 0
    while start < len(data):
        head = data[start : start + 14].ljust(14, b"\0")
        length, header = head[1] & 0x7F, 2
        if length >= 126:
            header = 4 if length == 126 else 10
            (length,) = struct.unpack("!H" if length == 126 else "!Q", head[2:header])
        stop = start + header + (4 if head[1] & 0x80 else 0) + length
        if stop > len(data):
            return start
        start = stop
    return start


def compare(peer: str, role: Role, data: bytes, limit: int | None = None) -> str:
    """How two parsers compare: "same", "earlier", or what the table says; else the test fails."""
    parse, peers_limit = PEERS[peer]
    limit = peers_limit if limit is None else limit
    we, they = ours(role, data, limit), parse(role, data, limit)
    if (we.messages, we.end) == (they.messages, they.end):
        return "same"
    # We fail the connection as soon as a wrong value "is received" (§5.2); they wait for the rest
    # of that frame first. A frame that is complete is no excuse for them, or for us.
    waiting = they.end == "open" and we.end.startswith("failed")
    if waiting and they.messages == we.messages and we.read > incomplete_from(data):
        return "earlier"
    for row in DIFFERENCES:
        if (
            row.peer == peer
            and row.limit in (None, limit)
            and re.fullmatch(row.ours, f"{we.end}: {we.why}", re.DOTALL)
            and re.fullmatch(row.theirs, f"{they.end}: {they.why}", re.DOTALL)
            and all(a == b for a, b in zip(we.messages, they.messages, strict=False))
        ):
            return row.what
    pytest.fail(f"{role}, {data.hex()}:\nwe say {we}\n{peer} says {they}", pytrace=False)


# ---------------------------------------------------------------- the tests

both_peers = pytest.mark.parametrize("peer", PEERS)


@pytest.mark.parametrize("row", DIFFERENCES, ids=lambda row: f"{row.peer} {row.what}")
def test_the_table_is_true(row: Difference) -> None:
    """When a peer changes its mind, its row has to go."""
    assert compare(row.peer, Role.SERVER, row.example, row.limit) == row.what


def cases(seed: int, count: int) -> Iterator[tuple[Role, Random, Callable[[], bytes]]]:
    for number in range(count):
        rng = Random(seed * 100_000 + number)
        role = rng.choice(list(Role))
        masked = role is Role.SERVER
        yield role, rng, partial(rng.randbytes, 4) if masked else bytes


@both_peers
def test_well_behaved_streams(peer: str) -> None:
    """Here nobody has an excuse."""
    for role, rng, key in cases(seed=1, count=150):
        data = b"".join(good_frames(rng, key))
        assert compare(peer, role, data) == "same"


def counted(peer: str, seed: int, count: int, change: Callable[[Random, bytes], bytes]) -> None:
    """Compare on many streams; the agreement must be the rule, and each kind of end must occur."""
    results, ends = Counter[str](), Counter[str]()
    for role, rng, key in cases(seed, count):
        data = change(rng, b"".join(conversation(rng, key)))
        results[compare(peer, role, data)] += 1
        ends[ours(role, data, PEERS[peer][1]).end] += 1
    assert results["same"] > 0.7 * count, results
    assert min(ends[end] for end in ("open", "failed 1002", "failed 1007")) > 10, ends
    assert sum(ends[end] for end in ends if end.startswith("closed")) > 10, ends
    assert (ends["failed 1009"] > 0) == (peer == "websockets"), ends


@both_peers
@pytest.mark.parametrize("seed", range(2, 6))
def test_streams_with_one_fault_or_none(peer: str, seed: int) -> None:
    counted(peer, seed, 400, lambda _, data: data)


@both_peers
@pytest.mark.parametrize("seed", range(6, 10))
def test_mutated_streams(peer: str, seed: int) -> None:
    counted(peer, seed, 400, mutate)


@both_peers
def test_a_mistake_of_ours_would_be_seen(peer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = CLOSE_CODES[1006]._replace(may_be_sent=True)
    monkeypatch.setitem(CLOSE_CODES, 1006, allowed)
    with pytest.raises(pytest.fail.Exception, match=r"we say .*closed 1006"):
        compare(peer, Role.SERVER, close_frame(1006, b"", KEY))
    with pytest.raises(pytest.fail.Exception, match="we say"):
        counted(peer, 2, 400, lambda _, data: data)


def test_the_end_of_the_last_frame() -> None:
    whole = frame(TEXT, bytes(200), KEY) + frame(CLOSE) + frame(CONTINUATION, bytes(70_000))
    assert incomplete_from(whole) == len(whole)
    assert incomplete_from(whole + b"\x81") == len(whole)
    assert incomplete_from(whole + b"\x81\x85") == len(whole)
    assert incomplete_from(whole[:-1]) == 208 + 2
    assert incomplete_from(b"") == 0
