"""``python -m wslab serve``: an echo server, until someone stops it."""

from __future__ import annotations

import argparse
import re
import signal
import sys
import time
from typing import Any

from .. import tcp_echo, ws_echo
from ..errors import Error
from ..observe.dissect import Protocol
from ..protocol.connection import MAX_FRAGMENTS, MAX_MESSAGE
from ..tcp_server import MAX_CONNECTIONS, Server
from ..views.live import Live
from . import command, positive, seconds, tls


def add(commands: Any) -> None:
    """Its words on the command line."""
    summary = "run an echo server; its address is the first line of the output"
    examples = (
        "  python -m wslab serve tcp --port 15000\n"
        "  python -m wslab serve ws --tap\n"
        "  python -m wslab serve ws --cert cert.pem --key key.pem"
    )
    parser = command(commands, "serve", run, summary, examples)
    parser.add_argument("protocol", choices=["tcp", "ws"], help="raw TCP or WebSocket")
    option = parser.add_argument
    option("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    option("--port", type=int, default=0, help="port; 0 picks a free one (default: 0)")
    option("--tap", action="store_true", help="explain the traffic while it crosses")
    option("--idle-timeout", type=seconds, metavar="SECONDS",
           help="end connections that are silent for so long (default: never)")  # fmt: skip
    option("--max-connections", type=positive, default=MAX_CONNECTIONS, metavar="N",
           help="most peers at a time (default: %(default)s)")  # fmt: skip
    option = parser.add_argument_group("only for ws").add_argument
    option("--cert", metavar="FILE", help="certificate (PEM): speak TLS, wss://")
    option("--key", metavar="FILE", help="private key of the certificate (PEM)")
    option("--origin", action="append", help="let in only pages of this origin; may be repeated")
    option("--max-message", type=positive, metavar="BYTES",
           help=f"longest message (default: {MAX_MESSAGE})")  # fmt: skip
    option("--max-fragments", type=positive, metavar="N",
           help=f"most frames in one message (default: {MAX_FRAGMENTS})")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """An echo server, until someone stops it."""
    server = _serve_tcp(args) if args.protocol == "tcp" else _serve_websocket(args)
    # An address to listen on everywhere is none to connect to.
    url = server.url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
    hint = f"python -m wslab connect {url}"
    if args.protocol == "ws":
        hint += f"\nor open {url.replace('ws', 'http', 1)} in a browser"
    if url != server.url:
        hint += "\nEverybody in your network can reach it, too."
    run_until_stopped(server, f"Talk to it from another terminal: {hint}\nCtrl-C ends the server.")
    return 0


def run_until_stopped(server: Server, text: str) -> None:
    """Print the address, and ``text`` for people; return after Ctrl-C or SIGTERM, all ended."""
    stop = _stop_signals()
    with server:
        print(server.url, flush=True)
        print(text, file=sys.stderr, flush=True)
        while not stop:
            time.sleep(0.2)  # in short steps, for Windows wakes no one for Ctrl-C


def _serve_tcp(args: argparse.Namespace) -> Server:
    for name in ("cert", "key", "origin", "max_message", "max_fragments"):
        if getattr(args, name) is not None:
            raise Error(f"--{name.replace('_', '-')} belongs to: serve ws")
    return tcp_echo.serve(args.host, args.port, **_common_options(args, "tcp"))


def _serve_websocket(args: argparse.Namespace) -> Server:
    options = _common_options(args, "websocket")
    for name in ("max_message", "max_fragments"):
        if getattr(args, name) is not None:
            options[name] = getattr(args, name)
    for origin in args.origin or ():
        if not re.fullmatch(r"null|[a-z][a-z0-9+.-]*://[^/]+", origin):
            text = "takes what a browser sends, as http://127.0.0.1:8000, without a path or a slash"
            raise Error(f"--origin {text} at its end, and not {origin!a}.")
    context = tls.of_server(args.cert, args.key)
    return ws_echo.serve(args.host, args.port, ssl=context, origins=args.origin, **options)


def _common_options(args: argparse.Namespace, protocol: Protocol) -> dict[str, Any]:
    live = Live(sys.stdout, protocol)
    return {
        "tap": (lambda address: live.recording(f"port {address[1]}")) if args.tap else None,
        "idle_timeout": args.idle_timeout,
        "max_connections": args.max_connections,
    }


def _stop_signals() -> list[int]:
    """A list that Ctrl-C and SIGTERM put their number into, instead of what they do otherwise.

    They stay so: an impatient second one must not disturb the end. And no Event, for a handler may
    run in the middle of ``wait``: to take the Event's lock there would stop everything for ever.
    """
    stop: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: stop.append(number))
    return stop
