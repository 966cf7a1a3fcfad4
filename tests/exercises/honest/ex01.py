"""Exercise 1, solved in other ways: all of them right."""

from __future__ import annotations

import asyncio
import contextlib
import io
import selectors
import socket
import sys
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial, reduce
from itertools import repeat, takewhile


def send_all_counting(send, data):
    sent = 0
    while sent < len(data):
        sent += send(data[sent:])


def send_all_view(send, data):
    view = memoryview(data)
    while len(view) > 0:
        view = view[send(view) :]


def send_all_recursive(send, data):
    if data:
        send_all_recursive(send, data[send(data) :])


def send_all_queue(send, data):
    queue = bytearray(data)
    while queue:
        del queue[: send(queue)]


def send_all_bytewise(send, data):
    for byte in data:
        send(bytes([byte]))


def send_all_blocks(send, data):
    for start in range(0, len(data), 7):
        block = data[start : start + 7]
        while block:
            block = block[send(block) :]


def send_all_deque(send, data):
    waiting = deque([data])
    while waiting:
        piece = waiting.popleft()
        if piece:
            waiting.appendleft(piece[send(piece) :])


def send_all_breaking(send, data):
    while True:
        if len(data) == 0:
            break
        n = send(data)
        if n == len(data):
            return
        data = data[n:]


def send_all_file(send, data):
    file = io.BytesIO(data)
    while piece := file.read(512):
        taken = send(piece)
        file.seek(taken - len(piece), io.SEEK_CUR)


def send_all_at_most_so_often(send, data):
    at = 0
    for _ in data:
        if at == len(data):
            break
        at = at + send(data[at : at + 1000])


def recv_exactly_bytearray(recv, n):
    buffer = bytearray()
    while len(buffer) < n:
        more = recv(n - len(buffer))
        if more == b"":
            raise EOFError("the stream is over")
        buffer.extend(more)
    return bytes(buffer)


def recv_exactly_recursive(recv, n):
    if n == 0:
        return b""
    first = recv(n)
    if len(first) == 0:
        raise EOFError
    return first + recv_exactly_recursive(recv, n - len(first))


def recv_exactly_bytewise(recv, n):
    data = []
    for _ in range(n):
        byte = recv(1)
        if not byte:
            raise EOFError(n)
        data.append(byte)
    return b"".join(data)


def recv_exactly_file(recv, n):
    file = io.BytesIO()
    while file.tell() < n:
        if not file.write(recv(n - file.tell())):
            raise EOFError("too early")
    return file.getvalue()


def recv_exactly_view(recv, n):
    whole, at = bytearray(n), 0
    with memoryview(whole) as view:
        while at < n:
            piece = recv(min(n - at, 4096))
            if not piece:
                raise EOFError
            view[at : at + len(piece)] = piece
            at += len(piece)
    return bytes(whole)


class Collector:
    def __init__(self, recv):
        self.recv, self.parts, self.missing = recv, [], 0

    def take(self, n):
        self.missing = n
        while self.missing:
            self.step()
        return b"".join(self.parts)

    def step(self):
        part = self.recv(self.missing)
        if not part:
            raise EOFError(f"{self.missing} bytes are missing")
        self.parts.append(part)
        self.missing -= len(part)


def recv_exactly_class(recv, n):
    return Collector(recv).take(n)


def pieces_of(recv, n):
    while n > 0:
        piece = recv(n)
        if not piece:
            raise EOFError("ended")
        n -= len(piece)
        yield piece


def recv_exactly_generator(recv, n):
    return b"".join(pieces_of(recv, n))


def recv_exactly_comparing_at_the_end(recv, n):
    data = b""
    while len(data) < n and (more := recv(n - len(data))):
        data += more
    if len(data) < n:
        raise EOFError(f"{len(data)} of {n}")
    return data


class StreamEnded(EOFError):
    pass


def recv_exactly_own_error(recv, n):
    def more(data, _):
        if len(data) == n:
            return data
        got = recv(n - len(data))
        if not got:
            raise StreamEnded
        return data + got

    return reduce(more, range(n), b"")


def recv_exactly_for_else(recv, n):
    chunks = []
    for _ in range(n + 1):
        missing = n - sum(map(len, chunks))
        if missing == 0:
            break
        chunk = recv(missing)
        if not chunk:
            raise EOFError
        chunks += [chunk]
    return b"".join(chunks)


def echo_breaking(sock):
    while True:
        data = sock.recv(1024)
        if not data:
            break
        send_all(sock.send, data)  # noqa: F821 - one of those above


def echo_iter(sock):
    for data in iter(lambda: sock.recv(2048), b""):
        sock.sendall(data)


def chunks_of(sock):
    chunk = sock.recv(4096)
    while chunk:
        yield chunk
        chunk = sock.recv(4096)


