"""``python -m wslab compare``: the same messages over TCP, WebSocket and HTTP."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..environment import how_to_get
from ..errors import Error
from ..observe.files import atomic_write, check_writable
from . import command, milliseconds


def add(commands: Any) -> None:
    """Its words on the command line."""
    summary = "run the same messages over TCP, WebSocket and HTTP, and count what they cost"
    examples = (
        "  python -m wslab compare\n"
        "  python -m wslab compare --messages 1000 --size 200 --rtt 50\n"
        "  python -m wslab compare -o traffic.png"
    )
    parser = command(commands, "compare", run, summary, examples)
    option = parser.add_argument
    option("--messages", type=int, default=100, metavar="N", help="how many (default: 100)")
    option("--size", type=int, default=16, metavar="BYTES", help="of each message (default: 16)")
    option("--pace", type=milliseconds, default=0.0, metavar="MS",
           help="from one message to the next at least (default: 0)")  # fmt: skip
    option("--rtt", type=milliseconds, metavar="MS",
           help="compute what a line with this round-trip time would make of it")  # fmt: skip
    option("-o", "--output", metavar="FILE.png", help="write the plot to this file")


def run(args: argparse.Namespace) -> int:
    """Run all, print the tables, write the plot if one is asked for."""
    from ..comparison.run import compare  # here: no other command needs HTTP

    if args.output:
        _check_output(args.output)
    comparison = compare(args.messages, args.size, pace=args.pace, rtt=args.rtt)
    print(comparison)
    if args.output:
        from ..views.plot import traffic

        png = traffic(comparison).png()
        with atomic_write(args.output) as file:
            file.write(png)
        print(f"The plot is in {args.output}.", file=sys.stderr)
    return 0


def _check_output(name: str) -> None:
    """Now, not after the run."""
    if Path(name).suffix != ".png":
        raise Error(f"-o takes a name that ends in .png, and not {name!a}.")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        text = f"The plot needs matplotlib; {how_to_get('matplotlib')} (or leave -o out)."
        raise Error(text) from None
    check_writable(name)
