"""Exercise 9, solved in other ways: all of them right."""

from __future__ import annotations

import contextlib
import queue
import socket
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from pieces import encode_close, encode_frame, next_message, send_all, shake_hands
from plumbing import Failure, Stream, port_asked_for, run  # noqa: F401

MIB = 1 << 20
LOCK = threading.RLock()
MEMBERS = {}  # stream: a function that takes a frame, and never waits


def everybody():
    with LOCK:
        return list(MEMBERS.items())


def say(message):
    if isinstance(message, bytes):
        raise Failure(1003, "text, please")
    frame = encode_frame(1, message.encode())
    with LOCK:
        for put in MEMBERS.values():
            put(frame)


def visit(stream, put, say=say):
    """From the handshake to the Close, for all versions."""
    if not shake_hands(stream, put):
        return
    with LOCK:
        MEMBERS[stream] = put
    try:
        while (message := next_message(stream, put)) is not None:
            say(message)
    except Failure as failure:
        with LOCK:
            MEMBERS.pop(stream, None)
        put(encode_frame(8, encode_close(failure.code, failure.reason)))
    finally:
        with LOCK:
            MEMBERS.pop(stream, None)


def talk_with_a_queue(stream):
    waiting = queue.Queue(maxsize=2000)
    size = [0]

    def put(frame):
        size[0] += len(frame)
        try:
            if size[0] > 3 * MIB:
                raise queue.Full
            waiting.put_nowait(frame)
        except queue.Full:
            stream.interrupt(Failure(1008, "slow"))

    def write():
        try:
            while frame := waiting.get():
                send_all(stream.send, frame)
                size[0] -= len(frame)
        except OSError:
            stream.interrupt(Failure(1008, "gone"))

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        visit(stream, put)
    finally:
        with contextlib.suppress(queue.Full):
            waiting.put(b"", timeout=1)
        writer.join(1.5)


def talk_with_one_buffer(stream):
    """The bytes that wait are one stream, as for TCP; who is too slow is cut off."""
    waiting, changed, over = bytearray(), threading.Condition(), []

    def put(frame):
        with changed:
            if not over:
                waiting.extend(frame)
            if len(waiting) > 5 * MIB:
                over.append("slow")
                waiting.clear()
                with contextlib.suppress(OSError):
                    stream.sock.shutdown(socket.SHUT_RDWR)
            changed.notify_all()

    def write():
        with contextlib.suppress(OSError):
            while True:
                with changed:
                    changed.wait_for(lambda: waiting or over)
                    if not waiting:
                        return
                    piece = bytes(waiting[:65536])
                    del waiting[: len(piece)]
                send_all(stream.send, piece)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        visit(stream, put)
    finally:
        with changed:
            over.append("end")
            changed.notify_all()
        writer.join(2)


SAID = queue.Queue()


def tell():
    """One thread tells everybody; so there is one order."""
    while True:
        message = SAID.get()
        say(message)


TELLER = threading.Thread(target=tell, daemon=True)


def talk_through_a_teller(stream):
    with LOCK:
        if not TELLER.is_alive():
            TELLER.start()
    waiting = queue.SimpleQueue()
    late = []

    def put(frame):
        if waiting.qsize() * len(frame) > 4 * MIB and not late:
            late.append(frame)
            stream.interrupt(Failure(1008, "you do not keep up"))
        if not late or frame[0] == 0x88:
            waiting.put(frame)

    def hand_over(message):
        if not isinstance(message, str):
            raise Failure(1003, "no bytes here")
        SAID.put(message)

    def write():
        with contextlib.suppress(OSError):
            while True:
                frame = waiting.get()
                if frame is None:
                    return
                send_all(stream.send, frame)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        visit(stream, put, hand_over)
    finally:
        waiting.put(None)
        writer.join(2)


def keep_alive_in_turns(seconds):
    while True:
        time.sleep(seconds)
        for stream, put in everybody():
            put(encode_frame(9, b""))
            if stream.heard < time.monotonic() - 2 * seconds:
                stream.interrupt(Failure(1008, "silent"))


def keep_alive_by_the_clock(seconds):
    turn = time.monotonic()
    while True:
        turn += seconds
        time.sleep(max(0.0, turn - time.monotonic()))
        for stream, put in everybody():
            if time.monotonic() - stream.heard > 2 * seconds:
                stream.interrupt(Failure(1008, "nothing heard"))
            else:
                put(encode_frame(9, b"%d" % int(turn)))


def keep_alive_with_a_quick_eye(seconds):
    """Looks four times as often as it asks."""
    turn = 0
    while True:
        threading.Event().wait(seconds / 4)
        turn += 1
        for stream, put in everybody():
            silence = time.monotonic() - stream.heard
            if silence > 2.5 * seconds:
                stream.interrupt(Failure(1008, f"silent for {silence:.1f} seconds"))
            if turn % 4 == 0:
                put(encode_frame(9, b"?"))


def keep_alive_one_by_one(seconds):
    """Counts the pings that nobody has answered."""
    asked = {}
    while True:
        time.sleep(seconds)
        for stream, put in everybody():
            when, count = asked.get(stream, (0.0, 0))
            count = count + 1 if stream.heard <= when else 0
            asked[stream] = time.monotonic(), count
            if count >= 2:
                stream.interrupt(Failure(1008, "two pings without an answer"))
            put(encode_frame(9, b"ping"))
