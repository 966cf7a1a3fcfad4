"""What headers does a real browser send? Run as: python -m tests.comparison.capture_headers

It starts a headless Chromium, lets a page POST 16 bytes to the server that it came from, and writes
what the server received to wslab/comparison/browser_headers.json.
"""

from __future__ import annotations

import json
import queue
from pathlib import Path
from typing import Any

import wslab.comparison
from tests.support.visit import WAIT, chromium
from wslab.comparison.plain_http import Message, response, serve_http
from wslab.net import Stream

FILE = Path(wslab.comparison.__file__).with_name("browser_headers.json")
HOW = (
    "python -m tests.comparison.capture_headers: a headless browser opens a page from a server on"
    " 127.0.0.1, and its script calls fetch('/echo', {method: 'POST', body: 16 characters}). These"
    " are the header fields of that request, in order. {host} stands for host and port, {length}"
    " for the length of the body. A real site's cookies would come on top."
)
PAGE = b"<!doctype html><title>capture</title>"
SCRIPT = "() => fetch('/echo', {method: 'POST', body: 'x'.repeat(16)}).then(a => a.text())"


def capture() -> dict[str, Any]:
    """The header fields of a browser's POST, and which browser it was."""
    posts: queue.Queue[Message] = queue.Queue()

    def answer(message: Message, sock: Stream) -> None:
        if message.start.startswith("POST "):
            posts.put(message)
            sock.sendall(response(200, "OK", body=message.body))
        else:
            sock.sendall(response(200, "OK", [("Content-Type", "text/html")], PAGE))

    with serve_http(answer) as server, chromium() as browser:
        page = browser.new_page()
        page.set_default_timeout(WAIT)
        page.goto(server.url)
        assert page.evaluate(SCRIPT) == "x" * 16
        version = f"{browser.browser_type.name} {browser.version}, headless"
        fields = posts.get(timeout=WAIT / 1000).headers
        host = "{}:{}".format(*server.address)
    named = [(name, value.replace(host, "{host}")) for name, value in fields]
    templates = {n: "{length}" if n.lower() == "content-length" else value for n, value in named}
    return {"browser": version, "how": HOW, "fields": templates}


if __name__ == "__main__":
    FILE.write_text(json.dumps(capture(), indent=1) + "\n", "utf-8")
    print(FILE.read_text("utf-8"))
