"""Hostile input, a million times: python tests/fuzz.py --count 1000000 --seed 1

Each input is what a peer might send: an opening handshake and frames, or frames alone, to either
role, then changed so that something is wrong with it, and cut into random pieces. Checked is that

- nothing but events comes out: no exception, whatever comes in;
- the pieces and the labels change nothing: same events, same bytes to send;
- every byte is shown once and in order, and the dissector explains every byte once;
- no input takes long, and none makes the connection hold more than it was given.

The one line at the end has the figures. An input that breaks a promise is printed with its number;
--only NUMBER runs it again. Not part of the normal tests.
"""

from __future__ import annotations

import argparse
import faulthandler
import multiprocessing
import sys
import time
import tracemalloc
from collections import Counter
from pathlib import Path
from random import Random
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.protocol.random_streams import conversation, mutate
from tests.protocol.streams import RFC_REQUEST, RFC_RESPONSE, cut, plain, rfc_request
from wslab.observe.dissect import dissect
from wslab.protocol.connection import Connection
from wslab.protocol.events import Event, Failed, Refused
from wslab.protocol.grammar import FieldType
from wslab.protocol.rfc import Role

BATCH = 2000  # inputs that a process runs in one go
SLOW = 1.0  # seconds for one input, a thousand times more than usual
HANG = 120  # seconds for a batch, after which the process shows where it is, and ends
DISSECT_EACH = 8  # the dissector costs more than all the rest; every eighth input gets it
WEIGH_EACH = 100  # every hundredth input is run while its memory is measured

NASTY = [
    b"", b" ", b",", b", ,", b'"', b'"\\', b"\\", b"\t", b"\r", b"\n", b"\x00", b"\x7f", b"\xff",
    b": ", b"=", b";", b"; a", b"13", b"8", b"http://", b"*", b"\xc3\xa9", b"GET ", b"HTTP/2.0",
    b"HTTP/1.0", b"101", b"200", b"close", b"chunked", b"Upgrade", b"websocket", b"\r\n",
]  # fmt: skip
FIELDS = [
    b"Host", b"Upgrade", b"Connection", b"Sec-WebSocket-Key", b"Sec-WebSocket-Version", b"Origin",
    b"Sec-WebSocket-Protocol", b"Sec-WebSocket-Extensions", b"Sec-WebSocket-Accept", b"Location",
    b"Content-Length", b"Transfer-Encoding",
]  # fmt: skip
LIMITS = {"max_message": 3000, "max_fragments": 20}
REQUEST = rfc_request()


class Figures(NamedTuple):
    """What a batch found out; ``faults`` are texts to show."""

    inputs: int
    size: int
    slowest: float
    heaviest: int
    ends: Counter[str]
    faults: list[str]


