"""What ``python -m wslab record`` does: a conversation goes into a file."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterable

from . import demo, talk
from .commands import UsageError, converse
from .observe.tap import Recording
from .output import check_output, save


def run_record(args: argparse.Namespace) -> int:
    """A conversation with a server, or the demo's two without one; then the file."""
    check_output(args.output)
    url, words = None, args.words
    if words and "://" in words[0]:
        url, *words = words
    try:
        spoken = [f"{word}\n".encode() for word in words]
    except UnicodeEncodeError as error:
        raise UsageError(f"{error.object.rstrip()!a} is not text in UTF-8.") from None
    if url is None:
        recordings = [talked.recording for talked in demo.run(words or demo.WORDS)]
        print(save(args.output, recordings), file=sys.stderr)
        return 0
    args.url = url
    return _record(args, spoken or talk.lines(sys.stdin))


def _record(args: argparse.Namespace, spoken: Iterable[bytes]) -> int:
    """Like ``connect``. Whatever ends it, what has crossed until then is saved."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # it ends like Ctrl-C
    recording = Recording()
    try:
        return converse(args, recording, spoken)
    except KeyboardInterrupt:
        return 0  # to say the last word with Ctrl-C is how a recording ends
    finally:
        if recording.events:
            print(save(args.output, [recording]), file=sys.stderr)
