# ruff: noqa: F821 - shake_hands and next_message are the versions that were chosen
"""Exercise 7, solved in other ways: all of them right."""

from __future__ import annotations

import base64
import binascii
import codecs
import hashlib
import math
import queue
import re
import struct
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from pieces import (
    build_response,
    control_reply,
    decode_close,
    encode_close,
    encode_frame,
    is_upgrade,
    parse_request,
    reassemble,
    recv_exactly,
    send_all,
)
from plumbing import Failure, Stream, port_asked_for, run  # noqa: F401

MIB = 1 << 20


def refuse(reply, status, *headers):
    reply("\r\n".join([f"HTTP/1.1 {status}", "Connection: close", *headers, "", ""]).encode())
    return False


def verdict(headers):
    if is_upgrade(headers):
        return ""
    return "400 No" if headers.get("sec-websocket-version") == "13" else "426 Upgrade Required"


def shake_hands_byte_by_byte(stream, reply):
    stream.allow(10)
    head = bytearray()
    while head[-4:] != b"\r\n\r\n":
        if len(head) > 16384:
            return refuse(reply, "431 Too much")
        head += recv_exactly(stream.recv, 1)
    try:
        headers = parse_request(bytes(head))[1]
    except ValueError:
        return refuse(reply, "400 Bad Request")
    status = verdict(headers)
    if status:
        return refuse(reply, status, "Sec-WebSocket-Version: 13", "Content-Length: 0")
    reply(build_response(headers["sec-websocket-key"]))
    return True


def shake_hands_in_big_pieces(stream, reply):
    stream.allow(10)
    head, blank, rest = b"", b"", b""
    while not blank:
        if not (more := stream.recv(1 << 15)):
            raise EOFError
        head, blank, rest = (head + blank + rest + more).partition(b"\r\n\r\n")
        if len(head) > 16384:
            return refuse(reply, "431 Request Header Fields Too Large")
    stream.early = rest + stream.early
    try:
        _, headers = parse_request(head + blank)
    except ValueError:
        return refuse(reply, "400 Bad Request", "Content-Length: 0")
    if status := verdict(headers):
        reply(
            f"HTTP/1.1 {status}\r\nSec-WebSocket-Version: 13\r\n"
            "Content-Length: 2\r\n\r\nNo".encode()
        )
        return False
    reply(build_response(headers["sec-websocket-key"]))
    return True


