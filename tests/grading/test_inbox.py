"""A thread reads a pipe for whoever cannot wait for it."""

from __future__ import annotations

import os
import threading
import time

import pytest

from wslab.grading import wire
from wslab.grading.inbox import Inbox


def test_a_message_comes_or_its_deadline() -> None:
    here, there = os.pipe()
    with open(here, "rb", 0):
        inbox = Inbox(wire.Reader(here, 100))
        with open(there, "wb", 0) as pipe:
            pipe.write(wire.message("one", 100))
            assert inbox.read(time.monotonic() + 10) == "one"
            with pytest.raises(TimeoutError):
                inbox.read(time.monotonic() + 0.01)
        with pytest.raises(EOFError):
            inbox.read(time.monotonic() + 10)


def test_what_is_no_message_is_said_in_its_place() -> None:
    here, there = os.pipe()
    with open(here, "rb", 0), open(there, "wb", 0) as pipe:
        inbox = Inbox(wire.Reader(here, 100))
        pipe.write(wire.message("one", 100) + b"\xff\xff\xff\xff")
        assert inbox.read(time.monotonic() + 10) == "one"
        with pytest.raises(wire.WireError, match="too long"):
            inbox.read(time.monotonic() + 10)


def test_a_flood_waits_outside_and_no_thread_stays() -> None:
    before = set(threading.enumerate())
    here, there = os.pipe()
    with open(here, "rb", 0), open(there, "wb", 0) as pipe:
        os.set_blocking(there, False)
        inbox = Inbox(wire.Reader(here, 100))
        (mine,) = set(threading.enumerate()) - before
        message, written = wire.message("x" * 50, 100), 0
        while written < (8 << 20) and (count := pipe.write(message)):
            written += count
        assert written < (1 << 20)  # as much as the pipe holds, and some messages
        inbox.end()
        mine.join(10)
        assert not mine.is_alive()
