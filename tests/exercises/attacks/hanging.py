"""Never answer. Every wait of the judge has an end, and costs one submission's time only."""

from __future__ import annotations

from .attack import attack


@attack("ex05")
def loop_for_ever():
    """Loops, and swallows whatever is raised in it. Killed at the deadline of the call."""

    def apply_mask(data, key):
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def sleep_while_loading():
    """Does not even load. Killed at the deadline for that, and not tried again."""
    import time

    time.sleep(1000)


@attack("ex05")
def ignore_all_signals():
    """Blocks and ignores what can be ignored. SIGKILL cannot."""
    import signal
    import time

    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.NSIG))

    def apply_mask(data, key):
        time.sleep(1000)

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def hold_the_interpreter():
    """One C call that takes years, so that no other thread of Python runs. Killed from outside."""

    def apply_mask(data, key):
        return 7**7**7**7

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def close_the_pipe_and_wait():
    """Closes all descriptors and goes on living. The end of the pipe is an answer: none."""
    import os
    import time

    def apply_mask(data, key):
        os.closerange(0, 100)
        time.sleep(1000)

    unmask_stream = eavesdrop = apply_mask
