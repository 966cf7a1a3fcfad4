"""A comparison that was never run: its figures are easy to recognize."""

from __future__ import annotations

from wslab.comparison.result import Comparison, Idle, Row, Skipped, SmallWrites
from wslab.comparison.workload import Workload
from wslab.observe.traffic import Traffic


def traffic(*, modelled: bool = False) -> Traffic:
    return Traffic(1, 1234, 5678, 111, 99, 100, modelled, timestamps=True)


def comparison(
    *, modelled: bool = False, rtt: float | None = None, nothing: bool = False
) -> Comparison:
    cost = traffic(modelled=modelled)
    rows = (
        Row("TCP", 100, cost, 2, 101, 0.00321, (0.001, 0.002) * 50, 0.0456),
        Row("HTTP <new>", 100, cost, 2, 200, 0.1, (0.5,) * 100, 1.0),
    )
    skipped = Skipped("WebSocket over TLS", "trustme is not installed")
    idle = Idle("polling", 2.0, cost)
    trap = SmallWrites("two writes", 10, 20, modelled, (0.04, 0.001, 0.045))
    measured = () if nothing else rows
    return Comparison(Workload(), (*measured, skipped), (idle,), (trap,), rtt)
