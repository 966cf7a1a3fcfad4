"""``python -m wslab record``: a conversation goes into a file."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..errors import Error
from ..observe.files import check_writable
from ..observe.pcapng import write_pcapng
from ..observe.recording import Recording
from . import command, demo
from .connect import add_options, at_a_terminal, converse, lines


def add(commands: Any) -> None:
    """Its words on the command line."""
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
    parser = command(commands, "record", run, summary, examples)
    parser.add_argument("words", nargs="*", metavar="URL|TEXT",
                        help="whom to talk to, and what to say")  # fmt: skip
    option = parser.add_argument
    option("-o", "--output", required=True, metavar="FILE",
           help="FILE.pcapng, or FILE.json (a second connection goes to FILE-2.json)")  # fmt: skip
    add_options(parser)


def run(args: argparse.Namespace) -> int:
    """A conversation with a server, or the demo's two without one; then the file."""
    check_output(args.output)
    url, words = None, args.words
    if words and "://" in words[0]:
        url, *words = words
    try:
        spoken = [f"{word}\n".encode() for word in words]
    except UnicodeEncodeError as error:
        raise Error(f"{error.object.rstrip()!a} is not text in UTF-8.") from None
    if url is None:
        if args.origin or args.subprotocol or args.cafile:
            raise Error("These options are for a server: give its URL, with ://, first.")
        recordings = [talked.recording for talked in demo.converse(words or demo.WORDS)]
        print(f"Our two echoes, since no URL was given.\n{save(args.output, recordings)}",
              file=sys.stderr)  # fmt: skip
        return 0
    args.url = url
    person = not spoken and at_a_terminal()
    return _record(args, spoken or lines(sys.stdin), person)


def _record(args: argparse.Namespace, spoken: Iterable[bytes], person: bool) -> int:
    """Like ``connect``. Whatever ends it, what has crossed until then is saved."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # it ends like Ctrl-C
    recording = Recording()
    try:
        return converse(args, recording, spoken, person)
    except KeyboardInterrupt:
        return 0  # to say the last word with Ctrl-C is how a recording ends
    finally:
        if recording.events:
            print(save(args.output, [recording]), file=sys.stderr)


def check_output(name: str) -> None:
    """Now, not after an hour of recording. Raises Error."""
    if Path(name).suffix not in (".json", ".pcapng"):
        raise Error(f"-o takes a name that ends in .json or .pcapng, and not {name!a}.")
    check_writable(name)


def save(name: str, recordings: Sequence[Recording], count: int | None = None) -> str:
    """Write what was recorded, and return a sentence about it; ``count`` is how many there were.

    All go into one file of pcapng, each into a file of JSON of its own. Raises Error.
    """
    if not recordings:
        return f"Nobody connected: there is nothing to write to {name}."
    path = Path(name)
    if path.suffix == ".pcapng":
        write_pcapng(path, recordings)
    else:
        for number, recording in enumerate(recordings, start=1):
            recording.save(path if number == 1 else path.with_stem(f"{path.stem}-{number}"))
    kept = len(recordings)
    forgotten = f" (of {count}: the newest {kept})" if count is not None and count > kept else ""
    cut = sum(recording.cut for recording in recordings)
    missing = f", without {cut} bytes for which there was no room" if cut else ""
    connections = "1 connection" if kept == 1 else f"{kept} connections"
    if path.suffix == ".json" and kept > 1:
        name = f"{name} to {path.stem}-{kept}.json"
    return f"Recorded in {name}: {connections}{forgotten}{missing}."
