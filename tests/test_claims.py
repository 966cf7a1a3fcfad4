"""Each claim of the course stands in a lesson as an assertion, and the assertion can fail.

Each claim is broken on purpose. The cells up to the claim run twice in one process: as they are,
which must work, and with something broken, which must stop at an assertion that names the claim.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.support.cells import CLAIM, Cell, Failure, cells_of, claim_at, claims_of, run

pytestmark = pytest.mark.slow

CLAIMS = [f"C{number}" for number in range(1, 15)]
LESSONS = [f"{number:02}_" for number in range(12)]


class Break(NamedTuple):
    """One way to break a claim in a lesson, up to the cell that says so.

    Either a text in a cell before it is another one, or ``code`` runs: before the first cell, or
    before the cell ``at``. ``needs`` names the cells before that matter, if not all of them do.
    """

    claim: str
    what: str
    lesson: str
    cell: str
    old: str = ""
    new: str = ""
    code: str = ""
    at: str = "setup"
    needs: tuple[str, ...] = ()

    def rounds(self) -> tuple[list[Cell], list[Cell]]:
        """The cells as they are, and broken."""
        cells = cells_of(self.lesson)
        stop = next(n for n, cell in enumerate(cells) if cell.name == self.cell) + 1
        wanted = {"setup", *self.needs, self.cell}
        cells = [cell for cell in cells[:stop] if cell.name in wanted or not self.needs]
        assert sum(cell.source.count(self.old) for cell in cells) == 1 or not self.old
        broken = [Cell(name, source.replace(self.old, self.new)) for name, source in cells]
        if self.code:
            at = next(n for n, cell in enumerate(cells) if cell.name == self.at)
            broken.insert(at, Cell("broken", self.code))
        return cells, broken


TALKS = ("ftp-server", "other-servers", "talk", "steps", "game")
HTTP = ("three-frames", "plain", "http-request", "predict-http", "http", "http-compare")
ATTACK = ("proxy", "stage")

BREAKS = [
    Break("C1", "TCP needs a call of its own", "01_", "same-calls",
          old='client.sendall(b"hello over tcp")', new='client.send(b"hello over tcp")'),
    Break("C1", "a connection is one address and port", "01_", "four-values-claim",
          old="(sock.getsockname(), sock.getpeername())",
          new="(sock.getsockname(), sock.getsockname())"),
    Break("C1", "a server needs other calls", "02_", "echo",
          old="sock.sendall(chunk)", new="sock.send(chunk)"),
    Break("C2", "even a socket pair needs a network", "01_", "pair", code="""
import socket

def over_tcp():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), timeout=5)
        return client, listener.accept()[0]

socket.socketpair = over_tcp
"""),
    Break("C3", "WebSocket asks for no upgrade", "03_", "classify",
          old='    "Upgrade: websocket",\n', new="", needs=TALKS),
    Break("C3", "FTP greets in another way", "03_", "classify",
          old='"220 A tiny', new='"OK A tiny', needs=TALKS),
    Break("C4", "bytes go around the tap", "03_", "layers",
          old="WebSocket(Tap(noted, at_client, Role.CLIENT), connection)",
          new="WebSocket(noted, connection)", needs=TALKS),
    Break("C4", "it is another socket", "03_", "layers",
          old="Tap(noted, at_client", new="Tap(plain, at_client", needs=TALKS),
    Break("C5", "the scheme decides nothing", "03_", "by-hand",
          old="SAY[parts.scheme]", new='SAY["ws"]', needs=(*TALKS, "url-parts")),
    Break("C5", "another port is reached", "03_", "by-hand",
          old="(parts.hostname, parts.port), timeout",
          new='(parts.hostname, servers["HTTP"].address[1]), timeout', needs=(*TALKS, "url-parts")),
    Break("C6", "the client has to ask for each message", "09_", "hour-counted",
          needs=("hour",), old="messages = list(ws)",
          new='messages = [message for message in ws if not ws.send("more?")]'),
    Break("C6", "a cable that is pulled is noticed", "09_", "cable", needs=("hour",), code="""
from wslab.experiments.link import Link

Link.lose = Link.close
"""),
    Break("C7", "the port of a WebSocket has no page for browsers", "04_", "leave-out-compare",
          code="""
