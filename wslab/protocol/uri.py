"""Take a URL apart: ``ws`` names the protocol, address and port name the socket to reach (§3)."""

from __future__ import annotations

from typing import NamedTuple

from .rfc import DEFAULT_PORTS


class URLError(ValueError):
    """The URL cannot be used; the text says what is wrong with it."""


class Address(NamedTuple):
    """The parts of a URL. ``resource`` is the "resource name" of §3: path and query."""

    scheme: str
    host: str
    port: int
    resource: str = "/"

    @property
    def secure(self) -> bool:
        """Whether TLS comes before the first byte of the protocol (§3: the secure flag)."""
        return self.scheme == "wss"

    @property
    def host_and_port(self) -> str:
        """As in the Host header field: IPv6 in brackets, no port if it is the default (§4.1).

        >>> parse_url("ws://[::1]:80/").host_and_port
        '[::1]'
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS.get(self.scheme) else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host_and_port}{self.resource}"


def parse_url(url: str, schemes: tuple[str, ...] = ("ws", "wss")) -> Address:
    """Take ``url`` apart, or raise :class:`URLError` with what to write instead.

    >>> parse_url("ws://127.0.0.1:15000/chat?room=1")
    Address(scheme='ws', host='127.0.0.1', port=15000, resource='/chat?room=1')
    >>> parse_url("wss://example.org").port
    443
    """
    from urllib.parse import urlsplit  # here, for a server has no URL to take apart

    expected = " or ".join(f"{scheme}://" for scheme in schemes)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        example = f"write for example {schemes[0]}://127.0.0.1:15000/"
        raise URLError(f"{url!r} is not a usable URL: {error}; {example}.") from None
    if parts.scheme not in schemes:
        raise URLError(f"{url!r} should begin with {expected}.")
    if not parts.hostname:
        raise URLError(f"{url!r} names no host; write for example {schemes[0]}://127.0.0.1:15000/.")
    if any(c.isspace() or not c.isprintable() for c in url):
        raise URLError(f"{url!r} has a space or a control character in it.")
    # §3: "Fragment identifiers are meaningless in the context of WebSocket URIs".
    if "#" in url:
        raise URLError(f"{url!r} has a fragment (#…), which has no meaning here; write # as %23.")
    if parts.username is not None or parts.password is not None:
        raise URLError(f"{url!r} has a user name in it; this client sends none.")
    if port is None:
        port = DEFAULT_PORTS.get(parts.scheme, 0)
    if not port:
        example = Address(parts.scheme, parts.hostname, 15000).host_and_port
        text = f"names no usable port; write for example {parts.scheme}://{example}"
        raise URLError(f"{url!r} {text}.")
    host = _ascii_host(parts.hostname, url)
    return Address(parts.scheme, host, port, _resource(parts.path, parts.query))


def _resource(path: str, query: str) -> str:
    """The resource name (§3); what is not ASCII is UTF-8, percent-encoded (§11.1.1)."""
    from urllib.parse import quote

    resource = (path or "/") + (f"?{query}" if query else "")
    return quote(resource, safe="/?:@!$&'()*+,;=%-._~[]")


def _ascii_host(host: str, url: str) -> str:
    """A host name in ASCII, as DNS and TLS want it (§11.1.1)."""
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise URLError(f"{url!r} has a host name that cannot be looked up.") from None
