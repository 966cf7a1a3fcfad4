"""``python -m wslab connect``: standard input to a server, its answers to standard output."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from typing import Any

from .. import talk, tcp_echo, ws_echo
from ..errors import Error
from ..observe.dissect import Protocol
from ..observe.recording import Recording
from ..protocol.uri import URLError
from ..views.live import Live
from . import tls
from .words import command, seconds


def add(commands: Any) -> None:
    """Its words on the command line."""
    summary = "send lines from standard input to a server, print what comes back"
    examples = (
        "  python -m wslab connect tcp://127.0.0.1:15000\n"
        "  python -m wslab connect ws://127.0.0.1:15000/ --explain\n"
        "  echo Hello | python -m wslab connect ws://127.0.0.1:15000/"
    )
    parser = command(commands, "connect", run, summary, examples)
    parser.add_argument("url", metavar="URL", help="tcp://HOST:PORT, ws://… or wss://…")
    option = parser.add_argument
    option("--explain", action="store_true", help="show and explain the bytes (standard error)")
    add_options(parser)


def add_options(parser: Any) -> None:
    """What ``record`` has too."""
    option = parser.add_argument
    option("--timeout", type=seconds, default=10.0, metavar="SECONDS",
           help="for connecting and the handshake (default: %(default)s)")  # fmt: skip
    option = parser.add_argument_group("only for ws:// and wss://").add_argument
    option("--origin", help="send this Origin, as a browser would")
    option("--subprotocol", action="append", metavar="NAME",
           help="offer this subprotocol; may be repeated")  # fmt: skip
    option("--cafile", metavar="FILE", help="wss://: trust the certificates in this file (PEM)")


def run(args: argparse.Namespace) -> int:
    """Standard input to a server, and its answers to standard output."""
    protocol = _check_url(args)
    tap = Live(sys.stderr, protocol).recording() if args.explain else None
    return converse(args, tap, talk.lines(sys.stdin), talk.at_a_terminal())


def _check_url(args: argparse.Namespace) -> Protocol:
    """What the URL speaks, after a look whether the options are for that."""
    scheme = args.url.partition("://")[0].lower()
    if scheme not in ("tcp", "ws", "wss"):
        raise Error(f"{args.url!a} should begin with tcp://, ws:// or wss://.")
    needed = {"origin": ("ws", "wss"), "subprotocol": ("ws", "wss"), "cafile": ("wss",)}
    for name, schemes in needed.items():
        if getattr(args, name) is not None and scheme not in schemes:
            raise Error(f"--{name} belongs to {':// or '.join(schemes)}://, not {scheme}://.")
    return "tcp" if scheme == "tcp" else "websocket"


def converse(
    args: argparse.Namespace, tap: Recording | None, spoken: Iterable[bytes], person: bool
) -> int:
    """Say the lines that are ``spoken`` to the server of ``args.url``, and print the answers.

    With ``person`` somebody types them, and is told when and how.
    """
    arrow = talk.ARROW if person else ""
    if _check_url(args) == "tcp":
        sock = tcp_echo.connect(args.url, tap=tap, timeout=args.timeout)
        _greet(person)
        return talk.over_tcp(sock, spoken, arrow)
    try:
        ws = ws_echo.connect(
            args.url,
            tap=tap,
            ssl=tls.of_client(args.cafile),
            origin=args.origin,
            subprotocols=args.subprotocol or (),
            timeout=args.timeout,
            close_timeout=talk.PATIENCE,
        )
    except URLError:
        raise
    except ValueError as error:  # something that cannot stand in a request
        raise Error(f"{error}.") from None
    _greet(person)
    return talk.over_websocket(ws, spoken, arrow)


def _greet(person: bool) -> None:
    if person:
        print(talk.HELLO, file=sys.stderr, flush=True)
