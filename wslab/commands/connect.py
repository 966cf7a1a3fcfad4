"""``python -m wslab connect``: standard input to a server, its answers to standard output.

A terminal or a pipe is at one end of a connection: lines go out, what comes in is printed.
"""

from __future__ import annotations

import argparse
import contextlib
import socket
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from .. import net, tcp_echo, ws_echo
from ..errors import Error
from ..observe.dissect import Protocol
from ..observe.recording import Recording
from ..protocol.errors import ConnectionClosed
from ..protocol.rfc import close_code_meaning
from ..protocol.uri import URLError
from ..views.columns import printable
from ..views.live import Live
from ..websocket import WebSocket
from . import command, seconds, tls

PATIENCE = 2.0
"""How long to wait for an answer when there is nothing more to say, in seconds."""

HELLO = "Connected. Write a line and press Enter; Ctrl-C ends."
ARROW = "<- "
"""Before what came in, where a person sees it below what was typed."""


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
    return converse(args, tap, lines(sys.stdin), at_a_terminal())


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
    arrow = ARROW if person else ""
    if _check_url(args) == "tcp":
        sock = tcp_echo.connect(args.url, tap=tap, timeout=args.timeout)
        _greet(person)
        return over_tcp(sock, spoken, arrow)
    try:
        ws = ws_echo.connect(
            args.url,
            tap=tap,
            ssl=tls.of_client(args.cafile),
            origin=args.origin,
            subprotocols=args.subprotocol or (),
            timeout=args.timeout,
            close_timeout=PATIENCE,
        )
    except URLError:
        raise
    except ValueError as error:  # something that cannot stand in a request
        raise Error(f"{error}.") from None
    _greet(person)
    return over_websocket(ws, spoken, arrow)


def _greet(person: bool) -> None:
    if person:
        print(HELLO, file=sys.stderr, flush=True)


def at_a_terminal() -> bool:
    """Whether a person writes the lines and reads the answers, and not a program."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def lines(stdin: TextIO | None) -> Iterator[bytes]:
    """Lines of ``stdin``, each with its end; none if it is closed, as in "<&-".

    Read below Python's buffer: the thread that waits there would hold the buffer's lock, and keep
    the program from ending when the server has closed.
    """
    if stdin is None:
        return
    raw = getattr(stdin.buffer, "raw", stdin.buffer)
    rest: list[bytes] = []
    with contextlib.suppress(OSError):  # a terminal that is gone has said all
        while chunk := raw.read(net.CHUNK):
            first, *others = chunk.split(b"\n")
            rest.append(first)
            for line in others:
                yield b"".join(rest) + b"\n"
                rest = [line]
    if last := b"".join(rest):
        yield last


def over_tcp(sock: net.Stream, spoken: Iterable[bytes], arrow: str = "") -> int:
    """What is spoken goes out as it is; what comes in goes to standard output as it is.

    Except for the ``arrow`` at the start of each of its lines.
    """
    mark = arrow.encode()

    def speak() -> None:
        try:
            for line in spoken:
                sock.sendall(line)
            sock.shutdown(socket.SHUT_WR)  # our half is finished; the answers may still come
        except OSError:
            pass  # the server has gone: the loop below sees its end

    threading.Thread(target=speak, daemon=True).start()
    with sock:
        fresh = True  # the next byte begins a line; TCP cuts anywhere, also inside one
        while chunk := _recv(sock):
            pieces = chunk.splitlines(keepends=True) if mark else [chunk]
            for piece in pieces:
                sys.stdout.buffer.write(mark * fresh + piece)
                fresh = piece.endswith(b"\n")
            sys.stdout.flush()
    return 0


def _recv(sock: net.Stream) -> bytes:
    try:
        return sock.recv(net.CHUNK)
    except OSError as error:
        raise Error(f"The connection is lost: {error.strerror or error}.") from None


def over_websocket(ws: WebSocket, spoken: Iterable[bytes], arrow: str = "") -> int:
    """Each line goes out as one text message; each message that comes in is one line.

    The ``arrow`` stands before it.
    """
    answers, over = threading.Semaphore(0), threading.Event()

    def speak() -> None:
        unanswered = 0
        try:
            for line in spoken:
                ws.send(line.rstrip(b"\r\n").decode("utf-8", "replace"))
                unanswered += 1
            # There is no half-close: after our Close a server sends no answer any more (§5.5.1).
            while unanswered and answers.acquire(timeout=PATIENCE):
                unanswered -= 1
            if unanswered:
                text = f"no answer to {unanswered} of our messages within {PATIENCE:g} s"
                print(f"wslab: {text}", file=sys.stderr)
            ws.say_goodbye(1000, "", timeout=PATIENCE)
            if not over.wait(PATIENCE):
                ws.close()  # a server that does not answer our Close is not waited for
        except ConnectionClosed:
            pass  # the server has closed: the loop below sees it

    threading.Thread(target=speak, daemon=True).start()
    with ws:
        try:
            for message in ws:
                shown = message if isinstance(message, str) else f"(binary) {message.hex(' ')}"
                if arrow:  # a terminal: a peer's text must not move the cursor there
                    shown = "\n   ".join(map(printable, shown.split("\n")))
                print(arrow + shown, flush=True)
                answers.release()
        except ConnectionClosed as closed:
            print(f"wslab: {closed}", file=sys.stderr)
            return 1
        finally:
            over.set()
    return _tell_close(ws.close_code or 1006, ws.close_reason)


def _tell_close(code: int, reason: str) -> int:
    """Say why the server closed, if it was not simply over; returns the exit status."""
    if code in (1000, 1005):
        return 0
    why = f": {reason!r}" if reason else ""
    print(f"The server closed with {code} ({close_code_meaning(code)}){why}.", file=sys.stderr)
    return 0 if code == 1001 else 1
