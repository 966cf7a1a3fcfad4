"""A site with a login and a WebSocket, and somebody else's page that connects to it.

Both pages hold the very same script. What differs is where the page came from, and the browser
tells it in the Origin of the request (§1.6). It also adds the cookie by itself, unless SameSite or
its own rule for third-party cookies is against it.
"""

from __future__ import annotations

from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

from ...observe.recording import Recording
from ...protocol.handshake import make_response
from ...protocol.http import Request, Response
from ...server import serve
from ...tcp_server import Server
from ...websocket import WebSocket

ACCOUNT = "Alice, account 4711: balance 1234.56"
"""What only Alice should read."""

NOBODY = "Nobody is logged in."
"""What the site tells who comes without her cookie."""

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title><link rel="icon" href="data:,">
<h1>{title}</h1>
<p id="answer"></p>
<script>
const answer = document.querySelector("#answer");
const socket = new WebSocket("{url}");
socket.onmessage = event => {{ answer.textContent = event.data; }};
socket.onclose = event => {{ answer.textContent ||= "No connection: " + event.code; }};
</script>
"""


def origin(server: Server, host: str = "127.0.0.1") -> str:
    """The origin of the pages of a server: scheme, host and port (RFC 6454 §4)."""
    return f"http://{host}:{server.address[1]}"


def bank(session: str, attributes: str, checks: bool, tap: Callable[[Any], Recording]) -> Server:
    """The site: its page logs Alice in, its WebSocket tells her balance to who has her cookie.

    ``session`` is the value of the cookie, ``attributes`` come behind it, as in
    "SameSite=Strict". With ``checks`` only the site's own page may connect (§10.2).
    """
    own: list[str | None] = []

    def page(request: Request) -> Response:
        # A real site would ask for her password first. Browsers keep the cookie from here on.
        cookie = "; ".join(filter(None, (f"session={session}", "HttpOnly", attributes)))
        return _page("My bank", server, ("Set-Cookie", cookie))

    def account(ws: WebSocket) -> None:
        assert ws.request is not None  # a server has it
        cookies = SimpleCookie(ws.request.headers.get("Cookie") or "")
        known = "session" in cookies and cookies["session"].value == session
        ws.send(ACCOUNT if known else NOBODY)

    server = serve(account, with_page=page, tap=tap, origins=own if checks else None)
    own.append(origin(server))  # the port is known only now
    return server


def stranger(victim: Server) -> Server:
    """Another site, with a page that connects to ``victim``."""

    def page(request: Request) -> Response:
        return _page("You have won!", victim)

    return serve(lambda ws: None, with_page=page)


def _page(title: str, target: Server, *fields: tuple[str, str]) -> Response:
    return make_response(200, _PAGE.format(title=title, url=target.url).encode(), *fields)
