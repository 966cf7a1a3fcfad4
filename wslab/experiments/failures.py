"""How a WebSocket fails, and how little of it a page is told: nearly always 1006 (§7.1.5, §7.1.7).

A browser hides the cause on purpose: what a page could learn from it, it could use to explore the
network it's in. The page below opens a WebSocket to each kind of failure. Open it in your own
browser, or let a headless one read it.

>>> with FailurePage() as page:
...     print(page.url.startswith("http://127.0.0.1:"))
True
"""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack

from ..comparison.plain_http import Inbox
from ..net import reset
from ..protocol.frames import encode_frame
from ..protocol.handshake import accept_value, make_response
from ..protocol.http import Headers, Response
from ..protocol.rfc import Opcode
from ..server import serve
from ..tcp_server import Peer, Server
from ..websocket import WebSocket

RECORDED = (
    "Chromium 156.0.8078.79",
    {
        "closed with 1000": "opened, then code 1000, wasClean true",
        "no server there": "never opened, code 1006, wasClean false",
        "refused with 403": "never opened, code 1006, wasClean false",
        "a masked frame from the server": "opened, then code 1006, wasClean false",
        "the connection is reset": "opened, then code 1006, wasClean false",
        "silence, as in a tunnel": "opened, then nothing",
    },
)
"""What a real browser told its page; a test asks the browser of this machine the same."""

PAGE = """<!doctype html>
<meta charset="utf-8">
<title>How a WebSocket fails</title>
<p>What this page is told, by your browser (each gets five seconds, so wait that long):</p>
<pre id="told"></pre>
<p>Can a page send a Ping? <code>typeof ws.ping</code> is <b id="ping"></b>.</p>
<div id="answer" hidden></div>
<script>
const urls = URLS
function tried([name, url]) {
  return new Promise(done => {
    const ws = new WebSocket(url)
    let opened = false
    ws.onopen = () => { opened = true }
    ws.onclose = end => done([name, (opened ? 'opened, then code ' : 'never opened, code ')
      + end.code + ', wasClean ' + end.wasClean])
    const late = () => done([name, (opened ? 'opened, then' : 'never opened, and') + ' nothing'])
    setTimeout(late, 5000)
  })
}
Promise.all(Object.entries(urls).map(tried)).then(all => {
  told.textContent = all.map(pair => pair.join(': ')).join('\\n')
  ping.textContent = typeof WebSocket.prototype.ping
  answer.textContent = JSON.stringify({ping: ping.textContent, told: Object.fromEntries(all)})
})
</script>
"""


class FailurePage:
    """The page, and a server for each kind of failure; a context manager. ``url`` opens it."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            closed_port = nobody.getsockname()[1]  # free again when this block ends
        with ExitStack() as stack:

            def start(server: Server) -> str:
                host, port = stack.enter_context(server).address[:2]
                return f"ws://{host}:{port}/"

            others_only = serve(WebSocket.close, origins=["https://example.org"])
            urls = {
                "closed with 1000": start(serve(WebSocket.close)),
                "no server there": f"ws://127.0.0.1:{closed_port}/",
                "refused with 403": start(others_only),
                "a masked frame from the server": start(Server(_masks)),
                "the connection is reset": start(Server(_resets)),
                "silence, as in a tunnel": start(Server(_falls_silent)),
            }
            text = PAGE.replace("URLS", json.dumps(urls)).encode()
            page = serve(WebSocket.close, with_page=lambda request: make_response(200, text))
            self.url = "http" + start(page).removeprefix("ws")
            self._servers = stack.pop_all()

    def close(self) -> None:
        """End all the servers."""
        self._servers.close()

    def __enter__(self) -> FailurePage:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _shake_hands(peer: Peer) -> None:
    key = Inbox(peer.sock).head().headers.get("Sec-WebSocket-Key") or ""
    fields = {"Upgrade": "websocket", "Connection": "Upgrade"}
    fields["Sec-WebSocket-Accept"] = accept_value(key)
    head = Response(101, "Switching Protocols", Headers(list(fields.items())))
    peer.sock.sendall(head.encode())


def _masks(peer: Peer) -> None:
    """A server MUST NOT mask (§5.1): the browser sends 1002, and tells its page 1006."""
    _shake_hands(peer)
    peer.sock.sendall(encode_frame(Opcode.TEXT, b"Hello", key=b"abcd"))
    while peer.sock.recv(100):
        pass


def _resets(peer: Peer) -> None:
    _shake_hands(peer)
    reset(peer.sock)


def _falls_silent(peer: Peer) -> None:
    """Not even the end comes, as long as the browser waits."""
    _shake_hands(peer)
    while peer.sock.recv(100):
        pass
