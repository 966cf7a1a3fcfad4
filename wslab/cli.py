"""``python -m wslab``: the demo, the two echo servers, a client, and the explanation of bytes."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from . import __version__, demo, net, tcp_echo, ws_echo
from .observe.dissect import Dissector, dissect
from .observe.fields import Unit
from .observe.tap import Event, Recording
from .protocol.connection import MAX_FRAGMENTS, MAX_MESSAGE
from .protocol.errors import ConnectionClosed, HandshakeError
from .protocol.rfc import Role, close_code_meaning
from .protocol.uri import URLError
from .unhex import Piece, unhex
from .views.text import explain, explain_unit, wants_color
from .websocket import WebSocket

TROUBLE = 2
"""The exit status when something that the user can mend is in the way."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a character shows its code instead of ending the program.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    args = _parser().parse_args(argv)
    try:
        run: Callable[[argparse.Namespace], int] = args.run
        return run(args)
    except (net.Trouble, HandshakeError, URLError, _UsageError) as error:
        print(f"wslab: {error}", file=sys.stderr)
        return TROUBLE
    except BrokenPipeError:
        # The reader of our output has seen enough (as in "| head"): let the last flush go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130


class _UsageError(Exception):
    """The command line asks for something that cannot be; the text says what to do."""


# ---------------------------------------------------------------- demo


def _demo(args: argparse.Namespace) -> int:
    tcp, websocket = demo.run(args.text or demo.WORDS)
    print(demo.report(tcp, websocket, wants_color(sys.stdout)))
    return 0


# ---------------------------------------------------------------- serve


def _serve(args: argparse.Namespace) -> int:
    options: dict[str, Any] = {
        "idle_timeout": args.idle_timeout,
        "max_connections": args.max_connections,
        "tap": _live_tap() if args.tap else None,
    }
    if args.protocol == "tcp":
        if args.cert or args.key or args.origin:
            raise _UsageError("--cert, --key and --origin belong to: serve ws")
        server = tcp_echo.serve(args.host, args.port, **options)
        hint = f"Talk to it from another terminal: python -m wslab connect {server.url}"
    else:
        options["ssl"] = _server_tls(args.cert, args.key)
        options["origins"] = args.origin or None
        options["max_message"] = args.max_message
        options["max_fragments"] = args.max_fragments
        server = ws_echo.serve(args.host, args.port, **options)
        hint = f"Open {server.url.replace('ws', 'http', 1)} in a browser, or talk to it from"
        hint += f"\nanother terminal: python -m wslab connect {server.url}"
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with server:
        print(server.url, flush=True)
        print(f"{hint}\nCtrl-C ends the server.", file=sys.stderr, flush=True)
        while not stop.wait(0.2):  # in short steps, for Windows wakes no one for Ctrl-C
            pass
    return 0


def _server_tls(cert: str | None, key: str | None) -> ssl.SSLContext | None:
    if not cert:
        if key:
            raise _UsageError("--key needs --cert: the certificate that belongs to the key.")
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(cert, key)
    except ssl.SSLError as error:
        raise _UsageError(
            f"{cert} and {key or cert} are no certificate with its key, in PEM ({error.reason})."
        ) from None
    except OSError as error:
        name = error.filename or f"{cert} or {key}"
        raise _UsageError(f"Cannot read {name}: {error.strerror}.") from None
    return context


def _live_tap() -> Callable[[Any], Recording]:
    """A recording for each peer, which explains itself on standard output while it grows."""
    lock = threading.Lock()
    color = wants_color(sys.stdout)

    def recording(address: Any) -> Recording:
        return _explain_live(lambda text: print(text, flush=True), color, lock, f"{address[1]}: ")

    return recording


def _explain_live(
    show: Callable[[str], None], color: bool, lock: threading.Lock, prefix: str = ""
) -> Recording:
    dissector = Dissector()

    def on_event(event: Event) -> None:
        with lock:
            _show(dissector.feed(event))
            if not event.size:
                show(f"{prefix}the {event.sender.value} has finished ({event.time * 1000:.1f} ms)\n")

    def _show(units: list[Unit]) -> None:
        for unit in units:
            show(f"{prefix}{explain_unit(unit, color)}\n")

    return Recording(max_total=0, on_event=on_event)


# ---------------------------------------------------------------- connect


