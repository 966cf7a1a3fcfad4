"""What was measured, as a table of 80 columns, as bench.json and as a plot."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import statistics
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .clients import CLIENTS
from .masks import MASKS
from .measure import Samples
from .peers import PEERS, STREAMS, Peer
from .targets import TARGETS, Target
from .views import VIEWS
from .worlds import Candidate

Results = dict[str, dict[str, Samples]]  # section, column, name


class Section(NamedTuple):
    title: str
    base: str = ""  # what the others are compared with


SECTIONS = {
    "round-trip": Section("Round trips: microseconds, and speed as a share of raw TCP's", "tcp"),
    "pipelined": Section(
        "Pipelined, 128 on the way: microseconds a message, share of TCP with length", "length"
    ),
    "connection": Section("Open, one echo, close: microseconds, and share of raw TCP's", "tcp"),
    "crowd": Section("Many connections at once: what each of them takes in the server"),
    "mask": Section("Masking: microseconds, and speed, websockets in Python = 1", "websockets"),
    "client": Section("Clients, one server for all: microseconds, speed, no library = 1", "raw"),
    "relay": Section(
        "A stream: microseconds for each MiB, and share of the direct speed", "direct"
    ),
    "views": Section("To look at a recording of so many frames: microseconds a frame"),
}


NAMES: dict[str, Mapping[str, Candidate | Peer]] = {
    "mask": MASKS,
    "client": CLIENTS,
    "relay": STREAMS,
    "views": VIEWS,
}
"""What has rows in a section; in all others it is the servers."""


def label(section: str, name: str) -> str:
    return NAMES.get(section, PEERS)[name].label


def ratios(samples: Samples, ours: str, other: str) -> list[float]:
    """How many times as fast as ``other``: within each turn, so under the same conditions."""
    return [b / a for a, b in zip(samples[ours], samples[other], strict=True)]


def machine(core: int | None) -> dict[str, Any]:
    versions: dict[str, str | None] = {}
    for package in ("websockets", "wsproto", "websocket-client", "numpy"):
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = None
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": processor(),
        "cores": os.cpu_count(),
        "core": core,
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "packages": versions,
    }


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    models = (line.partition(": ")[2] for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or "unknown processor")


def heading(machine: dict[str, Any], left_out: list[str]) -> str:
    core = machine["core"]
    where = "not pinned to a core" if core is None else f"all on core {core}"
    lines = [
        f"{machine['python']}, {machine['system']}",
        f"{machine['processor']}, {machine['cores']} cores, {where}; load {machine['load']}",
        ", ".join(f"{name} {version}" for name, version in machine["packages"].items() if version),
        *(f"Not installed, so left out: {name}" for name in left_out),
    ]
    return "\n".join(textwrap.fill(line, 80) for line in lines if line)


def table(section: str, columns: dict[str, Samples]) -> str:
    if section == "crowd":
        return crowd_table(columns)
    title, base = SECTIONS[section]
    heads = [column if section == "views" else size_name(int(column)) for column in columns]
    lines = ["", title, " " * 22 + "".join(f"{head:>11}" for head in heads)]
    for name in next(iter(columns.values())):
        line = f"{label(section, name):<22}"
        for samples in columns.values():
            line += f"{figure(statistics.median(samples[name]) * 1e6):>6}"
            line += f"{share(samples, name, base):>5}"
        lines.append(line)
    return "\n".join(lines)


def share(samples: Samples, name: str, base: str) -> str:
    if base not in samples:
        return "-"
    return figure(statistics.median(ratios(samples, name, base)), 2)


def crowd_table(columns: dict[str, Samples]) -> str:
    lines = ["", SECTIONS["crowd"].title, " " * 22 + f"{'ms':>11}{'KiB':>11}{'threads':>11}"]
    for name in columns["seconds"]:
        seconds, memory, threads = (statistics.median(taken[name]) for taken in columns.values())
        known = f"{memory / 1024:>11.1f}{threads:>11.2f}" if memory else f"{'-':>11}{'-':>11}"
        lines.append(f"{label('crowd', name):<22}{seconds * 1e3:>11.2f}{known}")
    return "\n".join(lines)


def figure(value: float, digits: int = 1) -> str:
    """Few characters, and about three digits that count."""
    large = abs(value)
    if large >= 100:
        return f"{value:.0f}"
    return f"{value:.{digits}f}" if large < 10 else f"{value:.1f}"


def size_name(size: int) -> str:
    for unit, factor in (("MiB", 2**20), ("KiB", 1024)):
        if size >= factor:
            return f"{size // factor} {unit}"
    return f"{size} B"


def target_table(results: Results) -> str:
    lines = ["", f"{'Targets':<44}{'wanted':>7}{'measured':>9}  quartiles"]
    for target in TARGETS:
        line = f"{target.text:<44}{target.wanted:>7}"
        if values := measured(target, results):
            low, middle, high = quartiles(values)
            spread = f"{figure(low, 2)}..{figure(high, 2)}"
            line += f"{middle:>9.2f}  {spread:<11} {target.verdict(middle)}"
        else:
            line += f"{'-':>9}"
        lines.append(line)
    return "\n".join(lines)


def measured(target: Target, results: Results) -> list[float]:
    """The values of a target turn by turn; for "every size" those of its worst size."""
    columns = results.get(target.section, {})
    if target.column:
        columns = {target.column: columns.get(target.column, {})}
    found = [
        target.values(samples)
        for samples in columns.values()
        if target.ours in samples and (not target.other or target.other in samples)
    ]
    return min(found, key=statistics.median, default=[])


def quartiles(values: list[float]) -> tuple[float, float, float]:
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def save(folder: Path, results: Results, machine: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    content = {"machine": machine, "seconds, turn by turn": results}
    (folder / "bench.json").write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    try:
        from .plot import plot
    except ImportError:
        print("\nmatplotlib is not installed: no plot.")
    else:
        plot(results, folder / "bench.png")
