"""What the commands do: each takes the words of the command line, and returns the exit status."""

from __future__ import annotations

import argparse
import os
import signal
import ssl
import sys
import threading
from pathlib import Path
from typing import Any

from . import demo, talk, tcp_echo, ws_echo
from .observe.dissect import Dissection, Protocol, dissect, looks_like_http
from .observe.tap import Recording
from .protocol.rfc import Role
from .protocol.uri import URLError
from .tcp_server import Server
from .unhex import Piece, unhex
from .views.live import Live
from .views.text import explain, wants_color


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
    scheme = args.url.partition("://")[0].lower()
    if scheme not in ("tcp", "ws", "wss"):
        raise UsageError(f"{args.url!a} should begin with tcp://, ws:// or wss://.")
    needed = {"origin": ("ws", "wss"), "subprotocol": ("ws", "wss"), "cafile": ("wss",)}
    for name, schemes in needed.items():
        if getattr(args, name) is not None and scheme not in schemes:
            raise UsageError(f"--{name} belongs to {':// or '.join(schemes)}://, not {scheme}://.")
    protocol: Protocol = "tcp" if scheme == "tcp" else "websocket"
    tap = Live(sys.stderr, protocol).recording() if args.explain else None
    if scheme == "tcp":
        return talk.over_tcp(tcp_echo.connect(args.url, tap=tap, timeout=args.timeout))
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
    return talk.over_websocket(ws)


def _client_tls(cafile: str | None) -> ssl.SSLContext | None:
    if cafile is None:
        return None
    _read_file(cafile)
    try:
        return ssl.create_default_context(cafile=cafile)
    except ssl.SSLError as error:
        text = f"{cafile} holds no certificates in PEM: {error.reason or error}."
        raise UsageError(text) from None


# ---------------------------------------------------------------- explain


def run_explain(args: argparse.Namespace) -> int:
    """Bytes in any notation, every one of them explained."""
    pieces = _read_bytes(args.bytes, args.protocol)
    if any(piece.sender for piece in pieces):
        found = _conversation(pieces, args.protocol)
    else:
        sender = Role(args.sender) if args.sender else None
        found = dissect(pieces[0].data, args.protocol, sender)
    print(explain(found, wants_color(sys.stdout)))
    return 0


def _conversation(pieces: list[Piece], protocol: Protocol) -> Dissection:
    """Of both ends, with a handshake or without."""
    recording = Recording(max_event=sys.maxsize, max_total=sys.maxsize, clock=lambda: 0.0)
    for piece in pieces:
        recording.add(piece.sender or Role.CLIENT, piece.data)
    opened = protocol != "tcp" and not looks_like_http(pieces[0].data)
    return dissect(recording, protocol, opened=opened)


def _read_bytes(words: list[str], protocol: Protocol) -> list[Piece]:
    """From the command line, a file or standard input; from hex or as they are."""
    if words == ["-"]:
        data = sys.stdin.buffer.read() if sys.stdin else b""
        return _read_hex_or_raw(data, "standard input", protocol)
    if len(words) == 1 and os.path.exists(words[0]):
        return _read_hex_or_raw(_read_file(words[0]), words[0], protocol)
    try:
        # Each word with a mark of direction is a line.
        marked = any(word.lstrip().startswith(("<", ">", "->")) for word in words)
        return unhex(("\n" if marked else " ").join(words))
    except ValueError as error:
        what = "this"
        if len(words) == 1 and words[0].strip():
            what = f"{words[0][:60]!a} (there is no file of that name)"
        elif files := [word for word in words if os.path.isfile(word)]:
            what = f"this (of files take one at a time: {files[0]})"
        raise UsageError(f"Cannot read {what} as hex: {error}.") from None


def _read_file(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"Cannot read {name}: {error.strerror}.") from None


def _read_hex_or_raw(data: bytes, name: str, protocol: Protocol) -> list[Piece]:
    """Text is taken for hex, unless it is HTTP; no frame is text alone (§5.2: the RSV bits)."""
    text = _decode(data)
    if text is None or looks_like_http(data):
        return [Piece(None, data)]
    try:
        return unhex(text)
    except ValueError as error:
        if protocol == "tcp" and data:
            return [Piece(None, data)]
        raise UsageError(f"Cannot read {name} as hex: {error}.") from None


def _decode(data: bytes) -> str | None:
    """As text, also in the encodings of Windows; None if it is none."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return text if all(c.isprintable() or c.isspace() for c in text) else None