def shake_hands_alone(stream, reply):
    """With nothing from the other exercises."""
    stream.allow(10)
    raw = b""
    while (end := raw.find(b"\r\n\r\n")) < 0 and len(raw) <= 16384:
        chunk = stream.recv(1000)
        if not chunk:
            raise EOFError
        raw += chunk
    if end < 0 or end > 16384:
        return refuse(reply, "431 Request Header Fields Too Large")
    stream.early = raw[end + 4 :]
    first, *lines = raw[:end].decode("latin-1").split("\r\n")
    headers = {}
    for line in lines:
        if not (match := re.fullmatch(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*", line)):
            return refuse(reply, "400 Bad Request")
        headers.setdefault(match[1].lower(), []).append(match[2])
    if not re.fullmatch(r"GET \S+ HTTP/1\.1", first) or "host" not in headers:
        return refuse(reply, "400 Bad Request")
    if headers.get("sec-websocket-version") != ["13"]:
        return refuse(reply, "426 Upgrade Required", "Sec-WebSocket-Version: 13")
    listed = ",".join(headers.get("connection", [])).lower()
    key = headers.get("sec-websocket-key", [""])[0]
    try:
        nonce = base64.b64decode(key, validate=True)
    except binascii.Error:
        nonce = b""
    upgrade = "websocket" in headers.get("upgrade", [""])[0].lower()
    if not upgrade or "upgrade" not in re.split(r"[ \t]*,[ \t]*", listed) or len(nonce) != 16:
        return refuse(reply, "400 Bad Request")
    accept = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
    reply(
        b"HTTP/1.1 101 OK\r\nServer: mine\r\nupgrade: WebSocket\r\nCONNECTION: upgrade\r\n"
        b"sec-websocket-accept:" + base64.b64encode(accept) + b"\r\n\r\n"
    )
    return True


def header(stream):
    """The two first bytes, and the length, of a frame that keeps the rules."""
    first, second = recv_exactly(stream.recv, 2)
    fin, opcode, length = first >= 128, first & 15, second & 127
    if first & 0x70 or opcode not in (0, 1, 2, 8, 9, 10) or second < 128:
        raise Failure(1002, "not like this")
    if opcode > 7 and (not fin or length > 125):
        raise Failure(1002, "a control frame is short, and whole")
    if length > 125:
        shape, least = ("!H", 126) if length == 126 else ("!Q", 1 << 16)
        (length,) = struct.unpack(shape, recv_exactly(stream.recv, struct.calcsize(shape)))
        if length < least or length >> 63:
            raise Failure(1002, "this is no length")
    return fin, opcode, length


def payload_of(stream, length):
    key = recv_exactly(stream.recv, 4) * (length // 4 + 1)
    data = recv_exactly(stream.recv, length)
    return (int.from_bytes(data, "big") ^ int.from_bytes(key[:length], "big")).to_bytes(
        length, "big"
    )


def next_message_as_it_comes(stream, reply):
    """Decodes a text while it comes."""
    kind, text, data = 0, "", bytearray()
    decoder = codecs.getincrementaldecoder("utf-8")()
    stream.allow(math.inf)
    while True:
        fin, opcode, length = header(stream)
        if opcode < 8 and (opcode == 0) != (kind != 0):
            raise Failure(1002, "out of order")
        if opcode < 8 and len(data) + length > MIB:
            raise Failure(1009, "too long")
        stream.allow(30)
        payload = payload_of(stream, length)
        if opcode == 9:
            reply(b"\x8a" + bytes([length]) + payload)
        elif opcode == 8:
            try:
                code, _ = decode_close(payload)
            except UnicodeDecodeError:
                raise Failure(1007, "a reason is UTF-8") from None
            except ValueError:
                raise Failure(1002, "no such Close") from None
            reply(encode_frame(8, b"" if code == 1005 else encode_close(code, "bye")))
            return None
        elif opcode < 8:
            kind = kind or opcode
            data += payload
            try:
                text += decoder.decode(payload, fin) if kind == 1 else ""
            except ValueError:
                raise Failure(1007, "this is no text") from None
            if fin:
                return text if kind == 1 else bytes(data)


def next_message_with_pieces(stream, reply):
    """Collects the frames, and lets reassemble do the rest."""
    frames = []
    stream.allow(math.inf)
    while not frames or not frames[-1][0]:
        fin, opcode, length = header(stream)
        stream.allow(30)
        if opcode < 8:
            if bool(frames) == bool(opcode):
                raise Failure(1002, "order!")
            if sum(len(one) for _, _, one in frames) + length > MIB:
                raise Failure(1009, "more than I want")
        payload = payload_of(stream, length)
        if opcode < 8:
            frames.append((fin, opcode, payload))
            continue
        try:
            answer = control_reply(opcode, payload)
        except UnicodeDecodeError:
            raise Failure(1007, "") from None
        except ValueError:
            raise Failure(1002, "") from None
        if answer:
            reply(answer)
        if opcode == 8:
            return None
    try:
        return reassemble(frames)[0][1]
    except ValueError:
        raise Failure(1007, "") from None


def next_message_in_a_generator(stream, reply):
    """Parts of the message come out of a generator."""

    def parts():
        yielded = False
        while True:
            fin, opcode, length = header(stream)
            if opcode < 3 and (opcode == 0) != yielded:
                raise Failure(1002, "which message?")
            if opcode < 3 and length > room[0]:
                raise Failure(1009, "long")
            stream.allow(30)
            payload = payload_of(stream, length)
            if opcode == 8:
                if length == 1 or (length > 1 and not allowed(payload)):
                    raise Failure(1002, "code")
                try:
                    payload[2:].decode()
                except UnicodeDecodeError:
                    raise Failure(1007, "reason") from None
                reply(encode_frame(8, payload))
                yield 8, b""
                return
            if opcode == 9:
                reply(encode_frame(10, payload))
            if opcode < 3:
                room[0] -= length
                yielded = True
                yield opcode, payload
                if fin:
                    return

    def allowed(payload):
        code = payload[0] * 256 + payload[1]
        return code in (1000, 1001, 1002, 1003, *range(1007, 1015)) or 3000 <= code < 5000

    room = [MIB]
    stream.allow(math.inf)
    got = list(parts())
    if got[-1][0] == 8:
        return None
    data = b"".join(part for _, part in got)
    try:
        return str(data, "utf-8") if got[0][0] == 1 else data
    except UnicodeDecodeError:
        raise Failure(1007, "text") from None


def next_message_kept_whole(stream, reply):
    return next_message_with_pieces(stream, lambda data: [reply(data[:1]), reply(data[1:])])


def talk_plainly(stream):
    def reply(data):
        stream.sock.settimeout(10)
        stream.sock.sendall(data)
        stream.sock.settimeout(0.2)

    try:
        if shake_hands(stream, reply):
            while True:
                message = next_message(stream, reply)
                if message is None:
                    break
                text = isinstance(message, str)
                reply(encode_frame(1 if text else 2, message.encode() if text else message))
    except Failure as failure:
        reply(encode_frame(8, encode_close(failure.code, failure.reason)))


def talk_in_fragments(stream):
    """An answer of several frames is an answer, too."""

    def reply(data):
        send_all(stream.send, data)

    if not shake_hands(stream, reply):
        return
    try:
        for message in iter(lambda: next_message(stream, reply), None):
            kind, data = (1, message.encode()) if isinstance(message, str) else (2, message)
            reply(encode_frame(kind, data[:5], fin=False) + encode_frame(9, b"still there?"))
            reply(encode_frame(0, data[5:], fin=False) + encode_frame(0, b""))
    except Failure as failure:
        reply(encode_frame(8, encode_close(failure.code)))


def talk_with_a_writer(stream):
    """A thread of its own sends."""
    waiting = queue.Queue()

    def write():
        while data := waiting.get():
            send_all(stream.send, data)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        if shake_hands(stream, waiting.put):
            while (message := next_message(stream, waiting.put)) is not None:
                if isinstance(message, bytes):
                    waiting.put(encode_frame(2, message))
                else:
                    waiting.put(encode_frame(1, message.encode()))
    except Failure as failure:
        waiting.put(encode_frame(8, encode_close(failure.code, "sorry")))
    finally:
        waiting.put(b"")
        writer.join(12)
