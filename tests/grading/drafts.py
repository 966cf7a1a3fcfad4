"""Small pieces of students' code, asked in a worker."""

from __future__ import annotations

import textwrap
from typing import Any

from wslab.grading.answers import Answer
from wslab.grading.limits import Limits
from wslab.grading.session import Session

PATIENT = Limits(load=30, call=15, step=10, total=120)
"""For code that answers, on a machine that has other things to do."""

BRIEF = Limits(load=30, call=1.2, step=1.2, total=120)
"""For code that does not answer."""

FILE = "ex04_frames"


def session(code: str, limits: Limits = PATIENT) -> Session:
    return Session({FILE: textwrap.dedent(code)}, FILE, limits)


def ask(code: str, *args: Any, limits: Limits = PATIENT, **kwargs: Any) -> Answer:
    """What the function ``f`` in ``code`` answers."""
    with session(code, limits) as one:
        return one.call("f", args, kwargs)
