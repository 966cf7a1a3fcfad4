"""What learners believe about the opening handshake."""

from __future__ import annotations

import base64
import hashlib
import re

from wslab.grading.beliefs import belief

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@belief(
    "accept_key",
    says="The SHA-1 goes into base64 as the 40 hex digits that one sees.",
    look="How long is a SHA-1 as bytes, and how long is the text that prints it?",
    lesson="04",
    rfc="4.2.2",
)
def hex_digest(key):
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).hexdigest().encode()).decode()


@belief(
    "accept_key",
    says="The key is base64, so it must be decoded before it is used.",
    look="What does the section put in front of the GUID: the key's bytes, or its text?",
    lesson="04",
    rfc="4.2.2",
)
def decoded_key(key):
    return base64.b64encode(hashlib.sha1(base64.b64decode(key) + GUID.encode()).digest()).decode()


@belief(
    "accept_key",
    says="The accept value is the SHA-1 of the key alone.",
    look="A server that knows nothing of WebSocket could compute that, too. What makes it special?",
    lesson="04",
    rfc="1.3",
)
def no_guid(key):
    return base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()


@belief(
    "accept_key",
    says="SHA-1 is broken, so SHA-256 is the better choice.",
    look="Is anything kept secret by this hash? And how would the client know of your choice?",
    lesson="04",
    rfc="10.8",
)
def sha_256(key):
    return base64.b64encode(hashlib.sha256((key + GUID).encode()).digest()).decode()


@belief(
    "accept_key",
    says="The GUID is hex, so its letters may be small, too.",
    look="Is the GUID used as a number here, or as a text? Copy it from the section, as it is.",
    lesson="04",
    rfc="1.3",
)
def mistyped_guid(key):
    return base64.b64encode(hashlib.sha1((key + GUID.lower()).encode()).digest()).decode()


@belief(
    "accept_key",
    says="The GUID comes first, then the key.",
    look="A hash of ab is no hash of ba. In which order does the section put the two together?",
    lesson="04",
    rfc="4.2.2",
)
def guid_in_front(key):
    return base64.b64encode(hashlib.sha1((GUID + key).encode()).digest()).decode()


@belief(
    "accept_key",
    says="What encodebytes() gives is the base64.",
    look="How long is your accept value: 28 characters, or 29? Print its repr().",
    lesson="04",
    rfc="4.2.2",
)
def newline_at_the_end(key):
    return base64.encodebytes(hashlib.sha1((key + GUID).encode()).digest()).decode()


@belief(
    "accept_key",
    says="str() makes a text of bytes.",
    look="Ask Python: str(b'abc'). Which characters are there that do not belong to the text?",
    lesson="04",
    rfc="4.2.2",
)
def str_of_bytes(key):
    return str(base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()))


@belief(
    "is_upgrade",
    says="The words websocket and Upgrade come in the case in which the RFC writes them.",
    look="Some clients write Upgrade: WebSocket. What does §4.2.1 say about that, item 3?",
    lesson="04",
    rfc="4.2.1",
)
def values_keep_their_case(headers):
    try:
        nonce = base64.b64decode(headers.get("sec-websocket-key", ""), validate=True)
    except ValueError:
        return False
    listed = [word.strip() for word in headers.get("connection", "").split(",")]
    return (
        "host" in headers
        and headers.get("upgrade", "") == "websocket"
        and "Upgrade" in listed
        and len(nonce) == 16
        and headers.get("sec-websocket-version") == "13"
    )


@belief(
    "is_upgrade",
    says="Connection says Upgrade, and nothing else.",
    look="Firefox sends: Connection: keep-alive, Upgrade. What kind of value is that?",
    lesson="04",
    rfc="4.2.1",
)
def connection_is_one_word(headers):
    try:
        nonce = base64.b64decode(headers.get("sec-websocket-key", ""), validate=True)
    except ValueError:
        return False
    return (
        "host" in headers
        and headers.get("upgrade", "").lower() == "websocket"
        and headers.get("connection", "").lower() == "upgrade"
        and len(nonce) == 16
        and headers.get("sec-websocket-version") == "13"
    )


