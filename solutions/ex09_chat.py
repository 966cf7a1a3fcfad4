"""Exercise 9, solved: a chat room. What it must do stands in the starter, word for word.

Run it: python ex09_chat.py PORT [SECONDS].
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections import deque
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # where pieces.py and plumbing.py are

from pieces import encode_close, encode_frame, next_message, send_all, shake_hands
from plumbing import Failure, Stream, port_asked_for, run

TEXT, CLOSE, PING = 0x1, 0x8, 0x9

MAX_WAITING = 4 * 1024 * 1024  # bytes that wait for one client before it counts as too slow
COST = 64  # bytes that a waiting frame takes beside its own
GOODBYE_SECONDS = 2.0  # how long a client may take to read the end of the conversation


class Outbox:
    """Frames that wait for one client. ``put`` never waits, so a slow reader stops nobody else.

    Many threads put into it, one takes out of it, the only one that sends to this client: so no
    frame ever begins in the middle of another.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._frames: deque[bytes] = deque()
        self._waiting = 0
        self._finished = False
        self._changed = threading.Condition()

    def put(self, frame: bytes) -> None:
        """Let ``frame`` wait for its turn. A client with too much waiting has to go."""
        with self._changed:
            if self._finished:
                return
            self._frames.append(frame)
            self._waiting += len(frame) + COST
            if self._waiting > MAX_WAITING:
                self._frames.clear()
                self._waiting = 0
                self._stream.interrupt(Failure(1008, "you read too slowly"))
            # §5.5.1: after a Close nothing more is sent.
            self._finished = frame[0] == 0x80 | CLOSE
            self._changed.notify()

    def finish(self) -> None:
        """Take no more; the thread that sends ends when it has sent what waits."""
        with self._changed:
            self._finished = True
            self._changed.notify()

    def deliver(self) -> None:
        """Send what waits, as it comes, until the end: the work of one thread."""
        with contextlib.suppress(OSError):  # the client is gone: the one that reads notices it too
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._frames or self._finished)
                    if not self._frames:
                        return
                    frame = self._frames.popleft()
                    self._waiting -= len(frame) + COST
                send_all(self._stream.send, frame)
        self._stream.interrupt(Failure(1008, "you read nothing at all"))


class Room:
    """Everybody who is in the chat."""

    def __init__(self) -> None:
        self._members: dict[Stream, Outbox] = {}
        self._lock = threading.Lock()

    def enter(self, stream: Stream, outbox: Outbox) -> None:
        """From now on ``stream`` gets what is said."""
        with self._lock:
            self._members[stream] = outbox

    def leave(self, stream: Stream) -> None:
        """From now on it does not."""
        with self._lock:
            del self._members[stream]

    def say(self, text: str) -> None:
        """Give ``text`` to everybody. One at a time, so all hear all in the same order."""
        frame = encode_frame(TEXT, text.encode())
        with self._lock:
            for outbox in self._members.values():
                outbox.put(frame)

    def ping(self, patience: float) -> None:
        """Ping everybody; whoever was silent for ``patience`` seconds has to go."""
        with self._lock:
            for stream, outbox in self._members.items():
                if time.monotonic() - stream.heard > patience:
                    stream.interrupt(Failure(1008, "no answer to a ping"))
                outbox.put(encode_frame(PING, b"are you there?"))


ROOM = Room()


def talk(stream: Stream) -> None:
    """One client, from its first byte to the end: shake hands, then let it speak and hear."""
    outbox = Outbox(stream)
    writer = threading.Thread(target=outbox.deliver, daemon=True)
    welcome = shake_hands(stream, outbox.put)
    if welcome:
        # Enter first, send the 101 then: who sees that the door is open is in the room already.
        ROOM.enter(stream, outbox)
    writer.start()
    try:
        if welcome:
            listen(stream, outbox)
    except Failure as failure:
        outbox.put(encode_frame(CLOSE, encode_close(failure.code, failure.reason)))
    finally:
        outbox.finish()
        writer.join(GOODBYE_SECONDS)


def listen(stream: Stream, outbox: Outbox) -> None:
    """Let the room hear what a client says, until it closes."""
    try:
        while (message := next_message(stream, outbox.put)) is not None:
            if not isinstance(message, str):
                raise Failure(1003, "this room is for text")
            ROOM.say(message)
    finally:
        ROOM.leave(stream)


def keep_alive(seconds: float) -> None:
    """Every ``seconds``, for ever: ping everybody, and end who was silent for two such times."""
    while True:
        time.sleep(seconds)
        ROOM.ping(patience=2 * seconds)


# ------------------------------------ given: how the program starts. Nothing to change from here on

if __name__ == "__main__":
    interval = float(sys.argv[2]) if len(sys.argv) > 2 else 20.0
    threading.Thread(target=keep_alive, args=(interval,), daemon=True).start()
    run(talk, port_asked_for())
