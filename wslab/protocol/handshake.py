"""The opening handshake of both roles (§4): what to send, what to check, what to refuse and how."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from http import HTTPStatus

from .errors import HandshakeError
from .http import TOKEN, Headers, Request, Response, shorten
from .refusal import harmless, other_address
from .rfc import GUID, VERSION
from .uri import Address

# §4.3, §9.1: extension-token *( ";" token [ "=" ( token | quoted-string ) ] ). What is quoted must
# be a token once the backslashes are taken out.
_EXTENSION = re.compile(
    r'T(?:[ \t]*;[ \t]*T(?:[ \t]*=[ \t]*(?:T|"(?:\\?C)+"))?)*'.replace("T", "C+").replace(
        "C", TOKEN.pattern.removesuffix("+")
    )
)
_TARGET = re.compile(r"/|https?://[^/]", re.IGNORECASE)


def accept_value(key: str) -> str:
    """What the server answers to a key: SHA-1 over key and GUID, in base64 (§4.2.2, step 5.4).

    It proves that the server read this very request and knows WebSocket. It proves nothing else.

    >>> accept_value("dGhlIHNhbXBsZSBub25jZQ==")
    's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
    """
    import hashlib  # here, for it loads OpenSSL: that takes as long as all of wslab/protocol

    # The key goes in as the text that stood in the header field, not decoded (§4.1, check 4).
    digest = hashlib.sha1(key.encode("latin-1") + GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii")


def make_request(
    address: Address,
    nonce: bytes,
    *,
    origin: str | None = None,
    subprotocols: Sequence[str] = (),
    headers: Sequence[tuple[str, str]] = (),
) -> Request:
    """The client's opening handshake (§4.1); ``nonce`` is 16 random bytes.

    Raises ValueError if a subprotocol or an additional header field could not stand in it.
    """
    fields = [
        ("Host", address.host_and_port),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", base64.b64encode(nonce).decode("ascii")),
        ("Sec-WebSocket-Version", str(VERSION)),
    ]
    if origin is not None:
        fields.append(("Origin", origin))
    if subprotocols:
        # §4.1, item 10: tokens, "and MUST all be unique strings".
        if not _are_different_tokens(subprotocols):
            names = list(subprotocols)
            raise ValueError(f"{names!r}: subprotocols are different tokens without spaces")
        fields.append(("Sec-WebSocket-Protocol", ", ".join(subprotocols)))
    # §11.3.1, §11.3.5, RFC 7230 §5.4: the key, the version and Host stand in it once.
    ours = {name.lower() for name, _ in fields}
    if twice := [name for name, _ in headers if name.lower() in ours]:
        raise ValueError(f"{', '.join(twice)}: the opening handshake has it already")
    for name, value in (*fields[5:], *headers):
        # A line break here would let a caller's text become a header field of its own.
        if not TOKEN.fullmatch(name) or not re.fullmatch(r"[\t -~\x80-\xff]*", value):
            raise ValueError(f"{name!r}: {value!r} cannot stand in a header field")
    return Request("GET", address.resource, (1, 1), Headers((*fields, *headers)))


def make_response(status: int, body: str | bytes = "", *fields: tuple[str, str]) -> Response:
    """An HTTP answer that ends the handshake and, after its body, the connection."""
    kind = "text/plain" if isinstance(body, str) else "text/html"
    content = body.encode() if isinstance(body, str) else body
    headers = Headers(
        (
            *fields,
            ("Content-Type", f"{kind}; charset=utf-8"),
            ("Content-Length", str(len(content))),
            ("Connection", "close"),
        )
    )
    return Response(status, HTTPStatus(status).phrase, headers, content)


def refuse(error: HandshakeError) -> Response:
    """The HTTP answer to a handshake that failed, with a reason that a learner understands."""
    fields = {
        405: [("Allow", "GET")],
        # §4.2.2, /version/: "a Sec-WebSocket-Version header field indicating the version(s)".
        426: [("Upgrade", "websocket"), ("Sec-WebSocket-Version", str(VERSION))],
    }
    return make_response(error.status, f"{error}\n", *fields.get(error.status, []))


def wants_upgrade(request: Request) -> bool:
    """Whether the request asks for WebSocket at all; a browser that wants a page does not."""
    return request.headers.has_token("Upgrade", "websocket")


def accept(
    request: Request,
    *,
    subprotocols: Sequence[str] = (),
    origins: Sequence[str | None] | None = None,
) -> Response:
    """The server's side: check the request (§4.2.1), give the 101 (§4.2.2) or raise HandshakeError.

    ``subprotocols`` are those that the server speaks; the first one in the *client's* list that it
    knows is chosen. ``origins`` are those it lets in; None among them stands for a request without
    Origin, which no browser sends; without the list everyone comes in.
    """
    headers = request.headers
    if request.method != "GET":
        method = shorten(request.method)
        raise HandshakeError(405, f"the method is {method}, and must be GET", "4.2.1")
    if request.version < (1, 1):
        raise HandshakeError(400, "the HTTP version must be 1.1 or higher", "4.2.1")
    _check_target(request.target)
    if len(headers.all("Host")) != 1:
        raise HandshakeError(400, "there must be exactly one Host header field", "4.2.1")
    if headers.get("Transfer-Encoding") or headers.get("Content-Length") not in (None, "0"):
        raise HandshakeError(400, "the request announces a body, and must have none", "4.2.1")
    if not wants_upgrade(request):
        raise HandshakeError(426, "this is a WebSocket server: send Upgrade: websocket", "4.2.1")
    if not headers.has_token("Connection", "Upgrade"):
        raise HandshakeError(400, "Connection: Upgrade is missing", "4.2.1")
    # §4.2.2, /version/, §4.4: a version that the server does not speak, or none at all.
    if headers.all("Sec-WebSocket-Version") != [str(VERSION)]:
        raise HandshakeError(426, f"Sec-WebSocket-Version must be {VERSION}", "4.2.2")
    key = _check_key(headers.all("Sec-WebSocket-Key"))
    _check_extensions(headers, 400)
    # §10.2: an Origin that the server does not expect gets 403 Forbidden.
    origin = headers.get("Origin")
    if origins is not None and origin not in origins:
        found = "the missing Origin" if origin is None else f"Origin {shorten(origin)}"
        raise HandshakeError(403, f"{found} may not connect here", "10.2")
    return _switching_protocols(key, _choose_subprotocol(headers, subprotocols))


def _switching_protocols(key: str, subprotocol: str | None) -> Response:
    """The server's opening handshake (§4.2.2, step 5).

    No Sec-WebSocket-Extensions: to leave it out is how a server declines every extension (§9.1).
    """
    fields = [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Accept", accept_value(key)),
    ]
    if subprotocol is not None:
        fields.append(("Sec-WebSocket-Protocol", subprotocol))
    return Response(101, "Switching Protocols", Headers(fields))


def _check_target(target: str) -> None:
    # §4.2.1, item 1: a resource name, "or an absolute HTTP/HTTPS URI containing the resource name".
    if not _TARGET.match(target):
        raise HandshakeError(400, "the request must name a path, as in GET / HTTP/1.1", "4.2.1")


def _check_key(keys: list[str]) -> str:
    """§4.2.1, item 5: one key, in base64, that decodes to 16 bytes."""
    if len(keys) != 1:
        raise HandshakeError(400, "there must be exactly one Sec-WebSocket-Key", "4.2.1")
    try:
        nonce = base64.b64decode(keys[0], validate=True)
    except (binascii.Error, ValueError):
        raise HandshakeError(400, "Sec-WebSocket-Key is not base64", "4.2.1") from None
    if len(nonce) != 16:
        raise HandshakeError(400, f"Sec-WebSocket-Key has {len(nonce)} bytes, not 16", "4.2.1")
    return keys[0]


def _check_extensions(headers: Headers, status: int) -> None:
    """§9.1: what does not follow the grammar ends the connection, though we use no extension."""
    if not headers.all("Sec-WebSocket-Extensions"):
        return
    values = headers.members("Sec-WebSocket-Extensions")
    if not values:
        raise HandshakeError(status, "Sec-WebSocket-Extensions is empty", "9.1")
    for value in values:
        if not _EXTENSION.fullmatch(value):
            raise HandshakeError(status, f"{shorten(value)} is not an extension", "9.1")


def _are_different_tokens(names: Sequence[str]) -> bool:
    return all(map(TOKEN.fullmatch, names)) and len(set(names)) == len(names)


def _choose_subprotocol(headers: Headers, ours: Sequence[str]) -> str | None:
    """§4.2.2, /subprotocol/: one of those that the client offers, or none."""
    if not headers.all("Sec-WebSocket-Protocol"):
        return None
    offers = headers.members("Sec-WebSocket-Protocol")
    # §4.1, item 10: "non-empty strings", tokens, "and MUST all be unique strings".
    if not offers or not _are_different_tokens(offers):
        raise HandshakeError(400, "Sec-WebSocket-Protocol must list different tokens", "4.1")
    return next((offer for offer in offers if offer in ours), None)


def check_response(request: Request | None, response: Response) -> str | None:
    """The client's side: check the server's answer (§4.1) and return the subprotocol in use.

    ``request`` is what the client sent; an observer who did not see it passes None, and what
    depends on it stays unchecked. Raises HandshakeError.
    """
    headers = response.headers
    if response.status != 101:
        raise HandshakeError(response.status, _explain_status(response), "4.1")
    if (headers.get("Upgrade") or "").lower() != "websocket":
        raise HandshakeError(101, "the answer lacks Upgrade: websocket", "4.1")
    if not headers.has_token("Connection", "Upgrade"):
        raise HandshakeError(101, "the answer lacks Connection: Upgrade", "4.1")
    if request is None:
        return headers.get("Sec-WebSocket-Protocol")
    # §4.1, check 4: whoever answers another value did not read our request as WebSocket.
    key = request.headers.get("Sec-WebSocket-Key") or ""
    if headers.all("Sec-WebSocket-Accept") != [accept_value(key)]:
        raise HandshakeError(101, "Sec-WebSocket-Accept is missing or does not fit our key", "4.1")
    _check_extensions(headers, 101)
    # §4.1, check 5: an extension that the client did not ask for.
    offers = request.headers.members("Sec-WebSocket-Extensions")
    offered = {offer.split(";")[0].strip() for offer in offers}
    for extension in headers.members("Sec-WebSocket-Extensions"):
        if extension.split(";")[0].strip() not in offered:
            why = f"the server uses {shorten(extension)}, which we did not offer"
            raise HandshakeError(101, why, "4.1")
    # §4.1, check 6: a subprotocol that the client did not ask for.
    chosen = headers.all("Sec-WebSocket-Protocol")
    offers = request.headers.members("Sec-WebSocket-Protocol")
    if chosen and (len(chosen) > 1 or chosen[0] not in offers):
        why = f"the server chose subprotocol {shorten(', '.join(chosen))}, not offered"
        raise HandshakeError(101, why, "4.1")
    return chosen[0] if chosen else None


def _explain_status(response: Response) -> str:
    """A refusal in words; 101 is the only status that opens a WebSocket (§1.3)."""
    headers = response.headers
    explained = f"the server answered {response.status} {harmless(response.phrase)} instead of 101"
    location = headers.get("Location")
    if 300 <= response.status < 400 and location:
        url = other_address(location)
        typed = f" (wslab connect {url})" if url else ""
        return f"{explained}; it points to {location[:300]!a}: connect there instead{typed}"
    if response.status == 407 or any(map(headers.get, _OF_A_PROXY)):
        return f"{explained}: a proxy on the way answered; connect without it, or try wss://"
    return f"{explained}: it refused, or does not speak WebSocket at this path"


_OF_A_PROXY = ("Via", "Proxy-Authenticate", "X-Squid-Error")
