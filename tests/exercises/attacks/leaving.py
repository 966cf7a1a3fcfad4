"""Leave early, before anybody can say that the answer is wrong."""

from __future__ import annotations

from .attack import attack


@attack("ex05")
def leave_with_status_zero():
    """Ends its process while it is asked, with status 0. No answer came: no points."""
    import os

    def apply_mask(data, key):
        os._exit(0)

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def leave_while_loading():
    """Leaves with SystemExit(0) before there is a function. It cannot be loaded: no points."""
    import sys

    sys.exit(0)


@attack("ex05")
def leave_by_an_error_that_nobody_catches():
    """Raises KeyboardInterrupt and GeneratorExit. Whatever is raised is an answer: a wrong one."""

    def apply_mask(data, key):
        raise KeyboardInterrupt

    def unmask_stream(chunks, key):
        raise GeneratorExit

    def eavesdrop(frame):
        raise BaseException


@attack("ex05")
def become_another_program():
    """Replaces itself by another Python, which keeps the pipe. No program may be started."""
    import os
    import sys

    def apply_mask(data, key):
        for fd in range(3, 64):
            try:
                os.set_inheritable(fd, True)
            except OSError:
                pass
        os.execv(sys.executable, [sys.executable, "-c", "print('passed')"])

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def crash_the_interpreter():
    """Reads address 0. The process dies of a signal, the judge does not: no points."""
    import ctypes

    def apply_mask(data, key):
        ctypes.string_at(0)

    unmask_stream = eavesdrop = apply_mask
