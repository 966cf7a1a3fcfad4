"""Certificates that are named on the command line."""

from __future__ import annotations

import ssl
from pathlib import Path

from ..errors import Error


def of_server(cert: str | None, key: str | None) -> ssl.SSLContext | None:
    """A server's, from its certificate and key; None without one. Raises Error."""
    if not cert:
        if key:
            raise Error("--key needs --cert: the certificate that belongs to the key.")
        return None
    for name in (cert, key or cert):
        _read_file(name)  # says which of the two cannot be read
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(cert, key)
    except OSError as error:
        if not isinstance(error, ssl.SSLError):  # so ends OpenSSL's question for the pass phrase
            raise Error(f"{key or cert}: that pass phrase does not open the key.") from None
        pair = f"{cert} and {key} are no certificate with its key"
        alone = f"{cert} does not hold a certificate and its key (give the key with --key)"
        reason = error.reason or error
        raise Error(f"{pair if key else alone}, in PEM: {reason}.") from None
    return context


def of_client(cafile: str | None) -> ssl.SSLContext | None:
    """A client's that trusts the certificates in this file; None without one. Raises Error."""
    if cafile is None:
        return None
    _read_file(cafile)
    try:
        return ssl.create_default_context(cafile=cafile)
    except ssl.SSLError as error:
        text = f"{cafile} holds no certificates in PEM: {error.reason or error}."
        raise Error(text) from None


def _read_file(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise Error(f"Cannot read {name}: {error.strerror}.") from None
