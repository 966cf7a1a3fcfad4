"""``python -m wslab``: the demo, the two echo servers, a client, and the explanation of bytes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from . import __version__, net
from .commands import UsageError, run_connect, run_demo, run_serve
from .compare_command import run_compare
from .explain_command import run_explain
from .protocol.connection import MAX_FRAGMENTS, MAX_MESSAGE
from .protocol.errors import HandshakeError
from .protocol.uri import URLError
from .record_command import run_record
from .relay_command import run_relay
from .tcp_server import MAX_CONNECTIONS

TROUBLE = 2
"""The exit status when something that the user can mend is in the way."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    _prepare_output()
    parser = _parser()
    args = parser.parse_args(argv)
    if args.run is None:
        parser.print_help(sys.stderr)
        return TROUBLE
    try:
        run: Callable[[argparse.Namespace], int] = args.run
        status = run(args)
        sys.stdout.flush()
        return status
    except (net.Trouble, HandshakeError, URLError, UsageError) as error:
        print(f"wslab: {error}", file=sys.stderr)
        return TROUBLE
    except BrokenPipeError:
        # The reader of our output has seen enough (as in "| head").
        _drop_output()
        return 0
    except OSError as error:
        _drop_output()
        print(f"wslab: {error.strerror or error}", file=sys.stderr)
        return TROUBLE
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130  # as a shell says it: 128 and the number of the signal


def _prepare_output() -> None:
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed, as in ">&-"
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        stream = getattr(sys, name)
        # A terminal that lacks a character shows its code instead of ending the program.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Let what is still in the buffer go nowhere, or Python complains about it at the end."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


