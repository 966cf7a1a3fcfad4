"""What the benchmark should show. A target that is missed is reported, and fails nothing."""

from __future__ import annotations

from typing import NamedTuple

from .measure import Samples


class Target(NamedTuple):
    """``ours`` is ``limit`` times as fast as ``other``; without ``other`` it is a maximum."""

    text: str
    section: str
    column: str  # a size; "" for the worst of all
    ours: str
    other: str
    limit: float
    unit: float = 1.0

    @property
    def most(self) -> bool:
        return not self.other or self.unit < 0

    @property
    def wanted(self) -> str:
        return f"{'<=' if self.most else '>='} {self.limit:g}"

    def values(self, samples: Samples) -> list[float]:
        ours = samples[self.ours]
        if not self.other:
            return [value / self.unit for value in ours]
        pairs = zip(ours, samples[self.other], strict=True)
        if self.unit < 0:  # a cost: how much longer it takes, in percent
            return [100 * (a / b - 1) for a, b in pairs]
        return [b / a for a, b in pairs]

    def verdict(self, value: float) -> str:
        if self.most:
            return "ok" if value <= self.limit else "above"
        return "ok" if value >= self.limit else "below"


COST = -1.0

TARGETS = (
    Target("echo 16 B, to raw TCP (stretch 0.65)", "round-trip", "16", "ws_echo", "tcp", 0.55),
    Target("echo 125 B, to raw TCP (stretch 0.65)", "round-trip", "125", "ws_echo", "tcp", 0.55),
    Target("echo 1 KiB, to raw TCP", "round-trip", "1024", "ws_echo", "tcp", 0.45),
    Target("echo 64 KiB, to raw TCP", "round-trip", "65536", "ws_echo", "tcp", 0.14),
    Target("echo 64 KiB with numpy, to raw TCP", "round-trip", "65536", "numpy", "tcp", 0.40),
    Target("echo 16 B, to websockets", "round-trip", "16", "ws_echo", "websockets", 2.5),
    Target("echo 125 B, to websockets", "round-trip", "125", "ws_echo", "websockets", 2.5),
    Target("echo of every size, to websockets", "round-trip", "", "ws_echo", "websockets", 1),
    Target("echo 16 B, to wsproto", "round-trip", "16", "ws_echo", "wsproto", 1.9),
    Target("echo 125 B, to wsproto", "round-trip", "125", "ws_echo", "wsproto", 1.9),
    Target("echo of every size, to wsproto", "round-trip", "", "ws_echo", "wsproto", 1),
    Target("pipelined 16 B, to TCP with length", "pipelined", "16", "ws_echo", "length", 0.5),
    Target("pipelined 125 B, to TCP with length", "pipelined", "125", "ws_echo", "length", 0.5),
    Target("pipelined 1 KiB, to TCP with length", "pipelined", "1024", "ws_echo", "length", 0.5),
    Target("connections a second, to raw TCP", "connection", "16", "ws_echo", "tcp", 0.70),
    Target("threads for each of many connections", "crowd", "threads", "ws_echo", "", 1),
    Target("KiB for each of many connections", "crowd", "memory", "ws_echo", "", 40, 1024.0),
    Target("masking 16 B, to websockets in Python", "mask", "16", "ours", "websockets", 1.15),
    Target("masking 125 B, to websockets in Python", "mask", "125", "ours", "websockets", 1.15),
    Target("masking 64 KiB, to websockets in Python", "mask", "65536", "ours", "websockets", 2),
    Target("masking 1 MiB, to websockets in Python", "mask", "1048576", "ours", "websockets", 2),
    Target("a tap costs at 16 B, percent", "round-trip", "16", "tap", "ws_echo", 15, COST),
    Target("a tap costs at 125 B, percent", "round-trip", "125", "tap", "ws_echo", 15, COST),
    Target("a tap costs at 1 KiB, percent", "round-trip", "1024", "tap", "ws_echo", 15, COST),
    Target("a tap costs at 64 KiB, percent", "round-trip", "65536", "tap", "ws_echo", 15, COST),
    Target("a stream through the relay, to direct", "relay", "", "relay", "direct", 0.3),
    Target("microseconds to dissect a frame", "views", "", "dissect", "", 50, 1e-6),
    Target("microseconds, when all is in one piece", "views", "", "mixed", "", 50, 1e-6),
    Target("seconds to show 10,000 frames, folded", "views", "", "html", "", 1, 1e-4),
)
