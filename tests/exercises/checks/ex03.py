"""Exercise 3: the server's side of the opening handshake (RFC 6455 §4.2)."""

from __future__ import annotations

import base64
from functools import partial
from random import Random

from wslab.grading.check import check
from wslab.grading.student import Student

from .. import reference
from ..vectors import key, mixed_case, shuffled

PATHS = ("/", "/chat", "/chat?room=1", "/a/b%20c", "/?", "/%C3%A9t%C3%A9?q=a:b")


def a_request(random: Random, path: str = "") -> bytes:
    """A request as one client or another writes it."""
    lines = [
        "Host: example.org:8080",
        "Upgrade: websocket",
        "Connection: keep-alive, Upgrade",
        f"Sec-WebSocket-Key: {key(random)}",
        "Sec-WebSocket-Version: 13",
        "Origin: http://example.org",
    ]
    first = f"GET {path or random.choice(PATHS)} HTTP/1.1"
    return "\r\n".join([first, *shuffled(random, lines), "", ""]).encode()


def a_page(random: Random, path: str) -> bytes:
    """A request for a page: it asks for no upgrade."""
    lines = ["Host: example.org", "Accept: text/html", f"Cookie: visit={random.randrange(10**6)}"]
    return "\r\n".join([f"GET {path} HTTP/1.1", *shuffled(random, lines), "", ""]).encode()


def freely_written(random: Random) -> bytes:
    """The same in the freedom that HTTP leaves: case, spaces, repeated names."""
    space = random.choice(("", " ", "  ", "\t "))
    names = shuffled(random, ["Host", "Upgrade", "Sec-WebSocket-Protocol", "Cookie"])
    lines = [f"{mixed_case(random, name)}:{space}a value: {name} {space}" for name in names]
    lines.append(f"{mixed_case(random, names[0])}:another")
    return "\r\n".join(["GET / HTTP/1.1", *lines, "", ""]).encode()


def good_headers(random: Random) -> dict[str, str]:
    """The header fields of a request that asks for a WebSocket."""
    return {
        "host": "example.org",
        "upgrade": mixed_case(random, "websocket"),
        "connection": random.choice(("Upgrade", "keep-alive, Upgrade", "upgrade,keep-alive")),
        "sec-websocket-key": key(random),
        "sec-websocket-version": "13",
    }


@check("ex03", points=2, title="The path and the headers", lesson="04", rfc="4.2.1")
def plain_request(student: Student) -> None:
    for raw in student.vectors(a_request, 10):
        student.expect("parse_request", raw, right=reference.parse_request)


@check("ex03", points=2, title="Headers as clients really write them", lesson="04", rfc="4.2.1",
       needs=["plain_request"])  # fmt: skip
def free_request(student: Student) -> None:
    for raw in student.vectors(freely_written, 12):
        student.expect("parse_request", raw, right=reference.parse_request)


@check("ex03", points=1, title="The next request, after the blank line", lesson="04", rfc="4.2.1",
       needs=["plain_request"])  # fmt: skip
def bytes_behind(student: Student) -> None:
    # A client may send its next request without waiting (RFC 9112 §9.3.2), for example for two
    # pages. Only after an Upgrade does it have to wait for the response (§4.1).
    for path in ("/", "/chat", "/style.css", "/news?since=5", "/favicon.ico"):
        for asked in (a_page(student.random, path), a_page(student.random, path)[:20]):
            raw = a_page(student.random, "/first") + asked
            student.expect("parse_request", raw, right=reference.parse_request)


@check("ex03", points=2, title="What is no request", lesson="04", rfc="4.2.1",
       needs=["plain_request"])  # fmt: skip