# ---------------------------------------------------------------- the words of the command line


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(TROUBLE, f"wslab: {message}\nTry: {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="wslab" if os.path.basename(sys.argv[0]).startswith("wslab") else "python -m wslab",
        description="What is the difference between a raw socket and a WebSocket? See every byte.",
        epilog="examples:\n"
        "  python -m wslab demo\n"
        "  python -m wslab explain 81 05 48 65 6c 6c 6f\n"
        "Each command has a help text of its own:  python -m wslab serve --help",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=None)
    parser.add_argument("--version", action="version", version=f"wslab {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_demo(commands)
    _add_serve(commands)
    _add_connect(commands)
    _add_explain(commands)
    _add_record(commands)
    _add_relay(commands)
    _add_check(commands)
    _add_compare(commands)
    return parser


def _add(commands: Any, name: str, run: Any, summary: str, examples: str) -> Any:
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog="examples:\n" + examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def _add_demo(commands: Any) -> None:
    summary = "say the same words over TCP and over WebSocket, and explain every byte"
    examples = "  python -m wslab demo\n  python -m wslab demo Hello 'How are you?'"
    parser = _add(commands, "demo", run_demo, summary, examples)
    parser.add_argument("text", nargs="*", metavar="TEXT", help="what to say; each is a message")


def _add_serve(commands: Any) -> None:
    summary = "run an echo server; its address is the first line of the output"
    examples = (
        "  python -m wslab serve tcp --port 15000\n"
        "  python -m wslab serve ws --tap\n"
        "  python -m wslab serve ws --cert cert.pem --key key.pem"
    )
    parser = _add(commands, "serve", run_serve, summary, examples)
    parser.add_argument("protocol", choices=["tcp", "ws"], help="raw TCP or WebSocket")
    option = parser.add_argument
    option("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    option("--port", type=int, default=0, help="port; 0 picks a free one (default: 0)")
    option("--tap", action="store_true", help="explain the traffic while it crosses")
    option("--idle-timeout", type=_seconds, metavar="SECONDS",
           help="end connections that are silent for so long (default: never)")  # fmt: skip
    option("--max-connections", type=_positive, default=MAX_CONNECTIONS, metavar="N",
           help="most peers at a time (default: %(default)s)")  # fmt: skip
    option = parser.add_argument_group("only for ws").add_argument
    option("--cert", metavar="FILE", help="certificate (PEM): speak TLS, wss://")
    option("--key", metavar="FILE", help="private key of the certificate (PEM)")
    option("--origin", action="append", help="let in only pages of this origin; may be repeated")
    option("--max-message", type=_positive, metavar="BYTES",
           help=f"longest message (default: {MAX_MESSAGE})")  # fmt: skip
    option("--max-fragments", type=_positive, metavar="N",
           help=f"most frames in one message (default: {MAX_FRAGMENTS})")  # fmt: skip


def _add_connect(commands: Any) -> None:
    summary = "send lines from standard input to a server, print what comes back"
    examples = (
        "  python -m wslab connect tcp://127.0.0.1:15000\n"
        "  python -m wslab connect ws://127.0.0.1:15000/ --explain\n"
        "  echo Hello | python -m wslab connect ws://127.0.0.1:15000/"
    )
    parser = _add(commands, "connect", run_connect, summary, examples)
    parser.add_argument("url", metavar="URL", help="tcp://HOST:PORT, ws://… or wss://…")
    option = parser.add_argument
    option("--explain", action="store_true", help="show and explain the bytes (standard error)")
    _add_connect_options(parser)


def _add_connect_options(parser: Any) -> None:
    option = parser.add_argument
    option("--timeout", type=_seconds, default=10.0, metavar="SECONDS",
           help="for connecting and the handshake (default: %(default)s)")  # fmt: skip
    option = parser.add_argument_group("only for ws:// and wss://").add_argument
    option("--origin", help="send this Origin, as a browser would")
    option("--subprotocol", action="append", metavar="NAME",
           help="offer this subprotocol; may be repeated")  # fmt: skip
    option("--cafile", metavar="FILE", help="wss://: trust the certificates in this file (PEM)")


def _add_explain(commands: Any) -> None:
    summary = "explain bytes: a frame, a handshake, or a whole recording"
    examples = (
        "  python -m wslab explain 81 85 37 fa 21 3d 7f 9f 4d 51 58\n"
        "  python -m wslab explain 0x89,0x05,0x48,0x65,0x6c,0x6c,0x6f\n"
        "  python -m wslab explain dump.txt          (hex, a hex dump, or raw bytes)\n"
        "  python -m wslab explain talk.json         (what record or relay saved)\n"
        "  xxd recording.bin | python -m wslab explain -\n"
        "Lines of hex that begin with > were sent by the client, with < by the server."
    )
    parser = _add(commands, "explain", run_explain, summary, examples)
    parser.add_argument("bytes", nargs="+", metavar="HEX|FILE|-", help="what to explain")
    option = parser.add_argument
    option("--sender", choices=["client", "server"], help="who sent it (default: guessed)")
    option("--protocol", choices=["auto", "tcp", "websocket"], default="auto",
           help="what it is (default: %(default)s)")  # fmt: skip


def _add_record(commands: Any) -> None:
    summary = "record a conversation in a file, for Wireshark or to explain it"
    examples = (
        "  python -m wslab record -o talk.pcapng                 (our two echoes)\n"
        "  python -m wslab record Hello 'How are you?' -o talk.json\n"
        "  python -m wslab record ws://127.0.0.1:15000/ Hello -o talk.pcapng\n"
        "  python -m wslab record tcp://127.0.0.1:15000 -o talk.json    (type; Ctrl-C)\n"
        "  python -m wslab explain talk.json\n"
        "With a URL it is like connect: each TEXT, or line of input, is a message.\n"
        "Without one, our two echoes get what the demo says, or TEXT.\n"
        "What goes over wss:// is recorded before it is encrypted."
    )
    parser = _add(commands, "record", run_record, summary, examples)
    parser.add_argument("words", nargs="*", metavar="URL|TEXT",
                        help="whom to talk to, and what to say")  # fmt: skip
    option = parser.add_argument
    option("-o", "--output", required=True, metavar="FILE",
           help="FILE.pcapng, or FILE.json (a second connection goes to FILE-2.json)")  # fmt: skip
    _add_connect_options(parser)


def _add_check(commands: Any) -> None:
    def run(args: argparse.Namespace) -> int:
        from .check_command import run_check  # the grading is loaded by those who use it

        return run_check(args)

    summary = "check your solutions of the exercises, and learn what is not right yet"
    examples = "  python -m wslab check ex03\n  python -m wslab check ex03 --seed 1f09c2"
    parser = _add(commands, "check", run, summary, examples)
    option = parser.add_argument
    option("exercise", nargs="?", metavar="EXERCISE", help="as ex03; without it, all")
    option("--seed", help="ask the same random questions again")
    option("--folder", metavar="DIR", help="where your files are (default: here, or exercises)")


def _add_relay(commands: Any) -> None:
    summary = "pass connections on to a server, and show what other programs say to each other"
    examples = (
        "  python -m wslab relay --listen 15001 --to 127.0.0.1:8888 --explain\n"
        "  python -m wslab relay --to 127.0.0.1:8888 -o talk.pcapng\n"
        "  python -m wslab relay --to 127.0.0.1:8888 -o talk.json\n"
        "Then open http://127.0.0.1:15001/ instead of http://127.0.0.1:8888/.\n"
        "The file (.pcapng is for Wireshark) is written when Ctrl-C ends the relay.\n"
        "What is inside TLS stays closed: you will see ciphertext."
    )
    parser = _add(commands, "relay", run_relay, summary, examples)
    option = parser.add_argument
    option("--listen", type=int, default=0, metavar="PORT",
           help="port on 127.0.0.1; 0 picks a free one (default: 0)")  # fmt: skip
    option("--to", required=True, metavar="HOST:PORT", help="the server to pass them on to")
    option("--explain", action="store_true", help="explain the traffic while it crosses")
    option("-o", "--output", metavar="FILE",
           help="record to FILE.pcapng (all connections), or FILE.json (one each:"
           " the second goes to FILE-2.json)")  # fmt: skip


def _add_compare(commands: Any) -> None:
    summary = "run the same messages over TCP, WebSocket and HTTP, and count what they cost"
    examples = (
        "  python -m wslab compare\n"
        "  python -m wslab compare --messages 1000 --size 200 --rtt 50\n"
        "  python -m wslab compare -o traffic.png"
    )
    parser = _add(commands, "compare", run_compare, summary, examples)
    option = parser.add_argument
    option("--messages", type=int, default=100, metavar="N", help="how many (default: 100)")
    option("--size", type=int, default=16, metavar="BYTES", help="of each message (default: 16)")
    option("--pace", type=_milliseconds, default=0.0, metavar="MS",
           help="from one message to the next at least (default: 0)")  # fmt: skip
    option("--rtt", type=_milliseconds, metavar="MS",
           help="compute what a line with this round-trip time would make of it")  # fmt: skip
    option("-o", "--output", metavar="FILE.png", help="write the plot to this file")


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:18]) > 0):
        raise argparse.ArgumentTypeError(f"{text!a} is not a whole number of at least 1")
    return int(text[:18])


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= 1e6:
        raise argparse.ArgumentTypeError(f"{text!a} is not a number of seconds, up to 1000000")
    return number


def _milliseconds(text: str) -> float:
    """Milliseconds on the command line, seconds in the program."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 60_000:
        raise argparse.ArgumentTypeError(f"{text!a} is not a number of milliseconds, 0 to 60000")
    return number / 1000
