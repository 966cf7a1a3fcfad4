"""After the handshake nothing resembles HTTP (§1.7): what happens to bytes at the wrong door.

A WebSocket begins with a request and an answer of HTTP, often on the port of a web server. From
then on it is another language, and each side says so when it hears the wrong one: WebSocket with
close code 1002, HTTP with a status other than 101. Only raw TCP takes everything, for it has no
language at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...observe.fields import Bits
from .case import Case as Case
from .matrix import Matrix as Matrix
from .matrix import run_matrix
from .wrong_door import (
    HTTP_REQUEST,
    Parrot,
    PlainPage,
    bits_of_the_first_letter,
    bytes_into_websocket_echo,
    expected_accept,
    frame_into_tcp_echo,
    http_into_websocket,
    upgrade_to_http,
    upgrade_to_tcp_echo,
)


@dataclass(frozen=True)
class NotHttp:
    """Every case, with its recording."""

    http_request: Case
    """HTTP into an open WebSocket."""
    bits: tuple[Bits, ...]
    """What "G", the first letter of that request, means as the first byte of a frame."""
    upgrade: Case
    """A WebSocket client at a plain HTTP server."""
    parrot: Case
    """The same at one that agrees to everything and repeats what it hears."""
    accept: str
    """What that one would have had to answer."""
    frame: Case
    """A frame to the TCP echo."""
    client: Case
    """A WebSocket client at the TCP echo."""
    text: Case
    """A line of text to the WebSocket echo."""
    page: Case
    """An HTTP request to the WebSocket echo, before any handshake."""
    silence: Case
    """Bytes without an end of line to the WebSocket echo."""
    matrix: Matrix
    """Who must mask."""

    @property
    def cases(self) -> tuple[Case, ...]:
        """All of them, but for the matrix."""
        http = (self.http_request, self.upgrade, self.parrot)
        return (*http, self.frame, self.client, self.text, self.page, self.silence)

    def __str__(self) -> str:
        first, *others = map(str, self.cases)
        title = f"  bits  'G' is {HTTP_REQUEST[0]:#x}, as the first byte of a frame:"
        rows = [
            f"        {b.label:<7}{b.value:0{b.size}b}".ljust(22) + b.meaning for b in self.bits
        ]
        bits = "\n".join([title, *rows])
        return "\n\n".join([f"{first}\n{bits}", *others, str(self.matrix)])


def run(*, patience: float = 0.2) -> NotHttp:
    """Try every case. ``patience`` is how long the WebSocket echo waits for a handshake.

    In seconds; it counts in one case only, where nothing else would end the wait.
    """
    http_request = http_into_websocket()
    parrot = upgrade_to_http(Parrot)
    return NotHttp(
        http_request=http_request,
        bits=bits_of_the_first_letter(http_request),
        upgrade=upgrade_to_http(PlainPage),
        parrot=parrot,
        accept=expected_accept(parrot),
        frame=frame_into_tcp_echo(),
        client=upgrade_to_tcp_echo(),
        text=bytes_into_websocket_echo(
            b"Hello, echo!\r\n\r\n", "A line of text to the WebSocket echo"
        ),
        page=bytes_into_websocket_echo(HTTP_REQUEST, "An HTTP request to the WebSocket echo"),
        silence=bytes_into_websocket_echo(
            b"Hello", "Bytes without an end of line to the WebSocket echo", patience
        ),
        matrix=run_matrix(),
    )
