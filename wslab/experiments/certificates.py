"""Throw-away certificates for ``wss://`` on this machine, made by ``trustme``."""

from __future__ import annotations

import ssl as tls
from typing import Any, NamedTuple

from ..environment import how_to_get
from ..net import Trouble


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
    """Contexts for a server of that name, and for a client that trusts it. Raises Trouble.

    Only TLS 1.3, for all of its usual ciphers add the same number of bytes to a record.
    """
    try:
        import trustme
    except ImportError:
        text = "trustme is not installed, and makes the certificates for wss://"
        raise Trouble(f"{text}; {how_to_get('trustme')}") from None
    authority = trustme.CA()
    server = tls.SSLContext(tls.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(server)
    client = _Calling(tls.PROTOCOL_TLS_CLIENT)
    client.name = name
    authority.configure_trust(client)
    for context in (server, client):
        context.minimum_version = tls.TLSVersion.TLSv1_3
    return Certificates(server, client)
