"""The students' servers meet clients that we have not written: a library, and a real browser.

No marks come from here, since they must not depend on what is installed on a machine: where a
client is missing, the test is skipped, and says why. ``pytest tests/exercises/test_servers.py
--submission DIR`` shows the same to a student, or to an instructor who wants to see it.
"""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.grading.drafts import PATIENT
from tests.interop.clients import Websockets
from tests.support.visit import chromium
from wslab.grading import kit
from wslab.grading.server import Server
from wslab.grading.submission import Submission

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.timeout(120)

PAGE = """async ([url, frames]) => {
  const meet = () => new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    const heard = [];
    socket.binaryType = 'arraybuffer';
    socket.onerror = () => reject(new Error('onerror'));
    socket.onclose = () => reject(new Error('closed before it was time'));
    socket.onmessage = event => {
      heard.push(typeof event.data === 'string' ? event.data : [...new Uint8Array(event.data)]);
      if (heard.length < frames.length) return;
      socket.onclose = event => resolve([heard, event.code, event.wasClean]);
      socket.close(3456, 'bye');
    };
    socket.onopen = () => frames.forEach(
      one => socket.send(typeof one === 'string' ? one : new Uint8Array(one)));
  });
  return meet();
}"""
"""A page's script: say everything, hear as many messages, close; what was heard, and the end."""

Talk = Callable[[str, list[Any]], list[Any]]
Program = Callable[[str], contextlib.AbstractContextManager[Server]]


@pytest.fixture
def program(submission: Submission) -> Program:
    """Runs a file of the submission as a program."""

    def run(exercise: str) -> Server:
        file = kit.FILES[exercise]
        if file not in submission.texts:
            pytest.skip(f"there is no {file}.py in the submission")
        return Server(submission.texts, file, kit.companions(exercise), PATIENT, random.Random(7))

    return run


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


class EmptyPage(BaseHTTPRequestHandler):
    """A page to run a script in: one without an address may not connect to this machine."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>a page</title>")

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture(scope="module")
def somewhere() -> Iterator[str]:
    """The address of a page."""
    with ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage) as site:
        thread = threading.Thread(target=site.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{site.server_port}/"
        site.shutdown()
        thread.join(10)


@pytest.fixture
def talk(browser: Browser, somewhere: str) -> Iterator[Talk]:
    """What a page hears that says all this to a WebSocket server."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(somewhere)
    yield lambda url, frames: page.evaluate(PAGE, [url, frames])
    context.close()


def test_websockets_meets_the_echo(program: Program) -> None:
    with program("ex07") as server, Websockets(server.url) as client:
        for message in ("Hello", "", "été 回声 👋", b"", bytes(range(256)), "x" * 70_000):
            client.send(message)
            assert client.recv() == message
        client.send_fragments(["Hel", "lo"])
        assert client.recv() == "Hello"
        client.ping(b"are you there?")
        client.close(3456, "bye")
        assert client.closed()[0] == 3456


def test_websockets_meets_the_chat(program: Program) -> None:
    with (
        program("ex09") as server,
        Websockets(server.url) as one,
        Websockets(server.url) as other,
    ):
        one.send("Hello")
        other.send("Hello to you")
        heard = [one.recv(), one.recv()]
        assert sorted(map(str, heard)) == ["Hello", "Hello to you"]
        assert [other.recv(), other.recv()] == heard
        one.close()
        other.send("Where are you?")
        assert other.recv() == "Where are you?"
        other.send(b"\x00")
        assert other.closed()[0] == 1003


def test_a_browser_meets_the_echo(program: Program, talk: Talk) -> None:
    frames = ["Hello", "", "été 回声 👋", [], list(range(256)), "x" * 70_000]
    with program("ex07") as server:
        assert talk(server.url, frames) == [frames, 3456, True]


def test_a_browser_meets_the_chat(program: Program, talk: Talk) -> None:
    with program("ex09") as server, Websockets(server.url) as other:
        assert talk(server.url, ["Hello", "été 👋"]) == [["Hello", "été 👋"], 3456, True]
        assert [other.recv(), other.recv()] == ["Hello", "été 👋"]


def test_a_wrong_echo_is_found_out(talk: Talk, submission: Submission) -> None:
    """The control: these tests can fail."""
    file = kit.FILES["ex07"]
    text = submission.texts[file].replace("TEXT, message.encode()", "BINARY, message.encode()")
    wrong = Submission({**submission.texts, file: text})
    if text == submission.texts[file]:
        pytest.skip("only for the solutions: another text has another place to be wrong in")
    with Server(wrong.texts, file, kit.companions("ex07"), PATIENT, random.Random(7)) as server:
        assert talk(server.url, ["Hello"])[0] == [list(b"Hello")]
        with Websockets(server.url) as client:
            client.send("Hello")
            assert client.recv() == b"Hello"
