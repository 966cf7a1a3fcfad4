"""The figures as a picture: one panel a question."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import matplotlib

from .measure import Samples

matplotlib.use("Agg")  # a file, no window


def plot(results: dict[str, dict[str, Samples]], path: Path) -> None:
    from matplotlib.figure import Figure

    from .report import SECTIONS, label, ratios, size_name

    wanted = [name for name in ("round-trip", "pipelined", "mask", "client") if name in results]
    if not wanted:
        return
    across = min(2, len(wanted))
    down = -(-len(wanted) // across)
    picture = Figure(figsize=(7.5 * across, 4.5 * down), layout="constrained")
    for number, section in enumerate(wanted, 1):
        axes: Any = picture.add_subplot(down, across, number)
        columns, base = results[section], SECTIONS[section].base
        sizes = [int(size) for size in columns]
        for style, name in enumerate(next(iter(columns.values()))):
            if base not in columns[str(sizes[0])]:
                continue
            shares = [
                statistics.median(ratios(samples, name, base)) for samples in columns.values()
            ]
            line = {"marker": "os^vDPX*<>"[style % 10], "color": f"C{style}", "alpha": 0.9}
            axes.plot(sizes, shares, label=label(section, name), **line)
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set_xticks(sizes, [size_name(size) for size in sizes])
        axes.yaxis.set_major_formatter("{x:g}")
        axes.set_title(SECTIONS[section].title.partition(":")[0])
        axes.set_ylabel(f"speed, {label(section, base)} = 1")
        axes.set_xlabel("size of a message")
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))
    picture.savefig(path, dpi=120)
