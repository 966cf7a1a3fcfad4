"""Exercise 2, solved in other ways: all of them right."""

from __future__ import annotations

import io
import re
import struct
from functools import reduce


def split_lines_find(chunks):
    data, lines = b"".join(chunks), []
    while (end := data.find(b"\n")) >= 0:
        lines.append(data[:end])
        data = data[end + 1 :]
    return lines, data


def split_lines_chunkwise(chunks):
    lines, rest = [], b""
    for chunk in chunks:
        *complete, rest = (rest + chunk).split(b"\n")
        lines += complete
    return lines, rest


def split_lines_regex(chunks):
    data = b"".join(chunks)
    lines = re.findall(rb"([^\n]*)\n", data)
    return lines, data[sum(map(len, lines)) + len(lines) :]


def split_lines_bytewise(chunks):
    lines, line = [], bytearray()
    for chunk in chunks:
        for byte in chunk:
            if byte == 0x0A:
                lines.append(bytes(line))
                line = bytearray()
            else:
                line.append(byte)
    return lines, bytes(line)


def split_lines_file(chunks):
    lines = io.BytesIO(b"".join(chunks)).readlines()
    leftover = b"" if not lines or lines[-1][-1:] == b"\n" else lines.pop()
    return [line[:-1] for line in lines], leftover


def split_lines_recursive(chunks):
    def split(data):
        line, newline, rest = data.partition(b"\n")
        if not newline:
            return [], data
        lines, leftover = split(rest)
        return [line, *lines], leftover

    return split(b"".join(chunks))


def split_lines_reduce(chunks):
    def add(state, chunk):
        first, *others = chunk.split(b"\n")
        parts = [*state[:-1], state[-1] + first, *others]
        return parts

    parts = reduce(add, chunks, [b""])
    return parts[:-1], parts[-1]


class Splitter:
    def __init__(self):
        self.buffer = b""
        self.lines = []

    def feed(self, data):
        self.buffer += data
        while b"\n" in self.buffer:
            line, self.buffer = self.buffer.split(b"\n", 1)
            self.lines.append(line)


def split_lines_class(chunks):
    splitter = Splitter()
    for chunk in chunks:
        splitter.feed(chunk)
    return splitter.lines, splitter.buffer


def split_lines_from_behind(chunks):
    complete, newline, leftover = b"".join(chunks).rpartition(b"\n")
    return complete.split(b"\n") if newline else [], leftover


def split_lines_places(chunks):
    data = bytes(byte for chunk in chunks for byte in chunk)
    ends = [at for at, byte in enumerate(data) if byte == ord("\n")]
    starts = [0] + [end + 1 for end in ends]
    return [data[a:b] for a, b in zip(starts, ends, strict=False)], data[starts[-1] :]


def pack_struct(message):
    return struct.pack("!I", len(message)) + message


def pack_one_struct(message):
    return struct.pack(f">I{len(message)}s", len(message), message)


def pack_shifts(message):
    n = len(message)
    return bytes([n >> 24 & 255, n >> 16 & 255, n >> 8 & 255, n & 255]) + message


def pack_hex(message):
    return bytes.fromhex(f"{len(message):08x}") + message


def pack_divmod(message):
    n, header = len(message), []
    for _ in range(4):
        n, digit = divmod(n, 256)
        header.insert(0, digit)
    return bytes(header) + message


def pack_bytearray(message):
    frame = bytearray(4 + len(message))
    struct.pack_into("!L", frame, 0, len(message))
    frame[4:] = message
    return bytes(frame)


def pack_join(message):
    return b"".join((len(message).to_bytes(4, byteorder="big"), message))


def unpack_offsets(buffer):
    messages, at = [], 0
    while at + 4 <= len(buffer):
        (size,) = struct.unpack_from("!I", buffer, at)
        if at + 4 + size > len(buffer):
            break
        messages.append(buffer[at + 4 : at + 4 + size])
        at += 4 + size
    return messages, buffer[at:]


def unpack_recursive(buffer):
    size = int.from_bytes(buffer[:4], "big")
    if len(buffer) < 4 or len(buffer) < 4 + size:
        return [], buffer
    messages, leftover = unpack_recursive(buffer[4 + size :])
    return [buffer[4 : 4 + size], *messages], leftover


def unpack_file(buffer):
    file, messages = io.BytesIO(buffer), []
    while True:
        start = file.tell()
        header = file.read(4)
        body = file.read(int.from_bytes(header, "big")) if len(header) == 4 else b""
        if len(header) < 4 or len(body) < int.from_bytes(header, "big"):
            file.seek(start)
            return messages, file.read()
        messages.append(body)


def found_in(buffer):
    while len(buffer) > 3:
        size = buffer[0] << 24 | buffer[1] << 16 | buffer[2] << 8 | buffer[3]
        if len(buffer) - 4 < size:
            break
        yield buffer[4:][:size]
        buffer = buffer[4 + size :]


def unpack_generator(buffer):
    messages = list(found_in(buffer))
    return messages, buffer[sum(len(message) + 4 for message in messages) :]


def unpack_view(buffer):
    view, messages = memoryview(buffer), []
    while len(view) >= 4 and len(view) - 4 >= (size := int.from_bytes(view[:4], "big")):
        messages.append(bytes(view[4 : 4 + size]))
        view = view[4 + size :]
    return messages, bytes(view)


class Unpacker:
    def __init__(self, buffer):
        self.buffer = buffer

    def __iter__(self):
        return self

    def __next__(self):
        try:
            (size,) = struct.unpack("!I", self.buffer[:4])
        except struct.error:
            raise StopIteration from None
        message = self.buffer[4 : 4 + size]
        if len(message) < size:
            raise StopIteration
        self.buffer = self.buffer[4 + size :]
        return message


def unpack_class(buffer):
    unpacker = Unpacker(buffer)
    return list(unpacker), unpacker.buffer


def unpack_hex(buffer):
    messages = []
    while len(buffer) >= 4:
        size = int(buffer[:4].hex(), 16)
        if len(buffer[4:]) < size:
            return messages, buffer
        messages.append(buffer[4 : size + 4])
        buffer = buffer[size + 4 :]
    return messages, buffer


def unpack_bytearray(buffer):
    rest, messages = bytearray(buffer), []
    while len(rest) >= 4:
        end = 4 + sum(byte * 256 ** (3 - i) for i, byte in enumerate(rest[:4]))
        if end > len(rest):
            break
        messages.append(bytes(rest[4:end]))
        del rest[:end]
    return messages, bytes(rest)


def unpack_bytewise(buffer):
    messages, start, size, body = [], 0, 0, None
    for at, byte in enumerate(buffer):
        if body is None:
            size = size * 256 + byte
            body = bytearray() if at - start == 3 else None
        else:
            body.append(byte)
        if body is not None and len(body) == size:
            messages.append(bytes(body))
            start, size, body = at + 1, 0, None
    return messages, buffer[start:]


def unpack_places(buffer):
    starts, messages = [0], []
    while starts[-1] + 4 <= len(buffer):
        start = starts[-1]
        body = slice(start + 4, start + 4 + int.from_bytes(buffer[start : start + 4], "big"))
        if body.stop > len(buffer):
            break
        messages.append(buffer[body])
        starts.append(body.stop)
    return messages, buffer[starts[-1] :]
