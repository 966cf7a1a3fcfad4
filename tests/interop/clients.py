"""WebSocket clients that others wrote, all used in the same way."""

from __future__ import annotations

import asyncio
import contextlib
import ssl as tls
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from tests.support.visit import missing

WAIT = 10.0  # seconds that any one step may take

T = TypeVar("T")
Message = str | bytes
Close = tuple[int | None, str]


class Client(ABC):
    """One connection of somebody else's client."""

    subprotocol: str | None
    fragments = True  # whether the library can send a message in fragments

    @abstractmethod
    def __init__(
        self, url: str, *, ssl: tls.SSLContext | None = None, subprotocols: Sequence[str] = ()
    ) -> None: ...

    @abstractmethod
    def send(self, message: Message) -> None: ...

    @abstractmethod
    def send_fragments(self, parts: Sequence[Message]) -> None: ...

    @abstractmethod
    def recv(self) -> Message: ...

    @abstractmethod
    def ping(self, payload: bytes) -> bytes:
        """Send a Ping, wait for its Pong, return what that carries."""

    @abstractmethod
    def close(self, code: int = 1000, reason: str = "") -> None: ...

    @abstractmethod
    def closed(self) -> Close:
        """Read to the end, and tell what the Close of our server said."""

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class Websockets(Client):
    """The library ``websockets``, with threads."""

    def __init__(
        self, url: str, *, ssl: tls.SSLContext | None = None, subprotocols: Sequence[str] = ()
    ) -> None:
        try:
            from websockets.sync.client import connect
        except ImportError:
            missing("websockets is not installed")
        self._stack = contextlib.ExitStack()
        self._ws = self._stack.enter_context(
            connect(
                url,
                ssl=ssl,
                subprotocols=list(subprotocols) or None,  # type: ignore[arg-type]
                open_timeout=WAIT,
                close_timeout=WAIT,
            )
        )
        self.subprotocol = self._ws.subprotocol

    def send(self, message: Message) -> None:
        self._ws.send(message)

    def send_fragments(self, parts: Sequence[Message]) -> None:
        self._ws.send(list(parts))

    def recv(self) -> Message:
        return self._ws.recv(timeout=WAIT)

    def ping(self, payload: bytes) -> bytes:
        assert self._ws.ping(payload).wait(WAIT)
        return payload

    def close(self, code: int = 1000, reason: str = "") -> None:
        with self._stack:
            self._ws.close(code, reason)

    def closed(self) -> Close:
        from websockets.exceptions import ConnectionClosed

        with contextlib.suppress(ConnectionClosed):
            while True:
                self._ws.recv(timeout=WAIT)
        return self._ws.close_code, self._ws.close_reason or ""


class WebsocketClient(Client):
    """The library ``websocket-client``."""

    def __init__(
        self, url: str, *, ssl: tls.SSLContext | None = None, subprotocols: Sequence[str] = ()
    ) -> None:
        try:
            import websocket
        except ImportError:
            missing("websocket-client is not installed")
        self._abnf = websocket.ABNF
        self._ws = websocket.create_connection(
            url,
            timeout=WAIT,
            sslopt={"context": ssl} if ssl else None,
            subprotocols=list(subprotocols) or None,
        )
        self.subprotocol = self._ws.getsubprotocol()

    def send(self, message: Message) -> None:
        if isinstance(message, str):
            self._ws.send_text(message)
        else:
            self._ws.send_bytes(message)

    def send_fragments(self, parts: Sequence[Message]) -> None:
        opcode = self._opcode(parts[0])
        for number, part in enumerate(parts, 1):
            self._ws.send_frame(self._abnf.create_frame(part, opcode, int(number == len(parts))))
            opcode = self._abnf.OPCODE_CONT

    def recv(self) -> Message:
        opcode, data = self._ws.recv_data()
        return data.decode() if opcode == self._abnf.OPCODE_TEXT else bytes(data)

    def ping(self, payload: bytes) -> bytes:
        self._ws.ping(payload)
        opcode, frame = self._ws.recv_data_frame(control_frame=True)
        assert opcode == self._abnf.OPCODE_PONG
        return bytes(frame.data)

    def close(self, code: int = 1000, reason: str = "") -> None:
        self._ws.close(code, reason.encode(), timeout=WAIT)
        self._ws.shutdown()  # close() leaves the socket open after a Close of ours

    def closed(self) -> Close:
        while True:
            opcode, frame = self._ws.recv_data_frame(control_frame=True)
            if opcode == self._abnf.OPCODE_CLOSE:
                code = int.from_bytes(frame.data[:2], "big") if frame.data else 1005
                return code, frame.data[2:].decode()

    def _opcode(self, part: Message) -> int:
        return self._abnf.OPCODE_TEXT if isinstance(part, str) else self._abnf.OPCODE_BINARY


