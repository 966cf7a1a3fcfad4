"""Our own WebSocket client, for the checks of servers: it can do all that a client must never do.

    visitor = Visitor(server)
    visitor.say(text("Hello"), ping(b"1"))
    visitor.due(PONG, b"1", ...)

Whatever comes is a `Heard`; what should be otherwise is a `Complaint`. Every wait has a deadline.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from random import Random

from wslab.grading.answers import Complaint
from wslab.grading.delivery import Delivery
from wslab.grading.line import Line
from wslab.grading.server import Server

from . import reference
from .reference import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT

MASKED = "What the server sends is masked"
LONGEST = 4 << 20  # bytes of a frame that we are willing to read
MOST_FRAMES = 1000  # of a message, with the pings between them
NAMES = {CONTINUATION: "a continuation", TEXT: "a text", BINARY: "a binary message",
         CLOSE: "a Close", PING: "a ping", PONG: "a pong"}  # fmt: skip


@dataclass(frozen=True)
class Heard:
    """What a visitor hears: a message, a control frame, or why there is none."""

    opcode: int = -1
    payload: bytes = b""
    words: str = ""

    @property
    def code(self) -> int:
        """The code of a Close, 1005 if there is none in it; 0 of all else."""
        if self.opcode != CLOSE:
            return 0
        return int.from_bytes(self.payload[:2], "big") if len(self.payload) > 1 else 1005

    def __str__(self) -> str:
        if self.opcode < 0:
            return self.words
        name = NAMES[self.opcode]
        if self.opcode == CLOSE:
            return f"{name} ({self.code})"
        if len(self.payload) > 40:
            return f"{name} of {len(self.payload)} bytes"
        if self.opcode == TEXT:
            return f'{name} ("{self.payload.decode("utf-8", "replace")}")'
        return f"{name} ({self.payload.hex(' ')})" if self.payload else f"{name} without payload"


NOTHING = Heard(words="nothing at all")
END = Heard(words="the end of the connection")


def masked(random: Random, opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    """A frame as a client sends it."""
    key = random.randbytes(3) + b"\x7f"  # never all zero: that would be no mask at all
    return reference.encode_frame(opcode, payload, fin=fin, mask=key)


class Visitor:
    """A client of the student's server, with its opening handshake behind it. A context manager."""

    def __init__(self, server: Server, delivery: Delivery = Delivery.WHOLE) -> None:
        self.random = server.random
        self.server = server
        self.line: Line = server.connect(delivery)
        self.pings = 0
        """So many pings of the server we have answered."""
        self._parts: list[tuple[int, bytes]] = []

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *exc: object) -> None:
        if exc[0]:
            self.server.note()
        self.line.__exit__(*exc)

    # ------------------------------------------------------------ the opening handshake

    def request(self, first: str = "GET /chat?room=1 HTTP/1.1", **changes: str | None) -> bytes:
        """An opening handshake, with a new key; ``changes`` replace headers, None drops them."""
        self.key = base64.b64encode(self.random.randbytes(16)).decode()
        headers: dict[str, str | None] = {
            "Host": f"127.0.0.1:{self.server.port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": self.key,
            "Sec-WebSocket-Version": "13",
            "Origin": "https://example.org",
        }
        headers |= {name.replace("_", "-"): value for name, value in changes.items()}
        lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
        return "\r\n".join([first, *lines, "", ""]).encode()

    def answer(self) -> tuple[str, dict[str, str]]:
        """The status line and the headers that come back; ("", {}) if no complete head comes."""
        head = self.line.hear_head(1 << 14)
        if not head.endswith(b"\r\n\r\n"):
            return "", {}
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        pairs = (line.partition(":")[::2] for line in lines)
        return first, {name.strip().lower(): value.strip() for name, value in pairs}

    def welcome(self, otherwise: str) -> None:
        """A 101 must come now, and a right one; ``otherwise`` begins the complaint."""
        status, headers = self.answer()
        if not status.startswith("HTTP/1.1 101 "):
            came = f'"{status}" comes' if status else "no complete answer comes"
            raise Complaint(f"{otherwise}: {came}.")
        upgrade, connection = headers.get("upgrade", ""), headers.get("connection", "")
        if upgrade.lower() != "websocket" or "upgrade" not in connection.lower():
            raise Complaint(f"{otherwise}: the 101 has to say Upgrade and Connection.")
        if headers.get("sec-websocket-accept") != reference.accept_key(self.key):
            raise Complaint(f"{otherwise}: the 101 has another Sec-WebSocket-Accept than is due.")
        if "sec-websocket-extensions" in headers or "sec-websocket-protocol" in headers:
            raise Complaint(f"{otherwise}: the 101 agrees to what nobody has asked for.")

    def enter(self) -> Visitor:
        """Shake hands in the plainest way, in one piece: only one check is about its pieces."""
        delivery, self.line.delivery = self.line.delivery, Delivery.WHOLE
        self.line.say(self.request())
        self.line.delivery = delivery
        self.welcome("The opening handshake fails")
        return self

    # ------------------------------------------------------------ frames

    def frame(self, opcode: int, payload: bytes = b"", *, fin: bool = True) -> bytes:
        """A frame of this client."""
        return masked(self.random, opcode, payload, fin=fin)

    def say(self, *frames: bytes) -> None:
        """Send the frames, as the delivery says."""
        self.line.say(*frames)

    def hear(self) -> Heard:
        """The next message, whole, or control frame; a ping is answered, and not told."""
        for _ in range(MOST_FRAMES):
            head = self.line.hear_some(2)
            if len(head) < 2:
                return self._why()
            if head[1] & 0x80:
                raise Complaint(f"{MASKED}: the MASK bit of {head.hex(' ')} is set.")
            if head[0] & 0x70 or head[0] & 0x0F not in NAMES:
                raise Complaint(f"No frame begins like this: {head.hex(' ')}.")
            size = head[1]
            if size > 125:
                size = int.from_bytes(self.line.hear_some(2 if size == 126 else 8), "big")
            if size > LONGEST:
                raise Complaint(f"The server announces a frame of {size} bytes.")
            payload = self.line.hear_some(size)
            if len(payload) < size:
                raise Complaint(f"A frame breaks off: {len(payload)} of {size} bytes come.")
            opcode = head[0] & 0x0F
            if opcode == PING:
                self.pings += 1
                self.say(self.frame(PONG, payload))
            elif opcode > BINARY:
                return Heard(opcode, payload)
            else:
                self._parts.append((opcode, payload))
                if head[0] & 0x80:
                    return self._message()
        raise Complaint(f"{MOST_FRAMES} frames come, and no whole message among them.")

    def _message(self) -> Heard:
        """An answer may come in fragments, as a question may."""
        parts, self._parts = self._parts, []
        opcode = parts[0][0]
        if not opcode or any(other for other, _ in parts[1:]):
            raise Complaint("The server's fragments are out of order.")
        return Heard(opcode, b"".join(payload for _, payload in parts))

    def _why(self) -> Heard:
        """Nothing came: has it hung up?"""
        self.line.sock.settimeout(0.01)
        try:
            return END if not self.line.sock.recv(1) else NOTHING
        except TimeoutError:
            return NOTHING
        except OSError:
            return END

    def due(
        self,
        opcode: int,
        payload: bytes,
        what: str,
        signs: dict[Heard, str] | None = None,
    ) -> None:
        """This must come next. ``signs`` are complaints about something else that may come."""
        wanted, got = Heard(opcode, payload), self.hear()
        if got == wanted:
            return
        sign = (signs or {}).get(got)
        raise Complaint(sign or f"{what}: {wanted} is due, and {got} comes.")

    def echo(self, opcode: int, payload: bytes, what: str) -> None:
        """Say a message, and hear its echo."""
        self.say(self.frame(opcode, payload))
        self.due(opcode, payload, what)
