"""``python -m wslab relay``: between two programs, it shows what they say."""

from __future__ import annotations

import argparse
import sys
from collections import deque
from typing import Any

from ..errors import Error
from ..observe.recording import Recording
from ..observe.relay import MAX_RECORDING, MAX_RECORDINGS, relay
from ..views.live import Live
from . import command
from .record import check_output, save
from .serve import run_until_stopped


def add(commands: Any) -> None:
    """Its words on the command line."""
    summary = "pass connections on to a server, and show what other programs say to each other"
    examples = (
        "  python -m wslab relay --listen 15001 --to 127.0.0.1:8888 --explain\n"
        "  python -m wslab relay --to 127.0.0.1:8888 -o talk.pcapng\n"
        "  python -m wslab relay --to 127.0.0.1:8888 -o talk.json\n"
        "Then open http://127.0.0.1:15001/ instead of http://127.0.0.1:8888/.\n"
        "The file (.pcapng is for Wireshark) is written when Ctrl-C ends the relay.\n"
        "What is inside TLS stays closed: you will see ciphertext."
    )
    parser = command(commands, "relay", run, summary, examples)
    option = parser.add_argument
    option("--listen", type=int, default=0, metavar="PORT",
           help="port on 127.0.0.1; 0 picks a free one (default: 0)")  # fmt: skip
    option("--to", required=True, metavar="HOST:PORT", help="the server to pass them on to")
    option("--explain", action="store_true", help="explain the traffic while it crosses")
    option("-o", "--output", metavar="FILE",
           help="record to FILE.pcapng (all connections), or FILE.json (one each:"
           " the second goes to FILE-2.json)")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """A relay, until someone stops it; then the file, if one is asked for."""
    host, port = _address(args.to)
    if args.output:
        check_output(args.output)
    live = Live(sys.stdout, "auto") if args.explain else None
    keep = MAX_RECORDING if args.output else 0
    recordings: deque[Recording] = deque(maxlen=MAX_RECORDINGS)
    count = 0

    def record(address: Any) -> Recording:
        nonlocal count
        count += 1
        if live:
            recording = live.recording(f"port {address[1]}", keep)
        else:
            recording = Recording(max_total=keep)
        if args.output:
            recordings.append(recording)
        return recording

    middle = relay((host, port), port=args.listen, record=record)
    here = middle.url.removeprefix("tcp://")
    text = (
        f"Connect to it instead of {args.to}:\n"
        f"  tcp://{here} or ws://{here}/,\n"
        f"  in a browser http://{here}/\n"
        "Ctrl-C ends the relay."
    )
    run_until_stopped(middle, text)
    if args.output:
        print(save(args.output, list(recordings), count), file=sys.stderr)
    return 0


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):  # an address of IPv6
        host = host[1:-1]
    elif ":" in host:
        host = ""
    if not (host and colon and port.isascii() and port.isdigit() and 1 <= int(port[:9]) <= 65535):
        raise Error(f"--to takes HOST:PORT, as in 127.0.0.1:8888, and not {text!a}.")
    return host, int(port)