def malformed(student: Student) -> None:
    refuses = student.refuses
    raw = a_request(student.random)
    for end in (0, 5, len(raw) // 2, len(raw) - 2, len(raw) - 1):
        refuses("parse_request", raw[:end], because="the blank line has not arrived yet")
    for count in (1, 2, 4):
        whole_lines = b"".join(raw.splitlines(keepends=True)[:count])
        refuses("parse_request", whole_lines, because="the blank line has not arrived yet")
    for first in (
        "POST / HTTP/1.1",
        "GET / HTTP/1.0",
        "GET /",
        "GET  / HTTP/1.1",
        "GET chat HTTP/1.1",
    ):
        refuses("parse_request", f"{first}\r\nHost: a\r\n\r\n".encode(),
                because="the first line is not GET, a path and HTTP/1.1")  # fmt: skip
    for line, fault in {
        "no colon": "has no colon",
        ": no name": "has no name before its colon",
        "Host : a": "has a space before its colon, where there must be none (RFC 9112 §5.1)",
        " Host: a": "begins with a space (RFC 9112 §5.2)",
    }.items():
        refuses("parse_request", f"GET / HTTP/1.1\r\n{line}\r\n\r\n".encode(),
                because=f"the second line {fault}")  # fmt: skip


@check("ex03", points=2, title="Who asks for a WebSocket", lesson="04", rfc="4.2.1")
def asks_for_upgrade(student: Student) -> None:
    # In the case of the RFC, too: who refuses these has another reason than the case of letters.
    for connection in ("Upgrade", "keep-alive, Upgrade"):
        headers = {**good_headers(student.random), "upgrade": "websocket", "connection": connection}
        student.expect("is_upgrade", headers, right=True,
                       because="all five headers are as the docstring wants them")  # fmt: skip
    for headers in student.vectors(good_headers, 12):
        student.expect("is_upgrade", headers, right=True)


@check("ex03", points=2, title="Who does not", lesson="04", rfc="4.2.1",
       needs=["asks_for_upgrade"])  # fmt: skip
def asks_for_something_else(student: Student) -> None:
    def short_key(random: Random) -> str:
        return base64.b64encode(random.randbytes(15)).decode()

    wrong = {
        "host": [None],
        "upgrade": [None, "h2c", "websockets"],
        "connection": [None, "keep-alive", "no-upgrade"],
        "sec-websocket-key": [None, "", "not base64!", short_key(student.random)],
        "sec-websocket-version": [None, "8", "14"],
    }
    for name, values in wrong.items():
        for value in values:
            headers = good_headers(student.random)
            del headers[name]
            if value is not None:
                headers[name] = value
            because = f"{name} is {value!r}" if value is not None else f"{name} is missing"
            student.expect("is_upgrade", headers, right=False, because=because)


@check("ex03", points=3, title="The accept value", lesson="04", rfc="4.2.2")
def accept_value(student: Student) -> None:
    for one in student.vectors(key, 12):
        student.expect("accept_key", one, right=reference.accept_key)


@check("ex03", points=2, title="The 101, whole", lesson="04", rfc="4.2.2")
def whole_response(student: Student) -> None:
    for one in student.vectors(key, 8):
        # A wrong accept value has cost its points above: here it may be the same one.
        value = student.call("accept_key", one).value
        student.satisfies("build_response", one, fault=partial(fault_of, accept=value))


def fault_of(response: object, its_key: str, *, accept: object) -> str:
    """What is wrong with a 101, as a sentence; order, case and more headers are free."""
    if type(response) is not bytes:
        return "bytes are due: they go to the socket as they are"
    if type(accept) is str:  # a newline in it has cost its points above, too
        response = response.replace(accept.encode(), accept.strip().encode())
        accept = accept.strip()
    if b"\n" in response.replace(b"\r\n", b"") or b"\r" in response.replace(b"\r\n", b""):
        return r"each line ends with \r\n, both bytes"
    head, blank_line, rest = response.partition(b"\r\n\r\n")
    if not blank_line:
        return r"the blank line is missing: every line ends with \r\n, the last one is empty"
    if rest:
        return "something stands behind the blank line: the client will read it as a frame"
    first, *lines = head.decode("latin-1").split("\r\n")
    if not first.startswith("HTTP/1.1 101 "):
        return "the first line is HTTP/1.1, the status 101, and its words"
    headers = {name.lower(): value.strip() for name, _, value in (s.partition(":") for s in lines)}
    if headers.get("upgrade", "").lower() != "websocket":
        return "the header Upgrade is missing, or says something else"
    if "upgrade" not in headers.get("connection", "").lower():
        return "the header Connection is missing, or does not say Upgrade"
    if "sec-websocket-accept" not in headers:
        return "the header Sec-WebSocket-Accept is missing"
    if headers["sec-websocket-accept"] not in (accept, reference.accept_key(its_key)):
        return "Sec-WebSocket-Accept is not what accept_key gives"
    return ""
