"""A question with yes or no, before something is done that cannot be undone."""

from __future__ import annotations

import sys

from ..errors import Error


def yes(question: str, option: str) -> bool:
    """Ask on the terminal. Raises Error where nobody can answer: then ``option`` is needed."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    try:
        answer = sys.stdin.readline() if sys.stdin else ""
    except UnicodeDecodeError:
        answer = "something else"
    if not answer:
        print(file=sys.stderr)
        raise Error(f"Nobody answers here: say {option}.")
    return answer.strip().lower() in ("y", "yes")
