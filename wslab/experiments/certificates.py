"""Throw-away certificates for ``wss://`` on this machine, made by ``trustme``.

One certificate authority (CA) and one setting of TLS for all: so whoever measures records measures
the same ones.
"""

from __future__ import annotations

import ssl as tls
from functools import cache
from typing import Any, NamedTuple

from ..environment import how_to_get
from ..errors import Error


class Certificates(NamedTuple):
    """The two contexts of one TLS conversation."""

    server: tls.SSLContext
    """Has a certificate for the name."""
    client: tls.SSLContext
    """Trusts the authority that issued it, and calls the server by that name."""


class _Calling(tls.SSLContext):
    """Calls the server by ``name``, whatever address it was reached at.

    No name service knows our server; so the URL must give its address, and this the name.
    """

    name = ""

    def wrap_bio(self, incoming: Any, outgoing: Any, *_: Any, **__: Any) -> tls.SSLObject:
        return super().wrap_bio(incoming, outgoing, server_hostname=self.name)


def certificates(name: str) -> Certificates:
    """Contexts for a server of that name or address, and for a client that trusts it.

    Only TLS 1.3, because all of its usual ciphers add the same number of bytes to a record. Raises
    Error if trustme isn't installed.
    """
    try:
        import trustme  # noqa: F401 (is it there?)
    except ImportError:
        text = "trustme is not installed, and makes the certificates for wss://"
        raise Error(f"{text}; {how_to_get('trustme')}") from None
    authority = _authority()
    server = tls.SSLContext(tls.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(server)
    client = _Calling(tls.PROTOCOL_TLS_CLIENT)
    client.name = name
    authority.configure_trust(client)
    for context in (server, client):
        context.minimum_version = tls.TLSVersion.TLSv1_3
    return Certificates(server, client)


@cache
def _authority() -> Any:
    """The CA of this process; its key never leaves it."""
    import trustme

    return trustme.CA()