@belief(
    "is_upgrade",
    says="Whoever sends a key wants a WebSocket.",
    look="§4.2.1 lists what a server must find. Cross out what you look at: what is left?",
    lesson="04",
    rfc="4.2.1",
)
def a_key_is_enough(headers):
    return "sec-websocket-key" in headers


def parts(raw):
    """A request as it should be taken apart, for beliefs about what comes then."""
    head, blank_line, _ = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if not blank_line or len(words) != 3 or words[0] != "GET" or words[1][:1] != "/":
        raise ValueError("not complete, or no GET")
    if words[2] != "HTTP/1.1" or any(re.match(r"[^:]*[ \t][^:]*:|:|[^:]*$", s) for s in lines):
        raise ValueError("no HTTP/1.1, or no header")
    return words[1], [(name, value.strip()) for name, _, value in (s.partition(":") for s in lines)]


@belief(
    "parse_request",
    says="Header names come in the case in which the RFC writes them.",
    look="Send HOST: and host: to any web server. Does it make a difference?",
    lesson="04",
    rfc="4.2.1",
)
def names_keep_their_case(raw):
    path, lines = parts(raw)
    headers = {}
    for name, value in lines:
        headers[name] = headers[name] + ", " + value if name in headers else value
    return path, headers


@belief(
    "parse_request",
    says="Each header comes once.",
    look="A client may send Sec-WebSocket-Protocol in two lines. What has become of the first?",
    lesson="04",
    rfc="4.2.1",
)
def the_last_one_counts(raw):
    path, lines = parts(raw)
    return path, {name.lower(): value for name, value in lines}


@belief(
    "parse_request",
    says="The path ends at the question mark.",
    look="Compare with the example in the docstring. Where would room=1 be found otherwise?",
    lesson="03",
    rfc="3",
)
def no_query(raw):
    path, lines = parts(raw)
    headers = {}
    for name, value in lines:
        name = name.lower()
        headers[name] = headers[name] + ", " + value if name in headers else value
    return path.partition("?")[0], headers


@belief(
    "parse_request",
    says="Everything recv() returned belongs to the request.",
    look="A browser may ask for two pages without waiting. Where does its first request end?",
    lesson="04",
    rfc="4.2.1",
)
def all_of_it_is_the_request(raw):
    path, lines = parts(raw)
    _, lines = parts(raw.removesuffix(b"\r\n\r\n").replace(b"\r\n\r\n", b"\r\n") + b"\r\n\r\n")
    headers = {}
    for name, value in lines:
        name = name.lower()
        headers[name] = headers[name] + ", " + value if name in headers else value
    return path, headers


@belief(
    "parse_request",
    says="Headers arrive whole: one recv() brings the request.",
    look="Cut a request behind any byte, and read it. How would you know that more is to come?",
    lesson="02",
    rfc="4.2.1",
)
def headers_arrive_whole(raw):
    lines = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    path, pairs = parts(b"\r\n".join(lines) + b"\r\n\r\n")
    headers = {}
    for name, value in pairs:
        name = name.lower()
        headers[name] = headers[name] + ", " + value if name in headers else value
    return path, headers


@belief(
    "parse_request",
    says="A request is always well-formed: who would send nonsense?",
    look="Half a request is nonsense, too: what if the second half has not arrived yet?",
    lesson="04",
    rfc="4.2.1",
)
def always_well_formed(raw):
    first, *lines = raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
        headers[name] = headers[name] + ", " + value if name in headers else value
    return [*first.split(" "), "", ""][1], headers


def response(key, end):
    """The right lines, with another end."""
    accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    return end.join([*lines, f"Sec-WebSocket-Accept: {accept}"]).encode()


@belief(
    "build_response",
    says="A line ends with a newline.",
    look="Look at the bytes of any HTTP response: which two end each line?",
    lesson="04",
    rfc="4.2.2",
)
def bare_newlines(key):
    return response(key, "\n") + b"\n\n"


@belief(
    "build_response",
    says="The last header is the end of the response.",
    look="How does the client know that no other header will follow?",
    lesson="04",
    rfc="4.2.2",
)
def no_blank_line(key):
    return response(key, "\r\n") + b"\r\n"
