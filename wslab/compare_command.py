"""What ``python -m wslab compare`` does: the same messages over TCP, WebSocket and HTTP."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

from .commands import UsageError
from .observe.files import whole_file


def run_compare(args: argparse.Namespace) -> int:
    """Run all, print the tables, write the plot if one is asked for."""
    from .comparison.run import compare  # here: no other command needs HTTP
    from .comparison.workload import WorkloadError

    if args.output:
        _check_output(args.output)
    try:
        comparison = compare(args.messages, args.size, pace=args.pace, rtt=args.rtt)
    except WorkloadError as error:
        raise UsageError(str(error)) from None
    print(comparison)
    if args.output:
        from .views.plot import traffic

        png = traffic(comparison).png()
        with whole_file(args.output) as file:
            file.write(png)
        print(f"The plot is in {args.output}.", file=sys.stderr)
    return 0


class _OnlyTrying(Exception):
    """Leaves a file that is being written, so that nothing of it stays."""


def _check_output(name: str) -> None:
    """Now, not after the run."""
    if Path(name).suffix != ".png":
        raise UsageError(f"-o takes a name that ends in .png, and not {name!a}.")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        text = "The plot needs matplotlib: pip install matplotlib (or leave -o out)."
        raise UsageError(text) from None
    with contextlib.suppress(_OnlyTrying), whole_file(name):
        raise _OnlyTrying