from functools import partial
from wslab import ws_echo

ws_echo.serve = partial(ws_echo.serve, with_page=False)
"""),
    Break("C8", "the answer is the same for every key", "04_", "impostors",
          needs=("request", "send", "predict-fooled", "impostor-servers"), code="""
from wslab.protocol import handshake

accept_value = handshake.accept_value
handshake.accept_value = lambda key: accept_value("dGhlIHNhbXBsZSBub25jZQ==")
"""),
    Break("C8", "a key lets in only once, as a password might", "04_", "no-password",
          needs=("request", "send", "leave-out"), at="no-password", code="""
from wslab.protocol import handshake
from wslab.protocol.errors import HandshakeError

check_key, used = handshake._check_key, set()

def only_once(keys):
    if keys[0] in used:
        raise HandshakeError(400, "this key was used", "4.2.1")
    used.add(keys[0])
    return check_key(keys)

handshake._check_key = only_once
"""),
    Break("C8", "a browser's key tells a foreign page from a good one", "08_", "hijack-key",
          old="from wslab.protocol.handshake import accept_value", new="accept_value = str.lower",
          needs=("listen", "listen-tls", "hijack-cases", "hijack-visit", "hijack")),
    Break("C9", "the server goes on with HTTP", "05_", "http-compare", needs=HTTP,
          at="http", code="""
from wslab.protocol.connection import Connection
from wslab.tcp_server import Server

def goes_on(peer):
    handshake = Connection(Role.SERVER)
    handshake.receive(peer.sock.recv(4096))
    peer.sock.sendall(handshake.to_send())
    peer.sock.recv(4096)
    peer.sock.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")

server = lesson.keep("server", lambda: Server(goes_on))
"""),
    Break("C9", "the server reads G as the beginning of a text", "05_", "http-bits", needs=HTTP,
          at="http", code="""
from wslab.protocol import frames

frames._FIRST_BYTES[ord("G")] = True, Opcode.TEXT
"""),
    Break("C10", "WebSocket encrypts what it sends", "08_", "listen", code="""
import codecs
from wslab.websocket import WebSocket

send = WebSocket.send
WebSocket.send = lambda ws, text: send(ws, codecs.encode(text, "rot13"))
"""),
    Break("C10", "TLS protects nothing", "08_", "listen-tls", code="""
from wslab.experiments import eavesdrop

hold = eavesdrop._hold
eavesdrop._hold = lambda talk, papers, clock, random: hold(talk, None, clock, random)
"""),
    Break("C11", "the key in the frame is not the whole key", "06_", "read",
          needs=("four", "overhear"), code="""
import sys
from wslab.protocol import masking

real = masking.mask
for name, module in list(sys.modules.items()):
    if name.startswith("wslab.protocol.") and getattr(module, "mask", None) is real:
        module.mask = lambda data, key, start=0: real(data, bytes(b ^ 0x55 for b in key), start)
"""),
    Break("C12", "the proxy understands WebSocket", "07_", "unmasked", needs=ATTACK,
          old="NaiveProxy(knows_upgrade=knows_upgrade)", new="NaiveProxy(knows_upgrade=True)"),
    Break("C12", "the attacker does not know the key", "07_", "constant", needs=ATTACK,
          old="return ONE_KEY[:size]", new="return Random().randbytes(size)"),
    Break("C12", "the fresh key is a constant", "07_", "fresh-many",
          needs=(*ATTACK, "unmasked", "unmasked-wire", "constant", "fresh"),
          old="run(trials=200, random=Random(7).randbytes)",
          new="run(trials=200, random=always_the_same)"),
    Break("C12", "the proxy does not know where a body ends", "07_", "post",
          needs=(*ATTACK, "plain"), at="post", code="""
from wslab.experiments.caching_proxy import proxy

real = proxy.body_length
proxy.body_length = lambda fields: 0 if b"Host:" in fields else real(fields)
"""),
    Break("C13", "the server masks", "06_", "matrix", needs=("four",), at="matrix", code="""
from wslab.protocol import connection

encode = connection.encode_frame
connection.encode_frame = lambda opcode, payload, key, *fin: encode(opcode, payload, KEY, *fin)
"""),
    Break("C13", "a server takes what is not masked", "06_", "matrix", needs=("four",), code="""
