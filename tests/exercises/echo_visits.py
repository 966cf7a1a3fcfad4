"""What the checks of exercise 7 have in common: conversations, and what gives a belief away.

The sentences in capitals are *signs*: a complaint begins with one, and a belief about the program
says which ones are its own. So what a visitor hears is compared with what that belief would say.
"""

from __future__ import annotations

import contextlib
import socket
import time
from random import Random

from wslab.grading.answers import Complaint
from wslab.grading.server import Server

from .reference import BINARY, PING, PONG, TEXT
from .vectors import sentence
from .visitor import END, NOTHING, Visitor

PAUSE = 0.06
"""Seconds in which a program reads what has come, if it wants to."""
MAX_MESSAGE = 1 << 20
LISTED = "A Connection that lists more than Upgrade"
VALUES = "Values of headers in mixed case"
HEAD_CUT = "An opening handshake that comes in pieces"
TYPE = "A message comes back with another type"
EMPTY = "An empty message is a message, and not the end"
SECOND = "Of two frames in one piece, only the first is answered"
CUT = "A frame that comes in two pieces"
PART = "One fragment comes back as if it were a whole message"
PONG_LATE = "A ping between two fragments has to wait for the end of the message"
PING_MIXED = "The payload of a ping gets into the message around it"
IGNORED = "Our Close gets no Close, and the conversation goes on"
JUST_ENDS = "The answer to our Close is the end of TCP, and no Close"
NO_GOODBYE = "The connection just ends, with no Close that says why"
STAYS = "Both sides have said Close"
UNMASKED = "A frame without a mask is taken as if it had one"
RESERVED = "A frame with a reserved bit is taken as if it had none"
ANY_CODE = "A code that is never sent"
ONE_CODE = "Every fault gets the code 1002"
NO_TEXT = "Bytes that are no UTF-8 come back as a text"
ANNOUNCED = "The length alone says that a message is too long"
TOGETHER = "Fragments, each short enough, and together too long for a message, come back"
OTHER_VERSION = "A version that is not 13"
VERSION = "The 101 comes for another version of WebSocket, too"
ONE_REFUSAL = "A version that the server does not speak gets 400"
LONG_HEAD = "A head of 17 KiB is read to its end, and answered"
ALONE = "While another client is connected"
SHARED = "The fragments of two clients get into one message"
NEVER_SENT = (999, 1004, 1005, 1006, 1015, 2999, 5000)


def words(random: Random) -> bytes:
    """A text with characters of one to four bytes, and never an empty one."""
    return f"{sentence(random)} é回👋 {random.randint(10, 99)}".encode()


def refusal(visitor: Visitor, what: str, code: int) -> None:
    """The answer must have this status, and then the connection must end."""
    status, headers = visitor.answer()
    came = status.split(" ")[1] if status.startswith("HTTP/1.") and " " in status else ""
    if came == "101" and what == OTHER_VERSION:
        raise Complaint(f"{VERSION}.")
    if came == "400" and what == OTHER_VERSION:
        raise Complaint(f"{ONE_REFUSAL}: which version would be welcome?")
    if came == "101" and code == 431:
        raise Complaint(f"{LONG_HEAD}: how much memory may a stranger fill?")
    if came != str(code):
        answer = came or (f'"{status}"' if status else "no complete answer")
        raise Complaint(f"{what}: {code} is due, and {answer} comes.")
    if code == 426 and headers.get("sec-websocket-version") != "13":
        raise Complaint(f"{what}: the 426 has to say which version is spoken.")
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit() and len(length) < 10):
        raise Complaint(f"{what}: the Content-Length of the {code} is no number of bytes.")
    visitor.line.hear_some(min(int(length), 1 << 16))
    if "content-length" in headers:
        visitor.line.hear_end(f"{what}, after the answer {code}")


def cut_in_two(server: Server, random: Random) -> None:
    """A frame in two pieces, and time between them to read the first."""
    with Visitor(server) as visitor:
        visitor.enter()
        for at in (1, 3, 7, random.randrange(9, 100)):
            data = (words(random) * 20)[:130].decode("utf-8", "ignore").encode()
            frame = visitor.frame(TEXT, data)
            visitor.say(frame[:at])
            time.sleep(PAUSE)
            with contextlib.suppress(Complaint):
                visitor.say(frame[at:])
            visitor.due(TEXT, data, CUT)


def over(visitor: Visitor, what: str) -> None:
    """After its Close, the server has nothing more to say, and is the first to end TCP."""
    got = visitor.hear()
    if got == NOTHING:
        raise Complaint(f"{what}, and the TCP connection stays open: whose turn is it?")
    if got != END:
        raise Complaint(f"After the Close, {got} comes.")


def closes(server: Server, code: int, what: str, *frames: bytes, taken: str = "") -> None:
    """What must end a connection with this code; ``taken`` is the sign that it did not.

    A ping stands behind it. Whoever does not mind what stands before answers that.
    """
    with Visitor(server) as visitor:
        visitor.enter()
        with contextlib.suppress(Complaint):  # it may hang up before it has heard all
            visitor.say(b"".join(frames) + visitor.frame(PING, b"next"))
        got = visitor.hear()
        if got == END:
            raise Complaint(f"{NO_GOODBYE}: {what}.")
        if got.code == 1002 and code != 1002:
            raise Complaint(f"{ONE_CODE}: {what}.")
        if got.code != code:
            comes = "the answer to our ping behind it" if got.opcode == PONG else got
            raise Complaint(f"{taken or what}: a Close with {code} is due, and {comes} comes.")
        over(visitor, f"{what}: the server has said Close")


def flood(visitor: Visitor) -> None:
    """Talk, and never listen, until nothing more is taken (or enough is)."""
    frames = visitor.frame(BINARY, bytes(60_000)) * 2
    visitor.line.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    visitor.line.sock.settimeout(0.05)
    with contextlib.suppress(OSError):
        for _ in range(10):
            visitor.line.sock.sendall(frames)