class Asynchronous(Client):
    """A client that needs an event loop; it runs only while we wait for something."""

    def _run(self, what: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(asyncio.wait_for(what, WAIT))

    def _start(self) -> None:
        self._loop = asyncio.new_event_loop()

    def _stop(self) -> None:
        if not self._loop.is_closed():
            self._loop.run_until_complete(asyncio.sleep(0.01))  # what is due at the end of TLS
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()


class WebsocketsAsyncio(Asynchronous):
    """The library ``websockets``, with asyncio."""

    def __init__(
        self, url: str, *, ssl: tls.SSLContext | None = None, subprotocols: Sequence[str] = ()
    ) -> None:
        try:
            from websockets.asyncio.client import connect
        except ImportError:
            missing("websockets is not installed")
        self._start()

        async def opening() -> Any:
            return await self._stack.enter_async_context(
                connect(
                    url,
                    ssl=ssl,
                    subprotocols=list(subprotocols) or None,  # type: ignore[arg-type]
                    open_timeout=WAIT,
                    close_timeout=WAIT,
                )
            )

        self._stack = contextlib.AsyncExitStack()
        try:
            self._ws = self._run(opening())
        except BaseException:
            self._stop()
            raise
        self.subprotocol = self._ws.subprotocol

    def send(self, message: Message) -> None:
        self._run(self._ws.send(message))

    def send_fragments(self, parts: Sequence[Message]) -> None:
        self._run(self._ws.send(list(parts)))

    def recv(self) -> Message:
        message: Message = self._run(self._ws.recv())
        return message

    def ping(self, payload: bytes) -> bytes:
        async def exchange() -> None:
            await (await self._ws.ping(payload))

        self._run(exchange())
        return payload

    def close(self, code: int = 1000, reason: str = "") -> None:
        async def closing() -> None:
            async with self._stack:
                await self._ws.close(code, reason)

        if not self._loop.is_closed():
            self._run(closing())
        self._stop()

    def closed(self) -> Close:
        from websockets.exceptions import ConnectionClosed

        with contextlib.suppress(ConnectionClosed):
            while True:
                self.recv()
        return self._ws.close_code, self._ws.close_reason or ""


class Tornado(Asynchronous):
    """The client of ``tornado``; it has no way to send fragments."""

    fragments = False

    def __init__(
        self, url: str, *, ssl: tls.SSLContext | None = None, subprotocols: Sequence[str] = ()
    ) -> None:
        try:
            from tornado.httpclient import HTTPRequest
            from tornado.websocket import websocket_connect
        except ImportError:
            missing("tornado is not installed")
        self._start()

        async def opening() -> Any:
            request = HTTPRequest(url, ssl_options=ssl, connect_timeout=WAIT)
            return await websocket_connect(request, subprotocols=list(subprotocols) or None)

        try:
            self._ws = self._run(opening())
        except BaseException:
            self._stop()
            raise
        self.subprotocol = self._ws.selected_subprotocol

    def send(self, message: Message) -> None:
        async def sending() -> None:
            await self._ws.write_message(message, binary=isinstance(message, bytes))

        self._run(sending())

    def send_fragments(self, parts: Sequence[Message]) -> None:
        raise NotImplementedError

    def recv(self) -> Message:
        async def reading() -> Message:
            message: Message = await self._ws.read_message()
            return message

        return self._run(reading())

    def ping(self, payload: bytes) -> bytes:
        async def exchange() -> bytes:
            answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
            self._ws.on_pong = answer.set_result
            self._ws.ping(payload)
            return await answer

        return self._run(exchange())

    def close(self, code: int = 1000, reason: str = "") -> None:
        async def closing() -> None:
            self._ws.close(code, reason)
            while self._ws.close_code is None and await self._ws.read_message() is not None:
                pass

        if not self._loop.is_closed():
            self._run(closing())
            self._stop()

    def closed(self) -> Close:
        async def reading() -> None:
            while await self._ws.read_message() is not None:
                pass

        self._run(reading())
        return self._ws.close_code, self._ws.close_reason or ""


CLIENTS: list[type[Client]] = [Websockets, WebsocketsAsyncio, WebsocketClient, Tornado]
