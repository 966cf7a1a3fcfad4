"""What the commands do: each takes the words of the command line, and returns the exit status."""

from __future__ import annotations

import argparse
import signal
import ssl
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from . import demo, talk, tcp_echo, ws_echo
from .observe.dissect import Protocol
from .observe.tap import Recording
from .protocol.uri import URLError
from .tcp_server import Server
from .views.live import Live
from .views.text import wants_color


class UsageError(Exception):
    """The command line asks for something that cannot be; the text says what to do."""


def run_demo(args: argparse.Namespace) -> int:
    """Both echoes, side by side."""
    try:
        conversations = demo.run(args.text or demo.WORDS)
    except UnicodeEncodeError as error:
        raise UsageError(f"{error.object!a} is not text in UTF-8.") from None
    print(demo.report(*conversations, wants_color(sys.stdout)))
    return 0


# ---------------------------------------------------------------- serve


def run_serve(args: argparse.Namespace) -> int:
    """An echo server, until someone stops it."""
    server = _serve_tcp(args) if args.protocol == "tcp" else _serve_websocket(args)
    hint = f"python -m wslab connect {server.url}"
    if args.protocol == "ws":
        hint += f"\nor open {server.url.replace('ws', 'http', 1)} in a browser"
    run_until_stopped(server, f"Talk to it from another terminal: {hint}\nCtrl-C ends the server.")
    return 0


def run_until_stopped(server: Server, text: str) -> None:
    """Print the address, and ``text`` for people; return after Ctrl-C or SIGTERM, all ended."""
    stop = _stop_signals()
    with server:
        print(server.url, flush=True)
        print(text, file=sys.stderr, flush=True)
        while not stop.wait(0.2):  # in short steps, for Windows wakes no one for Ctrl-C
            pass


def _serve_tcp(args: argparse.Namespace) -> Server:
    for name in ("cert", "key", "origin", "max_message", "max_fragments"):
        if getattr(args, name) is not None:
            raise UsageError(f"--{name.replace('_', '-')} belongs to: serve ws")
    return tcp_echo.serve(args.host, args.port, **_common_options(args, "tcp"))


def _serve_websocket(args: argparse.Namespace) -> Server:
    options = _common_options(args, "websocket")
    for name in ("max_message", "max_fragments"):
        if getattr(args, name) is not None:
            options[name] = getattr(args, name)
    tls = _server_tls(args.cert, args.key)
    return ws_echo.serve(args.host, args.port, ssl=tls, origins=args.origin, **options)


def _common_options(args: argparse.Namespace, protocol: Protocol) -> dict[str, Any]:
    live = Live(sys.stdout, protocol)
    return {
        "tap": (lambda address: live.recording(f"port {address[1]}")) if args.tap else None,
        "idle_timeout": args.idle_timeout,
        "max_connections": args.max_connections,
    }


def _stop_signals() -> threading.Event:
    """An event that Ctrl-C and SIGTERM set, instead of what they do otherwise.

    They stay so: an impatient second one must not disturb the end.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _server_tls(cert: str | None, key: str | None) -> ssl.SSLContext | None:
    if not cert:
        if key:
            raise UsageError("--key needs --cert: the certificate that belongs to the key.")
        return None
    for name in (cert, key or cert):
        _read_file(name)  # says which of the two cannot be read
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(cert, key)
    except ssl.SSLError as error:
        pair = f"{cert} and {key} are no certificate with its key"
        alone = f"{cert} does not hold a certificate and its key (give the key with --key)"
        reason = error.reason or error
        raise UsageError(f"{pair if key else alone}, in PEM: {reason}.") from None
    return context


# ---------------------------------------------------------------- connect


def run_connect(args: argparse.Namespace) -> int:
    """Standard input to a server, and its answers to standard output."""
    protocol = _check_url(args)
    tap = Live(sys.stderr, protocol).recording() if args.explain else None
    return converse(args, tap, talk.lines(sys.stdin))


def _check_url(args: argparse.Namespace) -> Protocol:
    """What the URL speaks, after a look whether the options are for that."""
    scheme = args.url.partition("://")[0].lower()
    if scheme not in ("tcp", "ws", "wss"):
        raise UsageError(f"{args.url!a} should begin with tcp://, ws:// or wss://.")
    needed = {"origin": ("ws", "wss"), "subprotocol": ("ws", "wss"), "cafile": ("wss",)}
    for name, schemes in needed.items():
        if getattr(args, name) is not None and scheme not in schemes:
            raise UsageError(f"--{name} belongs to {':// or '.join(schemes)}://, not {scheme}://.")
    return "tcp" if scheme == "tcp" else "websocket"


def converse(args: argparse.Namespace, tap: Recording | None, spoken: Iterable[bytes]) -> int:
    """Say the lines that are ``spoken`` to the server of ``args.url``, and print the answers."""
    if _check_url(args) == "tcp":
        return talk.over_tcp(tcp_echo.connect(args.url, tap=tap, timeout=args.timeout), spoken)
    try:
        ws = ws_echo.connect(
            args.url,
            tap=tap,
            ssl=_client_tls(args.cafile),
            origin=args.origin,
            subprotocols=args.subprotocol or (),
            timeout=args.timeout,
            close_timeout=talk.PATIENCE,
        )
    except URLError:
        raise
    except ValueError as error:  # something that cannot stand in a request
        raise UsageError(f"{error}.") from None
    return talk.over_websocket(ws, spoken)


def _client_tls(cafile: str | None) -> ssl.SSLContext | None:
    if cafile is None:
        return None
    _read_file(cafile)
    try:
        return ssl.create_default_context(cafile=cafile)
    except ssl.SSLError as error:
        text = f"{cafile} holds no certificates in PEM: {error.reason or error}."
        raise UsageError(text) from None


def _read_file(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"Cannot read {name}: {error.strerror}.") from None
