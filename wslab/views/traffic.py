"""A comparison as tables. What was measured and what is computed never share a table unmarked."""

from __future__ import annotations

from collections.abc import Callable

from ..comparison.requests import captured
from ..comparison.result import Comparison, Row, Skipped
from ..observe.segments import MSS
from .table import Table, tables_markdown, tables_text


def comparison_text(comparison: Comparison) -> str:
    """As text, at most 80 columns wide."""
    return tables_text(comparison_tables(comparison))


def comparison_markdown(comparison: Comparison) -> str:
    """As Markdown, for a notebook."""
    return tables_markdown(comparison_tables(comparison))


def comparison_tables(comparison: Comparison) -> list[Table]:
    """All tables of a comparison."""
    tables = [_traffic(comparison), _times(comparison)]
    if comparison.rtt is not None:
        tables.append(_line(comparison, comparison.rtt))
    if comparison.idle:
        tables.append(_idle(comparison))
    if comparison.small_writes:
        tables.append(_small_writes(comparison))
    return tables


def _traffic(comparison: Comparison) -> Table:
    def facts(row: Row) -> tuple[str, ...]:
        count = f"{row.segments:.2f}" + "m" * row.traffic.modelled
        return (
            f"{row.up:,.1f}", f"{row.down:,.1f}", count, f"{row.wire:,.0f}", str(row.trips_to_first)
        )  # fmt: skip

    workload = comparison.workload
    plural = "" if workload.messages == 1 else "s"
    size = f"{workload.size} byte{'' if workload.size == 1 else 's'}"
    caption = f"{workload.messages} message{plural} of {size}, each echoed. For one message:"
    names = ("way", "bytes up", "bytes down", "segments", "on the wire", "trips")
    notes = [
        "Measured: bytes at the client's socket (up: client to server), counted by a tap; opening "
        "and end of the connections included.",
        "trips: round trips until the 1st answer (1 opens TCP), counted at the socket.",
        "Computed: bytes on the wire, from both, with the heads of IPv4 and TCP.",
    ]
    rows = comparison.measured
    if any(row.traffic.modelled for row in rows):
        notes.insert(1, "Modelled (m): segments, for this system does not count them.")
    else:
        notes.insert(
            1, "Measured: segments, by the kernel (TCP_INFO), those without bytes included."
        )
    if workload.size > MSS:
        notes.append(f"Loopback carries up to 64 KiB in a segment, where Ethernet carries {MSS:,}.")
    notes.append(f"browser: the header fields of a real one, {captured()['browser']}.")
    return Table(caption, names, _rows(comparison, facts), tuple(notes))


def _times(comparison: Comparison) -> Table:
    def facts(row: Row) -> tuple[str, ...]:
        times = (row.first_answer, *(row.percentile(percent) for percent in (50, 95, 99)))
        return *(f"{time * 1000:.2f}" for time in times), f"{row.cpu_per_message * 1000:.2f}"

    caption = "Time in ms, measured over the loopback of this machine:"
    names = ("way", "first", "half within", "95 % within", "99 % within", "CPU")
    notes = (
        "first: first answer, from before the connection is opened. within: from sending a message "
        "to having its answer. CPU: of client and server together, for one message.",
        "Loopback hides distance: a round trip takes next to no time, nothing is lost.",
    )
    return Table(caption, names, _rows(comparison, facts), notes)


def _line(comparison: Comparison, rtt: float) -> Table:
    def facts(row: Row) -> tuple[str, ...]:
        first, last = 1000 * row.modelled_first(rtt), 1000 * row.modelled_all(rtt)
        return str(row.trips_to_first), f"{first:,.0f}", f"{row.trips:,}", f"{last:,.0f}"

    caption = f"Modelled, not measured: a line with a round trip of {rtt * 1000:g} ms:"
    names = ("way", "trips", "first answer, ms", "all trips", "last answer, ms")
    notes = ("Round trips (counted) × round-trip time, and nothing else.",)
    return Table(caption, names, _rows(comparison, facts), notes)


def _idle(comparison: Comparison) -> Table:
    rows: list[tuple[str, ...]] = []
    for idle in comparison.idle:
        once = idle.once
        segments = f"{once.segments_up + once.segments_down}" + "m" * once.modelled
        facts = (f"{idle.every:g}", f"{once.up:,}", f"{once.down:,}", segments, f"{once.wire:,}")
        rows.append((idle.name, *facts, f"{idle.hour / 1000:,.0f}"))
    caption = "To stay in touch while nothing happens, every so many seconds:"
    names = ("way", "seconds", "up", "down", "segments", "on wire", "kB/h, modelled")
    notes = (
        "Modelled from one measured exchange: kB/h is what that one took on the wire in kB, as "
        "often as it happens in an hour.",
    )
    return Table(caption, names, rows, notes)


def _small_writes(comparison: Comparison) -> Table:
    rows: list[tuple[str, ...]] = []
    for each in comparison.small_writes:
        ordered = sorted(each.latencies)
        segments = f"{each.data_segments / each.messages:g}" + "m" * each.modelled
        times = (ordered[0], ordered[len(ordered) // 2], ordered[-1])
        rows.append((each.name, segments, *(f"{time * 1000:.2f}" for time in times)))
    caption = "A message with a length before it, handed to TCP in two small writes, or in one:"
    names = ("way", "data segments", "shortest, ms", "middle, ms", "longest, ms")
    notes = (
        "Measured. Nagle's algorithm holds the second write back until the first is acknowledged, "
        "and the other side takes its time with that: the wait is a timer's, not the line's.",
    )
    return Table(caption, names, rows, notes)


def _rows(comparison: Comparison, facts: Callable[[Row], tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [
        (row.name, f"skipped: {row.reason}")
        if isinstance(row, Skipped)
        else (row.name, *facts(row))
        for row in comparison.rows
    ]