def _connect(args: argparse.Namespace) -> int:
    tap = None
    if args.explain:
        lock = threading.Lock()
        tap = _explain_live(
            lambda text: print(text, file=sys.stderr, flush=True), wants_color(sys.stderr), lock
        )
    if args.url.startswith("tcp:"):
        return _talk_tcp(tcp_echo.connect(args.url, tap=tap, timeout=args.timeout))
    context = None
    if args.cafile:
        try:
            context = ssl.create_default_context(cafile=args.cafile)
        except (OSError, ssl.SSLError) as error:
            raise _UsageError(f"Cannot use --cafile {args.cafile}: {error}.") from None
    ws = ws_echo.connect(
        args.url,
        tap=tap,
        ssl=context,
        origin=args.origin,
        subprotocols=args.subprotocol,
        timeout=args.timeout,
    )
    return _talk_websocket(ws)


def _lines() -> Iterator[bytes]:
    """Lines of standard input, each with its end.

    Read below Python's buffer: the thread that waits there would hold the buffer's lock, and keep
    the program from ending when the server has closed.
    """
    raw = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)
    rest = b""
    while chunk := raw.read(65536):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line + b"\n" for line in lines)
    if rest:
        yield rest


def _talk_tcp(sock: net.Stream) -> int:
    """Standard input goes out as it is; what comes in goes to standard output as it is."""

    def speak() -> None:
        try:
            for line in _lines():
                sock.sendall(line)
            sock.shutdown(socket.SHUT_WR)  # our half is finished; the answers may still come
        except OSError:
            pass  # the server has gone: the loop below sees its end

    threading.Thread(target=speak, daemon=True).start()
    with sock:
        try:
            while chunk := sock.recv(net.CHUNK):
                sys.stdout.buffer.write(chunk)
                sys.stdout.flush()
        except ConnectionResetError:
            raise net.Trouble("The server reset the connection.") from None
    return 0


def _talk_websocket(ws: WebSocket) -> int:
    """Each line goes out as one text message; each message that comes in is one line."""

    def speak() -> None:
        try:
            for line in _lines():
                ws.send(line.rstrip(b"\r\n").decode("utf-8", "replace"))
            # The answers to what we said come before the answer to our Close.
            ws.say_goodbye(1000, "", timeout=5.0)
        except ConnectionClosed:
            pass  # the server has closed: the loop below sees it

    threading.Thread(target=speak, daemon=True).start()
    with ws:
        try:
            for message in ws:
                shown = message if isinstance(message, str) else f"(binary) {message.hex(' ')}"
                print(shown, flush=True)
        except ConnectionClosed as closed:
            print(f"wslab: {closed}", file=sys.stderr)
            return 1
    code = ws.close_code or 1006
    if code not in (1000, 1005):
        why = f": {ws.close_reason!r}" if ws.close_reason else ""
        meaning = close_code_meaning(code)
        print(f"The server closed with {code} ({meaning}){why}.", file=sys.stderr)
    return 0


# ---------------------------------------------------------------- explain


def _explain(args: argparse.Namespace) -> int:
    sender = Role(args.sender) if args.sender else None
    color = wants_color(sys.stdout)
    pieces = _read_bytes(args.bytes)
    if len(pieces) > 1 or pieces[0].sender:
        recording = Recording()
        for piece in pieces:
            recording.add(piece.sender or Role.CLIENT, piece.data)
        print(explain(dissect(recording), color))
    else:
        print(explain(dissect(pieces[0].data, args.protocol, sender), color))
    return 0


def _read_bytes(words: list[str]) -> list[Piece]:
    """From the command line, a file or standard input; from hex or as they are."""
    if words == ["-"]:
        data, name = sys.stdin.buffer.read(), "standard input"
    elif len(words) == 1 and Path(words[0]).is_file():
        data, name = Path(words[0]).read_bytes(), words[0]
    else:
        data, name = " ".join(words).encode(), "what you typed"
    try:
        return unhex(data.decode("ascii"))
    except ValueError as error:
        if name != "what you typed" and data:
            return [Piece(None, data)]
        raise _UsageError(f"Cannot read {name} as hex: {error}.") from None


