"""``python -m wslab``: the demo, the two echo servers, a client, and the explanation of bytes."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import io
import os
import re
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import NoReturn

from . import __version__, commands
from .errors import Error
from .protocol.errors import HandshakeError
from .protocol.uri import URLError

TROUBLE = 2
"""The exit status when something that the user can mend is in the way."""


START = ("lessons", "test", "bench", "site", "check-environment")
"""Commands of ``start.py``, which people look for here."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    _prepare_output()
    words = sys.argv[1:] if argv is None else argv
    parser = _parser(words[0] if words else "")
    args, rest = parser.parse_known_args(words)
    if rest:
        near = _near(rest[0], re.findall(r"--[a-z-]+", _help(parser, words[0])))
        why = "words come before the options, and one that begins with - comes after --"
        text = f"wslab: unrecognized arguments: {' '.join(rest)}{near or f' ({why})'}"
        parser.exit(TROUBLE, f"{text}\nTry: {parser.prog} {words[0]} --help\n")
    if args.run is None:
        parser.print_help(sys.stderr)
        return TROUBLE
    try:
        run: Callable[[argparse.Namespace], int] = args.run
        status = run(args)
        sys.stdout.flush()
        return status
    except (Error, HandshakeError, URLError) as error:
        print(f"wslab: {error}", file=sys.stderr)
        return TROUBLE
    except BrokenPipeError:
        # The reader of our output has seen enough (as in "| head").
        _drop_output()
        return 0
    except OSError as error:
        _drop_output()
        what = f": {error.filename}" if error.filename else ""
        print(f"wslab: {error.strerror or error}{what}", file=sys.stderr)
        return TROUBLE
    except KeyboardInterrupt:
        if argv is None:  # the program ends: a second one would only tear that
            signal.signal(signal.SIGINT, signal.SIG_IGN)
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


class _Parser(argparse.ArgumentParser):
    def _check_value(self, action: argparse.Action, value: str) -> None:
        # Python has `suggest_on_error` for this from 3.14 on.
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            known = list(map(str, action.choices or ()))
            error.message += _near(value, known + (list(START) if "demo" in known else []))
            raise

    def error(self, message: str) -> NoReturn:
        self.exit(TROUBLE, f"wslab: {message}\nTry: {self.prog} --help\n")


def _near(word: str, known: Iterable[str]) -> str:
    """A question about what a mistyped word may have meant; nothing if it is like no other."""
    bare = {name.lstrip("-"): name for name in known}
    near = [bare[name] for name in difflib.get_close_matches(word.lower().lstrip("-"), bare, 1)]
    if near and near[0] in START:
        return f". Did you mean  python3 start.py {near[0]}  ?"
    return f". Did you mean {near[0]}?" if near else ""


def _help(parser: argparse.ArgumentParser, command: str) -> str:
    """The help text of a command."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        parser.parse_args([command, "--help"])
    return out.getvalue()


def _parser(first: str) -> argparse.ArgumentParser:
    """Of the command that comes ``first``, or of all if it is none."""
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
    added = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name in [first] if first in commands.NAMES else commands.NAMES:
        import_module(f"{__package__}.commands.{name}").add(added)
    return parser