def echo_generator(sock):
    for chunk in chunks_of(sock):
        send_all(sock.send, chunk)  # noqa: F821 - one of those above


def echo_bytewise(sock):
    while byte := sock.recv(1):
        sock.send(byte)


def echo_buffer(sock):
    buffer, ended = b"", False
    while not ended or buffer:
        if not buffer:
            buffer = sock.recv(333)
            ended = not buffer
        else:
            buffer = buffer[sock.send(buffer) :]


class Echo:
    def __init__(self, sock):
        self.sock = sock
        self.going_on = True

    def run(self):
        while self.going_on:
            self.answer(self.sock.recv(65536))

    def answer(self, data):
        self.going_on = bool(data)
        while data:
            data = data[self.sock.send(data) :]


def echo_class(sock):
    Echo(sock).run()


def echo_exactly(sock):
    with contextlib.suppress(EOFError):
        while True:
            send_all(sock.send, recv_exactly(sock.recv, 1))  # noqa: F821 - from above


def echo_takewhile(sock):
    received = (sock.recv(size) for size in repeat(512))
    for data in takewhile(len, received):
        view = memoryview(data)
        while view:
            view = view[sock.send(view) :]


def echo_partial(sock):
    for data in iter(partial(sock.recv, 100), b""):
        sent = 0
        while sent != len(data):
            sent += sock.send(data[sent:])


def echo_small(sock):
    data = b"-"
    while len(data) > 0:
        data = sock.recv(5)
        send_all(sock.send, data)  # noqa: F821 - from above


def ask_sendall(sock, message):
    sock.sendall(message)
    return recv_exactly(sock.recv, len(message))  # noqa: F821 - from above


def ask_in_parts(sock, message):
    echo = b""
    for start in range(0, len(message), 16):
        part = message[start : start + 16]
        send_all(sock.send, part)  # noqa: F821 - from above
        echo += recv_exactly(sock.recv, len(part))  # noqa: F821 - from above
    return echo


def ask_loop(sock, message):
    rest = message
    while rest:
        rest = rest[sock.send(rest) :]
    answer = bytearray()
    while len(answer) != len(message):
        data = sock.recv(len(message) - len(answer))
        if not data:
            raise EOFError("half an echo")
        answer += data
    return bytes(answer)


def ask_thread(sock, message):
    speaker = threading.Thread(target=lambda: send_all(sock.send, message))  # noqa: F821
    speaker.start()
    try:
        return recv_exactly(sock.recv, len(message))  # noqa: F821 - from above
    finally:
        speaker.join()


def serve_closing(listener):
    def one(sock):
        try:
            echo(sock)  # noqa: F821 - from above
        except ConnectionError:
            pass
        finally:
            sock.close()

    for sock in connections(listener):  # noqa: F821 - given
        threading.Thread(target=one, args=[sock], daemon=True).start()


class Client(threading.Thread):
    def __init__(self, sock):
        super().__init__(daemon=True)
        self.sock = sock

    def run(self):
        with self.sock:
            echo(self.sock)  # noqa: F821 - from above


def serve_class(listener):
    while True:
        try:
            sock, _ = listener.accept()
        except OSError:
            continue
        sock.setblocking(True)
        Client(sock).start()


def served(sock):
    with contextlib.closing(sock), contextlib.suppress(OSError):
        echo(sock)  # noqa: F821 - from above


def serve_pool(listener):
    with ThreadPoolExecutor(50) as pool:
        for sock in connections(listener):  # noqa: F821 - given
            pool.submit(served, sock)


def serve_select(listener):
    waiting, selector = {}, selectors.DefaultSelector()
    listener.setblocking(False)
    selector.register(listener, selectors.EVENT_READ)

    def end(sock):
        selector.unregister(sock)
        sock.close()

    def turn(sock, events):
        rest, ended = waiting[sock]
        if events & selectors.EVENT_READ:
            more = sock.recv(65536)
            rest, ended = rest + more, not more
        if rest:
            rest = rest[sock.send(rest) :]
        waiting[sock] = rest, ended
        if ended and not rest:
            return end(sock)
        wanted = (0 if ended else selectors.EVENT_READ) | (selectors.EVENT_WRITE if rest else 0)
        selector.modify(sock, wanted)

    while True:
        for key, events in selector.select():
            if key.fileobj is listener:
                sock, _ = listener.accept()
                sock.setblocking(False)
                waiting[sock] = b"", False
                selector.register(sock, selectors.EVENT_READ)
                continue
            try:
                turn(key.fileobj, events)
            except BlockingIOError:
                pass
            except OSError:
                end(key.fileobj)


def serve_asyncio(listener):
    async def one(reader, writer):
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(4096):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def run():
        server = await asyncio.start_server(one, sock=listener)
        await server.serve_forever()

    asyncio.run(run())


__all__ = ["Iterator", "socket", "sys"]  # what is given needs these
