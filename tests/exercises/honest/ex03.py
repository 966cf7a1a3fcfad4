"""Exercise 3, solved in other ways: all of them right."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import string
import textwrap
from collections import defaultdict
from functools import reduce
from http import HTTPStatus
from itertools import groupby

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
REQUEST_LINE = re.compile(rb"GET (/\S*) HTTP/(\d)\.(\d)")
FIELD = re.compile(r"([^\s:]+):[ \t]*(.*?)[ \t]*", re.DOTALL)


def new_enough(version):
    return re.fullmatch(r"HTTP/\d\.\d", version) is not None and version >= "HTTP/1.1"


def parse_request_regex(raw):
    head, blank, _ = raw.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    match = REQUEST_LINE.fullmatch(first)
    if not blank or not match or match[2] + match[3] < b"11":
        raise ValueError("no request")
    headers = {}
    for line in lines:
        field = FIELD.fullmatch(line.decode("latin-1"))
        if not field:
            raise ValueError("no header")
        name = field[1].lower()
        headers[name] = headers[name] + ", " + field[2] if name in headers else field[2]
    return match[1].decode("latin-1"), headers


def parse_request_find(raw):
    end = raw.find(b"\r\n\r\n")
    if end == -1:
        raise ValueError("not complete")
    lines = raw[:end].decode("iso-8859-1").split("\r\n")
    words = lines.pop(0).split(" ")
    if len(words) != 3:
        raise ValueError("three words are due")
    if words[0] != "GET":
        raise ValueError("only GET")
    if not words[1].startswith("/"):
        raise ValueError("no path")
    if not words[2].startswith("HTTP/") or not new_enough(words[2]):
        raise ValueError("too old")
    headers = {}
    for line in lines:
        colon = line.find(":")
        name = line[:colon]
        if colon < 1 or " " in name or "\t" in name:
            raise ValueError(line)
        value = line[colon + 1 :].strip(" \t")
        try:
            headers[name.lower()] += ", " + value
        except KeyError:
            headers[name.lower()] = value
    return words[1], headers


def field_of(line):
    name, value = line.split(":", 1)  # a ValueError if there is no colon
    if not name or set(name) & set(string.whitespace):
        raise ValueError("a name without spaces is due")
    return name.lower(), value.strip()


def parse_request_lists(raw):
    head = raw[: raw.index(b"\r\n\r\n")].decode("latin-1")
    first, *lines = head.split("\r\n")
    method, path, version = first.split(" ")
    if method != "GET" or path[:1] != "/" or not new_enough(version):
        raise ValueError(first)
    values = defaultdict(list)
    for name, value in map(field_of, lines):
        values[name].append(value)
    return path, {name: ", ".join(several) for name, several in values.items()}


class Request:
    def __init__(self, raw):
        self.rest, self.headers = raw, {}
        self.path = self.first(self.line())
        while line := self.line():
            self.field(line)

    def line(self):
        line, end, self.rest = self.rest.partition(b"\r\n")
        if not end:
            raise ValueError("the blank line is missing")
        return line.decode("latin-1")

    def first(self, line):
        match line.split(" "):
            case ["GET", path, version] if path.startswith("/") and new_enough(version):
                return path
        raise ValueError(f"{line} is no request line")

    def field(self, line):
        name, colon, value = line.partition(":")
        if not (colon and name) or name.split() != [name]:
            raise ValueError(f"{line} is no header field")
        if name[0] in " \t" or name[-1] in " \t":
            raise ValueError("spaces around the name")
        before = self.headers.get(name.lower())
        value = value.strip(" \t")
        self.headers[name.lower()] = value if before is None else f"{before}, {value}"


def parse_request_class(raw):
    request = Request(raw)
    return request.path, request.headers


def parse_request_grouped(raw):
    if b"\r\n\r\n" not in raw:
        raise ValueError("incomplete")
    first, *lines = str(raw.split(b"\r\n\r\n")[0], "latin-1").split("\r\n")
    if not re.match(r"GET /[^ ]* HTTP/(1\.[1-9]|[2-9]\.\d)\Z", first):
        raise ValueError("first line")
    if not all(re.match(r"[!-9;-~]+:", line) for line in lines):
        raise ValueError("header")
    pairs = [(line.split(":")[0].lower(), line.split(":", 1)[1].strip(" \t")) for line in lines]
    ordered = sorted(pairs, key=lambda pair: pair[0])  # stable: values keep their order
    groups = groupby(ordered, key=lambda pair: pair[0])
    return first.split()[1], {name: ", ".join(v for _, v in group) for name, group in groups}


def parse_request_states(raw):
    text, line, lines = raw.decode("latin-1"), "", []
    at = 0
    while True:
        if at >= len(text):
            raise ValueError("it ends before the blank line")
        if text[at : at + 2] == "\r\n":
            if not line:
                break
            lines.append(line)
            line, at = "", at + 2
            continue
        line += text[at]
        at += 1
    if not lines:
        raise ValueError("nothing stands before the blank line")
    parts = lines[0].split(" ")
    good = len(parts) == 3 and parts[0] == "GET" and parts[1][:1] == "/"
    if not good or not new_enough(parts[2]):
        raise ValueError("no GET")
    headers = {}
    for one in lines[1:]:
        name = one.split(":")[0]
        if ":" not in one or not name or any(c in " \t" for c in name):
            raise ValueError("no header")
        value = one[len(name) + 1 :].strip(" \t")
        headers.setdefault(name.lower(), []).append(value)
    return parts[1], dict(zip(headers, map(", ".join, headers.values()), strict=True))


def parse_request_reduce(raw):
    *_, head = raw.rpartition(b"\r\n\r\n")[:1] if b"\r\n\r\n" not in raw else (raw,)
    head, blank = head.split(b"\r\n\r\n")[0], b"\r\n\r\n" in raw
    first, *lines = head.split(b"\r\n")
    method, path, version = [*first.split(b" "), b"", b""][:3]
    if not blank or first.count(b" ") != 2 or method != b"GET":
        raise ValueError("no request")
    if path[:1] != b"/" or not new_enough(version.decode("latin-1")):
        raise ValueError("no path, or an old version")

    def add(headers, line):
        name, value = field_of(line.decode("latin-1"))
        return {**headers, name: f"{headers[name]}, {value}" if name in headers else value}

    return path.decode("latin-1"), reduce(add, lines, {})


def parse_request_bytes(raw):
    cut = raw.split(b"\r\n\r\n", 1)
    if len(cut) < 2:
        raise ValueError("wait for more")
    lines = cut[0].split(b"\r\n")
    try:
        method, target, protocol = lines[0].split(b" ")
    except ValueError:
        raise ValueError("no three words") from None
    if method != b"GET" or not target.startswith(b"/") or protocol < b"HTTP/1.1":
        raise ValueError("not for us")
    found = []
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if not colon or not name or b" " in name or b"\t" in name:
            raise ValueError("not Name: value")
        found.append((name.lower().decode("latin-1"), value.strip(b" \t").decode("latin-1")))
    return target.decode("latin-1"), {
        name: ", ".join(value for other, value in found if other == name) for name, _ in found
    }


def parse_request_iterator(raw):
    lines = iter(raw.decode("latin-1").split("\r\n"))
    method, _, rest = next(lines).partition(" ")
    path, _, version = rest.partition(" ")
    if method != "GET" or not path.startswith("/") or not new_enough(version):
        raise ValueError("the first line")
    headers = {}
    for line in lines:
        if not line:
            break
        name, value = field_of(line)
        headers[name] = headers[name] + ", " + value if name in headers else value
    else:
        raise ValueError("no blank line")
    if next(lines, None) is None:
        raise ValueError("half a blank line")
    return path, headers


def parse_request_one_regex(raw):
    text = raw.decode("latin-1")
    first, field = r"GET (/[^ \r\n]*) HTTP/(?:1\.[1-9]|[2-9]\.\d)\r\n", r"[^ \t:\r\n]+:[^\r\n]*\r\n"
    head = re.match(rf"{first}((?:{field})*)\r\n", text)
    if head is None:
        raise ValueError("this is no request")
    headers = {}
    for name, value in re.findall(r"([^:\r\n]+):([^\r\n]*)\r\n", head[2]):
        key = name.lower()
        headers[key] = ", ".join([*([headers[key]] if key in headers else []), value.strip(" \t")])
    return head[1], headers


def is_upgrade_all(headers):
    def listed(name):
        return [word.strip().lower() for word in headers.get(name, "").split(",")]

    key = headers.get("sec-websocket-key", "")
    return all([
        "host" in headers,
        "websocket" in listed("upgrade"),
        "upgrade" in listed("connection"),
        re.fullmatch(r"[A-Za-z0-9+/]{22}==", key) is not None,
        headers.get("sec-websocket-version") == "13",
    ])  # fmt: skip


def is_upgrade_returns(headers):
    if "host" not in headers:
        return False
    if not re.search(r"(^|,)\s*websocket\s*(,|$)", headers.get("upgrade", ""), re.IGNORECASE):
        return False
    if not re.search(r"(^|,)\s*upgrade\s*(,|$)", headers.get("connection", ""), re.IGNORECASE):
        return False
    if headers.get("sec-websocket-version", "") != "13":
        return False
    try:
        return len(base64.b64decode(headers["sec-websocket-key"], validate=True)) == 16
    except (KeyError, binascii.Error):
        return False


def is_upgrade_try(headers):
    try:
        headers["host"]
        nonce = base64.b64decode(headers["sec-websocket-key"].encode(), validate=True)
        upgrade = {word.strip() for word in headers["upgrade"].casefold().split(",")}
        connection = {word.strip() for word in headers["connection"].casefold().split(",")}
        return (
            {"websocket"} <= upgrade
            and {"upgrade"} <= connection
            and len(nonce) == 16
            and int(headers["sec-websocket-version"]) == 13
        )
    except (KeyError, ValueError):
        return False


def is_upgrade_table(headers):
    def has(word):
        return lambda value: word in value.lower().replace(" ", "").replace("\t", "").split(",")

    def is_key(value):
        try:
            return len(binascii.a2b_base64(value)) == 16 and len(value) == 24
        except ValueError:
            return False

    tests = {
        "host": lambda value: True,
        "upgrade": has("websocket"),
        "connection": has("upgrade"),
        "sec-websocket-key": is_key,
        "sec-websocket-version": "13".__eq__,
    }
    return tests.keys() <= headers.keys() and all(tests[name](headers[name]) for name in tests)


def accept_key_steps(key):
    sha = hashlib.sha1()
    sha.update(key.encode("ascii"))
    sha.update(GUID.encode("ascii"))
    return base64.b64encode(sha.digest()).decode("ascii")


def accept_key_binascii(key):
    digest = hashlib.new("sha1", f"{key}{GUID}".encode()).digest()
    return binascii.b2a_base64(digest, newline=False).decode()


def accept_key_hex(key):
    digest = bytes.fromhex(hashlib.sha1(bytes(key + GUID, "utf-8")).hexdigest())
    return str(base64.standard_b64encode(digest), "ascii")


def accept_key_stripped(key):
    digest = hashlib.sha1("".join((key, GUID)).encode()).digest()
    return base64.encodebytes(digest).decode().rstrip("\n")


def accept_key_by_hand(key):
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
    number = int.from_bytes(hashlib.sha1((key + GUID).encode()).digest() + b"\0", "big")
    text = "".join(letters[number >> shift & 63] for shift in range(162, -1, -6))
    return text[:-1] + "="


def build_response_join(key):
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: " + accept_key(key),  # noqa: F821 - from above
        "",
        "",
    ]
    return "\r\n".join(lines).encode()


def build_response_percent(key):
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: %s\r\n"
        b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n" % accept_key(key).encode()  # noqa: F821
    )


def build_response_dedent(key):
    text = textwrap.dedent(f"""\
        HTTP/1.1 101 Switching Protocols
        upgrade: WebSocket
        connection: upgrade
        sec-websocket-accept: {accept_key(key)}
        server: mine

        """)  # noqa: F821 - from above
    return text.replace("\n", "\r\n").encode("ascii")


def build_response_dict(key):
    status = HTTPStatus.SWITCHING_PROTOCOLS
    headers = {"Upgrade": "websocket", "Connection": "Upgrade"}
    headers["Sec-WebSocket-Accept"] = accept_key(key)  # noqa: F821 - from above
    response = f"HTTP/1.1 {status.value} {status.phrase}\r\n"
    for name, value in headers.items():
        response += f"{name}: {value}\r\n"
    return bytes(response + "\r\n", "latin-1")


def build_response_bytearray(key):
    out = bytearray(b"HTTP/1.1 101 Switching Protocols\r\n")
    out += b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
    out.extend(b"Sec-WebSocket-Accept:" + accept_key(key).encode() + b"\r\n")  # noqa: F821
    out.extend((13, 10))
    return bytes(out)
