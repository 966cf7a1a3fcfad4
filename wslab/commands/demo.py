"""``python -m wslab demo``: both echoes, side by side."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from .. import demo
from ..errors import Error
from ..views.text import wants_color
from .words import command

NEXT = """
Next
====
python -m wslab serve ws --tap   talk to it from a browser: every byte, live
python start.py                  the lessons, from the first byte on"""


def add(commands: Any) -> None:
    """Its words on the command line."""
    summary = "say the same words over TCP and over WebSocket, and explain every byte"
    examples = "  python -m wslab demo\n  python -m wslab demo Hello 'How are you?'"
    parser = command(commands, "demo", run, summary, examples)
    parser.add_argument("text", nargs="*", metavar="TEXT", help="what to say; each is a message")


def run(args: argparse.Namespace) -> int:
    """Both echoes, side by side."""
    try:
        conversations = demo.run(args.text or demo.WORDS)
    except UnicodeEncodeError as error:
        raise Error(f"{error.object!a} is not text in UTF-8.") from None
    print(demo.report(*conversations, wants_color(sys.stdout)))
    print(NEXT)
    return 0
