"""A WebSocket client in an output cell: the reader's own browser talks to a server of ours."""

from __future__ import annotations

import json
import os
import time
from html import escape
from typing import NamedTuple

from ..tcp_server import Server
from .still import conversation_html, folded

STILL = "The same without a script: what a browser and an echo server say, byte by byte"


class LiveClient(NamedTuple):
    """What a notebook shows as a client. ``made`` is when, in seconds since 1970."""

    url: str
    made: float

    def __repr__(self) -> str:
        return f"A client for {self.url}, which lives in a browser: show it in a notebook."

    def _repr_html_(self) -> str:
        with open(os.path.join(os.path.dirname(__file__), "client.html"), encoding="utf-8") as file:
            page = file.read()
        # Inside a script: no text of ours may end it.
        told = json.dumps({"url": self.url, "made": self.made}).replace("<", "\\u003c")
        page = page.replace("{{URL}}", escape(self.url)).replace('"{{TOLD}}"', told)
        return f"<div>{page}{folded(STILL, conversation_html())}</div>"


def live_browser_client(server: Server | str) -> LiveClient:
    """A client for a running server, or for a URL; it lives as long as the cell's output.

    It connects from the browser, so the server sees the browser's Origin. In a notebook that is not
    trusted no script runs: there it says so, and what stands below it says the same in bytes.

    Raises:
        ValueError: That is no WebSocket server.
    """
    url = server if isinstance(server, str) else server.url
    if not url.startswith(("ws://", "wss://")):
        raise ValueError(f"a browser speaks WebSocket only, to ws:// or wss://, not to {url}")
    return LiveClient(url, time.time())
