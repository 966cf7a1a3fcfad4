"""python start.py bench: how fast the echoes are, beside raw TCP and beside other libraries."""

from __future__ import annotations

import argparse
import io
import sys
import time
from pathlib import Path

from . import inside, measure, report
from .clients import CLIENTS
from .masks import MASKS
from .measure import Effort, Samples
from .peers import PEERS, ROOT, installed, running
from .raw import WrongEcho

SECTIONS = (
    *("round-trip", "pipelined", "connection", "crowd"),
    *("mask", "client", "relay", "views"),
)


def main(argv: list[str] | None = None) -> int:
    options = parse(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        bench(options)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except (WrongEcho, OSError) as error:  # a figure that is worth nothing is no figure
        print(f"\nThe benchmark cannot go on: {error}", file=sys.stderr)
        return 1
    return 0


def bench(options: argparse.Namespace) -> None:
    effort = measure.SMOKE if options.smoke else measure.QUICK if options.quick else measure.FULL
    start = time.perf_counter()
    machine = report.machine(measure.pin(options.core))
    print(report.heading(machine, left_out()), flush=True)
    results: report.Results = {}
    names = [name for name, peer in PEERS.items() if installed(peer.needs)]
    names = [name for name in names if not options.servers or name in options.servers]
    for section in options.only or SECTIONS:
        results[section] = run(section, names, effort, options.text)
        print(report.table(section, results[section]), flush=True)
    print(report.target_table(results))
    report.save(options.output, results, machine)
    print(f"\n{time.perf_counter() - start:.0f} s; all of it is in {options.output}")


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="start.py bench", description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="under 20 seconds, instead of under 5 minutes")
    add("--smoke", action="store_true", help="only see whether all of it runs")
    some = "some of: "
    add("--only", nargs="+", choices=SECTIONS, metavar="PART", help=some + ", ".join(SECTIONS))
    add("--servers", nargs="+", choices=PEERS, metavar="NAME", help=some + ", ".join(PEERS))
    add("--text", action="store_true", help="text messages instead of binary ones")
    add("--core", type=int, help="the core to stay on")
    folder = ROOT / "bench-results"
    add("--output", type=Path, default=folder, metavar="DIR", help="for bench.json and bench.png")
    return parser.parse_args(argv)


def left_out() -> list[str]:
    """What would be measured if it were installed."""
    needs = {peer.needs for peer in PEERS.values()}
    needs |= {one.needs for one in [*MASKS.values(), *CLIENTS.values()]}
    return sorted(module for module in needs if not installed(module))


def run(section: str, names: list[str], effort: Effort, text: bool) -> dict[str, Samples]:
    """The samples of a section, by column (a size, mostly) and name."""
    if section == "crowd":
        crowds = measure.crowds(names, effort)
        return {
            column: {name: [getattr(one, column) for one in many] for name, many in crowds.items()}
            for column in measure.Crowd._fields
        }
    if section == "relay":
        return {str(effort.stream): measure.streams(effort)}
    if section == "views":
        few = effort._replace(turns=effort.few)
        return {str(effort.frames): inside.fresh(section, effort.frames, few)}
    sizes = {"connection": (16,), "pipelined": effort.small}.get(section, effort.sizes)
    if section == "mask":
        return {str(size): inside.fresh(section, size, effort) for size in sizes}
    if section == "client":
        with running("numpy" if "numpy" in names else "ws_echo") as server:
            return {str(size): inside.fresh(section, size, effort, server) for size in sizes}
    opcode = 1 if text else 2
    return measure.afresh(MEASURES[section], names, sizes, effort, opcode)


MEASURES = {
    "round-trip": measure.round_trip,
    "pipelined": measure.pipelined,
    "connection": measure.connection,
}


if __name__ == "__main__":
    sys.exit(main())
