"""WebSocket servers that others wrote; what they do stands in the path of the URL.

``/echo`` sends each message back. ``/ping`` pings us, and tells when the Pong has come.
``/fragments`` answers a number with a message in so many fragments. ``/close`` answers
"4000 a reason" with such a Close.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import socket
import ssl as tls
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from tests.interop.clients import WAIT, Close, Message
from tests.support.visit import missing

SUBPROTOCOLS = ["one.wslab", "two.wslab"]


class Other(ABC):
    """Somebody else's server in a thread: a context manager with ``url``."""

    fragments = True  # whether the library can send a message in fragments

    def __init__(self, host: str = "127.0.0.1", ssl: tls.SSLContext | None = None) -> None:
        self.host = host
        self.ssl = ssl
        self.port = 0  # known once it is up
        self._closes: queue.Queue[Close] = queue.Queue()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'wss' if self.ssl else 'ws'}://{host}:{self.port}"

    def saw(self) -> Close:
        """The code and reason of our Close, as this server saw it."""
        return self._closes.get(timeout=WAIT)

    def __enter__(self) -> Other:
        self._check()
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listener = socket.create_server((self.host, 0), family=family)
        self.port = self._listener.getsockname()[1]
        self._thread.start()
        assert self._up.wait(WAIT)
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop()
        self._thread.join(WAIT)
        assert not self._thread.is_alive()

    @abstractmethod
    def _check(self) -> None: ...

    @abstractmethod
    def _serve(self) -> None: ...

    @abstractmethod
    def _stop(self) -> None: ...


def select(server: object, offers: Sequence[str]) -> str | None:
    """The client's first choice that is known here, if there is one."""
    return next((name for name in offers if name in SUBPROTOCOLS), None)


def pieces(message: Message) -> list[str]:
    """What ``/fragments`` answers to a number."""
    return [f"{number}," for number in range(int(message))]


def close_of(message: Message) -> tuple[int, str]:
    """What ``/close`` is asked for."""
    code, _, reason = str(message).partition(" ")
    return int(code), reason


class WebsocketsServer(Other):
    """The library ``websockets``, with threads."""

    def _check(self) -> None:
        try:
            import websockets.sync.server  # noqa: F401
        except ImportError:
            missing("websockets is not installed")

    def _serve(self) -> None:
        from websockets.sync.server import serve

        with serve(
            self._handle,
            sock=self._listener,
            ssl=self.ssl,
            subprotocols=SUBPROTOCOLS,  # type: ignore[arg-type]
            select_subprotocol=select,  # type: ignore[arg-type]
            close_timeout=WAIT,
        ) as self._server:
            self._up.set()
            self._server.serve_forever()

    def _handle(self, ws: Any) -> None:
        with contextlib.suppress(Exception):  # the end of the connection, seen below
            self._talk(ws)
        ws.close()
        self._closes.put((ws.close_code, ws.close_reason))

    def _talk(self, ws: Any) -> None:
        path = ws.request.path
        if path == "/ping":
            assert ws.ping(b"are you there?").wait(WAIT)
            ws.send("pong")
        for message in ws:
            if path == "/close":
                ws.close(*close_of(message))
            else:
                ws.send(pieces(message) if path == "/fragments" else message)

    def _stop(self) -> None:
        self._server.shutdown()


class Asynchronous(Other):
    """A server that needs an event loop, which runs in the thread."""

    def _serve(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        await self._until_over()

    @abstractmethod
    async def _until_over(self) -> None: ...

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)


class WebsocketsAsyncioServer(Asynchronous):
    """The library ``websockets``, with asyncio."""

    def _check(self) -> None:
        try:
            import websockets.asyncio.server  # noqa: F401
        except ImportError:
            missing("websockets is not installed")

    async def _until_over(self) -> None:
        from websockets.asyncio.server import serve

        async with serve(
            self._handle,
            sock=self._listener,
            ssl=self.ssl,
            subprotocols=SUBPROTOCOLS,  # type: ignore[arg-type]
            select_subprotocol=select,  # type: ignore[arg-type]
            close_timeout=WAIT,
        ):
            self._up.set()
            await self._over.wait()

    async def _handle(self, ws: Any) -> None:
        with contextlib.suppress(Exception):  # the end of the connection, seen below
            await self._talk(ws)
        await ws.close()
        self._closes.put((ws.close_code, ws.close_reason))

    async def _talk(self, ws: Any) -> None:
        path = ws.request.path
        if path == "/ping":
            await asyncio.wait_for(await ws.ping(b"are you there?"), WAIT)
            await ws.send("pong")
        async for message in ws:
            if path == "/close":
                await ws.close(*close_of(message))
            else:
                await ws.send(pieces(message) if path == "/fragments" else message)


class TornadoServer(Asynchronous):
    """The server of ``tornado``; it has no way to send fragments."""

    fragments = False
    compress = False  # whether it accepts permessage-deflate

    def _check(self) -> None:
        try:
            import tornado.websocket  # noqa: F401
        except ImportError:
            missing("tornado is not installed")

    async def _until_over(self) -> None:
        from tornado.httpserver import HTTPServer
        from tornado.web import Application
        from tornado.websocket import WebSocketHandler

        closes = self._closes
        compression: dict[str, Any] | None = {} if self.compress else None

        class Handler(WebSocketHandler):
            def select_subprotocol(self, subprotocols: list[str]) -> str | None:
                return select(None, subprotocols)

            def get_compression_options(self) -> dict[str, Any] | None:
                return compression

            def open(self, *args: str, **kwargs: str) -> None:
                if self.request.path == "/ping":
                    self.ping(b"are you there?")

            def on_pong(self, data: bytes) -> None:
                assert data == b"are you there?"
                self.write_message("pong")

            def on_message(self, message: Message) -> None:
                if self.request.path == "/close":
                    self.close(*close_of(message))
                else:
                    self.write_message(message, binary=isinstance(message, bytes))

            def on_close(self) -> None:
                closes.put((self.close_code, self.close_reason or ""))

        self._listener.setblocking(False)
        server = HTTPServer(Application([("/.*", Handler)]), ssl_options=self.ssl)
        server.add_socket(self._listener)
        self._up.set()
        await self._over.wait()
        server.stop()
        await server.close_all_connections()


SERVERS: list[type[Other]] = [WebsocketsServer, WebsocketsAsyncioServer, TornadoServer]