def mutate_head(rng: Random, head: bytes) -> bytes:
    """A handshake with changes in its lines."""
    lines = head.split(b"\r\n")
    for _ in range(rng.randint(1, 2)):
        at = rng.randrange(len(lines))
        kind = rng.randrange(7)
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines.insert(at, rng.choice(lines or [b""]))
        elif kind == 2:
            lines.insert(at, rng.choice(FIELDS) + b": " + rng.choice(NASTY))
        elif kind == 3:
            name, _, _ = lines[at].partition(b":")
            lines[at] = name + b": " + rng.choice(NASTY) * rng.choice((1, 1, 1, 2, 40))
        elif kind == 4:
            lines[at] = mutate(rng, lines[at])
        elif kind == 5:
            place = rng.randint(0, len(lines[at]))
            lines[at] = lines[at][:place] + rng.choice(NASTY) + lines[at][place:]
        elif rng.random() < 0.02:  # as much as fits, and a little more
            size = rng.choice((4000, 15_000, 16_000, 17_000))
            nasty = rng.choice(NASTY) or b"x"
            lines.insert(at, rng.choice(FIELDS) + b": " + nasty * (size // len(nasty)))
        if not lines:
            break
    return b"\r\n".join(lines)


def make(seed: int, number: int) -> tuple[Role, bool, bytes, list[int]]:
    """Input number so-and-so: who receives it, whether the handshake is over, bytes, cuts."""
    rng = Random(seed << 40 | number)
    role = Role.SERVER if rng.random() < 0.5 else Role.CLIENT
    key = rng.randbytes(4) if role is Role.SERVER else b""
    opened = rng.random() < 0.5
    frames = b"".join(conversation(rng, lambda: key))
    if opened:
        data = mutate(rng, frames)
    else:
        head = RFC_REQUEST if role is Role.SERVER else RFC_RESPONSE
        data = (mutate_head(rng, head) if rng.random() < 0.7 else head) + frames
        if rng.random() < 0.5:
            data = mutate(rng, data)
    if rng.random() < 0.03:
        cuts = list(range(min(len(data), 600)))
    else:
        cuts = [rng.randint(0, len(data)) for _ in range(rng.randint(0, 5))]
    return role, opened, data, cuts


def run(
    role: Role, opened: bool, pieces: list[bytes], fields: list[tuple[FieldType, bytes]] | None
) -> tuple[list[Event], bytes, Connection]:
    """Let a new connection read the pieces, and then the end of the stream."""
    end = Connection(
        role,
        opened=opened,
        request=REQUEST if role is Role.CLIENT else None,
        random=bytes,
        on_field=None if fields is None else lambda *field: fields.append(field),
        **LIMITS,  # type: ignore[arg-type]
    )
    events: list[Event] = []
    sent = end.to_send()
    for piece in pieces:
        events += end.receive(piece)
        sent += end.to_send()
    events += end.receive_eof()
    return events, sent + end.to_send(), end


def check(role: Role, opened: bool, data: bytes, cuts: list[int], thorough: bool) -> str:
    """Run one input through all checks; the last event's name, or AssertionError."""
    fields: list[tuple[FieldType, bytes]] = []
    events, sent, _ = run(role, opened, cut(data, cuts), None)
    labelled_events, labelled_sent, end = run(role, opened, [data], fields)
    assert [*map(plain, events)] == [*map(plain, labelled_events)], (
        f"other events in pieces: {events} != {labelled_events}"
    )
    assert sent == labelled_sent, "other bytes to send in pieces"
    shown = b"".join([piece for _, piece in fields])
    assert data.startswith(shown), "what is shown is not what came"
    if end.wanted is not None:
        assert len(shown) + end._reader.held == len(data), "a byte is not shown, or shown twice"
    if thorough:
        for sender in (role.peer, None):
            at = 0
            for field in dissect(data, "websocket", sender, opened=opened).fields:
                assert field.start == at, f"the dissector is at {field.start}, not at {at}"
                assert data.startswith(field.raw, at), "the dissector shows other bytes"
                at += len(field.raw)
            assert at == len(data), f"the dissector explains {at} bytes of {len(data)}"
    return name_of(events)


def name_of(events: list[Event]) -> str:
    """How it ended: lost, closed, refused or failed, with the status or the code."""
    last = events[-1]  # there is one, because the stream ends
    if isinstance(last, Failed):
        return f"failed {last.error.code}"
    if isinstance(last, Refused):
        return f"refused {last.error.status if last.error else ''}"
    return type(last).__name__.lower()


def batch(task: tuple[int, int, int]) -> Figures:
    """Run the inputs from ``first`` up to ``stop``."""
    seed, first, stop = task
    faulthandler.dump_traceback_later(HANG, exit=True)
    size, slowest, heaviest = 0, 0.0, 0
    ends: Counter[str] = Counter()
    faults: list[str] = []
    for number in range(first, stop):
        role, opened, data, cuts = make(seed, number)
        size += len(data)
        weigh = number % WEIGH_EACH == 0
        if weigh:
            tracemalloc.start()
        begin = time.process_time()  # what the input costs, however busy the machine is
        try:
            ends[check(role, opened, data, cuts, number % DISSECT_EACH == 0)] += 1
        except Exception as error:  # the very thing that we look for
            faults.append(f"input {number}: {type(error).__name__}: {error}\n{role} {data.hex()}")
        took = time.process_time() - begin
        if weigh:
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            heaviest = max(heaviest, peak)
            # Two connections and perhaps a dissection, with an object or two for each field.
            if peak > 200_000 + 400 * len(data):
                faults.append(f"input {number}: {peak} bytes of memory for {len(data)} bytes")
        else:
            slowest = max(slowest, took)
            if took > SLOW:
                faults.append(f"input {number}: took {took:.1f} s\n{role} {data.hex()}")
    faulthandler.cancel_dump_traceback_later()
    return Figures(stop - first, size, slowest, heaviest, ends, faults)


def most_memory() -> str:
    """The most that a process has used until now, where the system tells."""
    try:
        import resource
    except ImportError:
        return "unknown"
    unit = 1 if sys.platform == "darwin" else 1024
    everyone = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = max(resource.getrusage(who).ru_maxrss for who in everyone)
    return f"{used * unit / 2**20:.0f} MiB"


def main() -> int:
    """Run, and print the figures; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=100_000, help="how many inputs (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other inputs (1)")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes (1)")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="run this input again, alone")
    options = parser.parse_args()
    if options.only is not None:
        print(*make(options.seed, options.only), sep="\n")
        print(check(*make(options.seed, options.only), thorough=True))
        return 0
    starts = range(0, options.count, BATCH)
    tasks = [(options.seed, at, min(at + BATCH, options.count)) for at in starts]
    begin = time.perf_counter()
    count, size, slowest, heaviest, faults = 0, 0, 0.0, 0, 0
    ends: Counter[str] = Counter()
    with multiprocessing.Pool(options.jobs) as pool:
        for figures in pool.imap_unordered(batch, tasks):
            count += figures.inputs
            size += figures.size
            slowest = max(slowest, figures.slowest)
            heaviest = max(heaviest, figures.heaviest)
            ends += figures.ends
            faults += len(figures.faults)
            for fault in figures.faults[:3]:
                print(fault[:2000], file=sys.stderr)
            if faults > 20:
                break
        pool.terminate()
        pool.join()
    seconds = time.perf_counter() - begin
    shares = ", ".join(f"{name} {100 * n / max(count, 1):.1f} %" for name, n in ends.most_common(9))
    rate = count / seconds
    print(
        f"{count:,} inputs, {size / 2**20:.0f} MiB, seed {options.seed}, in {seconds:.0f} s "
        f"({rate:,.0f} a second): {faults} faults; slowest input {1000 * slowest:.0f} ms; "
        f"most memory for one {heaviest / 2**10:.0f} KiB, for a process {most_memory()}; "
        f"ended: {shares}"
    )
    return 1 if faults or count < options.count else 0


if __name__ == "__main__":
    raise SystemExit(main())