# ---------------------------------------------------------------- the words of the command line


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(TROUBLE, f"wslab: {message}\nTry: {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="wslab",
        description="What is the difference between a raw socket and a WebSocket? See every byte.",
        epilog="Begin with:  python -m wslab demo",
    )
    parser.add_argument("--version", action="version", version=f"wslab {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_demo(commands)
    _add_serve(commands)
    _add_connect(commands)
    _add_explain(commands)
    return parser


def _add(commands: Any, name: str, run: Any, summary: str, examples: str) -> Any:
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary,
        epilog="examples:\n" + examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def _add_demo(commands: Any) -> None:
    summary = "say the same words over TCP and over WebSocket, and explain every byte"
    examples = "  python -m wslab demo\n  python -m wslab demo Hello 'How are you?'"
    parser = _add(commands, "demo", _demo, summary, examples)
    parser.add_argument("text", nargs="*", metavar="TEXT", help="what to say; each is a message")


def _add_serve(commands: Any) -> None:
    summary = "run an echo server; its address is the first line of the output"
    examples = (
        "  python -m wslab serve tcp --port 15000\n"
        "  python -m wslab serve ws --tap\n"
        "  python -m wslab serve ws --cert cert.pem --key key.pem"
    )
    parser = _add(commands, "serve", _serve, summary, examples)
    parser.add_argument("protocol", choices=["tcp", "ws"], help="raw TCP or WebSocket")
    option = parser.add_argument
    option("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    option("--port", type=int, default=0, help="port; 0 picks a free one (default: 0)")
    option("--tap", action="store_true", help="explain the traffic while it crosses")
    option("--cert", metavar="FILE", help="certificate (PEM): speak TLS, wss://")
    option("--key", metavar="FILE", help="private key of the certificate (PEM)")
    option("--origin", action="append", help="let in only pages of this origin; may be repeated")
    option("--max-message", type=_positive, default=MAX_MESSAGE, metavar="BYTES",
           help="longest message (default: %(default)s)")  # fmt: skip
    option("--max-fragments", type=_positive, default=MAX_FRAGMENTS, metavar="N",
           help="most frames in one message (default: %(default)s)")  # fmt: skip
    option("--max-connections", type=_positive, default=net.MAX_CONNECTIONS, metavar="N",
           help="most peers at a time (default: %(default)s)")  # fmt: skip
    option("--idle-timeout", type=_seconds, metavar="SECONDS",
           help="end connections that are silent for so long (default: never)")  # fmt: skip


def _add_connect(commands: Any) -> None:
    summary = "send lines from standard input to a server, print what comes back"
    examples = (
        "  python -m wslab connect tcp://127.0.0.1:15000\n"
        "  python -m wslab connect ws://127.0.0.1:15000/ --explain\n"
        "  echo Hello | python -m wslab connect ws://127.0.0.1:15000/"
    )
    parser = _add(commands, "connect", _connect, summary, examples)
    parser.add_argument("url", metavar="URL", help="tcp://HOST:PORT, ws://… or wss://…")
    option = parser.add_argument
    option("--explain", action="store_true", help="show and explain the bytes (standard error)")
    option("--timeout", type=_seconds, default=10.0, metavar="SECONDS",
           help="for connecting and the handshake (default: %(default)s)")  # fmt: skip
    option("--origin", help="send this Origin, as a browser would")
    option("--subprotocol", action="append", default=[], metavar="NAME",
           help="offer this subprotocol; may be repeated")  # fmt: skip
    option("--cafile", metavar="FILE", help="trust the certificates in this file (PEM)")


def _add_explain(commands: Any) -> None:
    summary = "explain bytes: a frame, a handshake, or a whole recording"
    examples = (
        "  python -m wslab explain 81 85 37 fa 21 3d 7f 9f 4d 51 58\n"
        "  python -m wslab explain 0x89,0x05,0x48,0x65,0x6c,0x6c,0x6f\n"
        "  python -m wslab explain dump.txt          (hex, a hex dump, or raw bytes)\n"
        "  xxd recording.bin | python -m wslab explain -\n"
        "Lines of hex that begin with > were sent by the client, with < by the server."
    )
    parser = _add(commands, "explain", _explain, summary, examples)
    parser.add_argument("bytes", nargs="+", metavar="HEX|FILE|-", help="what to explain")
    option = parser.add_argument
    option("--sender", choices=["client", "server"], help="who sent it (default: guessed)")
    option("--protocol", choices=["auto", "tcp", "websocket"], default="auto",
           help="what it is (default: %(default)s)")  # fmt: skip


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not number > 0:
        raise argparse.ArgumentTypeError("must be more than 0")
    return number