from wslab.protocol import connection

read_header = connection.read_header
connection.read_header = lambda masked, *more: read_header(None if masked else False, *more)
"""),
    Break("C13", "a client takes what is masked", "06_", "matrix", needs=("four",), code="""
from wslab.protocol import connection

read_header = connection.read_header
connection.read_header = lambda masked, *more: read_header(True if masked else None, *more)
"""),
    Break("C13", "what only a server says poisons, too", "07_", "answer", needs=ATTACK,
          at="answer", code="""
from wslab.experiments.caching_proxy import people
from wslab.experiments.caching_proxy.proxy import Taken, _Between

begin = _Between.__init__

def waits_for_an_answer(between, *sides):
    begin(between, *sides)
    for site, path in [("", "/"), (people.SITE, people.PATH)]:
        between.asked.append(Taken(0, 0, site, path, b"GET ", False))

_Between.__init__ = waits_for_an_answer
"""),
    Break("C14", "HTTP is cheaper than WebSocket", "10_", "order-compare", code="""
from wslab import tcp_echo
from wslab.comparison import run, streams

ways = run.all_ways
raw = {"serve": tcp_echo.serve, "talk": streams.over_tcp}
run.all_ways = lambda: [w._replace(**raw) if w.name == "HTTP kept alive" else w for w in ways()]
"""),
    Break("C14", "WebSocket costs nothing", "10_", "order-compare", code="""
from wslab import tcp_echo
from wslab.comparison import run, streams

ways = run.all_ways
raw = {"serve": tcp_echo.serve, "talk": streams.over_tcp}
run.all_ways = lambda: [w._replace(**raw) if w.name == "WebSocket" else w for w in ways()]
"""),
    Break("C14", "each message needs a handshake", "10_", "order-compare", code="""
from wslab.comparison import sockets

once = sockets.over_websocket

def each_time(meter, messages):
    for message in messages:
        yield from once(meter, [message])

sockets.over_websocket = each_time
"""),
]  # fmt: skip


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_stands_in_a_lesson_and_is_broken_here(claim: str) -> None:
    marked = [name for lesson in LESSONS for name in _cells_that_claim(lesson, claim)]
    assert marked
    assert claim in {broken.claim for broken in BREAKS}


def _cells_that_claim(lesson: str, claim: str) -> list[str]:
    return [cell.name for cell in cells_of(lesson) if claim in dict(claims_of(cell.source))]


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_claim_is_marked_at_an_assertion(lesson: str) -> None:
    """Anywhere else the mark would promise what nothing holds."""
    for cell in cells_of(lesson):
        assert len(CLAIM.findall(cell.source)) == len(list(claims_of(cell.source))), cell.name


@pytest.mark.timeout(120)
@pytest.mark.parametrize("broken", BREAKS, ids=lambda one: f"{one.claim}: {one.what}")
def test_a_lesson_stops_where_its_claim_is_broken(broken: Break) -> None:
    as_it_is, changed = broken.rounds()
    ended = run([as_it_is, changed])
    assert ended[0] is None, "the lesson as it is"
    assert ended[1] is not None, "nothing failed"
    assert (ended[1].cell, claim_at(changed, ended[1])) == (broken.cell, broken.claim), ended[1]


# And what the test itself relies on.


def test_only_an_assertion_with_the_mark_counts() -> None:
    cell = Cell("one", "assert 1\nassert (\n    2 > 3\n)  # claim C4: two is more\nassert 0")
    assert [claim for claim, _ in claims_of(cell.source)] == ["C4"]
    assert claim_at([cell], Failure("one", 2, "AssertionError", "")) == "C4"
    assert claim_at([cell], Failure("one", 5, "AssertionError", "")) is None
    assert claim_at([cell], Failure("one", 2, "TypeError", "")) is None
    assert claim_at([cell], None) is None


def test_an_assertion_of_a_helper_is_not_that_of_the_cell() -> None:
    helper = Cell("helper", "def check():\n    assert 0")
    user = Cell("user", "x = 1\nassert check() is None  # claim C1: ...")
    (ended,) = run([[helper, user]])
    assert ended == Failure("user", 2, "AssertionError below", "")
    assert claim_at([helper, user], ended) is None
