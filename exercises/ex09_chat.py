"""Exercise 9: a chat room (lesson 09). The capstone: you decide how, we say what.

    python ex09_chat.py PORT [SECONDS]      a WebSocket server on 127.0.0.1, until Ctrl-C

1. Each text message goes, unchanged, to everybody in the room, the one who said it included, and
   to everybody in the same order. You are in the room from your 101 on; nothing from before.
2. A binary message is refused: that client is closed with 1003. All else as in exercise 7.
3. A client that does not read must not hold up the others. What waits for it is limited (some
   megabytes); one that is too slow has to go: Close 1008, or a cut if it does not even read that.
4. Keep-alive: a ping to everybody every SECONDS (20 if not said). A client that sends nothing at
   all, no pong either, is noticed after two such times: Close 1008, or a cut. After four it is
   gone, without a Close from it.
5. A client that closes gets its Close back; the others stay, and are told nothing.
6. At Ctrl-C everybody gets a Close with 1001; the program ends within 5 seconds with exit code 0.

Beliefs to get rid of: "a slow reader is its own problem" · "no error means alive" · "to close is
to shut down the socket". From plumbing: stream.heard (when something came last, time.monotonic)
and stream.interrupt(Failure(code, reason)), which ends a waiting recv; at Ctrl-C, run does that.

What to do: write talk and keep_alive, and all that they need. Keep all below the line "given".
Check yourself:  python3 -m wslab check ex09   (in the folder of the course)
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # where pieces.py and plumbing.py are

from pieces import encode_close, encode_frame, next_message, send_all, shake_hands  # noqa: F401
from plumbing import Failure, Stream, port_asked_for, run  # noqa: F401

TEXT, CLOSE, PING = 0x1, 0x8, 0x9


def talk(stream: Stream) -> None:
    """One client, from its first byte to the end: shake hands, then let it speak and hear."""
    raise NotImplementedError(
        "talk: shake hands, enter the room, then say each message to everybody in it; who "
        "sends to whom, in which thread?"
    )


def keep_alive(seconds: float) -> None:
    """Every ``seconds``, for ever: ping everybody, and end who was silent for two such times."""
    raise NotImplementedError(
        "keep_alive: sleep, ping everybody in the room, look at stream.heard; again, for ever"
    )


# ------------------------------------ given: how the program starts. Nothing to change from here on

if __name__ == "__main__":
    interval = float(sys.argv[2]) if len(sys.argv) > 2 else 20.0
    threading.Thread(target=keep_alive, args=(interval,), daemon=True).start()
    run(talk, port_asked_for())
