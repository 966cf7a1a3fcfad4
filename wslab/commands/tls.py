"""Certificates that are named on the command line."""

from __future__ import annotations

import ssl
from pathlib import Path

from . import UsageError


def of_server(cert: str | None, key: str | None) -> ssl.SSLContext | None:
    """A server's, from its certificate and key; None without one. Raises UsageError."""
    if not cert:
        if key:
            raise UsageError("--key needs --cert: the certificate that belongs to the key.")
        return None
    for name in (cert, key or cert):
        _read_file(name)  # says which of the two cannot be read
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(cert, key)
    except OSError as error:
        if not isinstance(error, ssl.SSLError):  # so ends OpenSSL's question for the pass phrase
            raise UsageError(f"{key or cert}: that pass phrase does not open the key.") from None
        pair = f"{cert} and {key} are no certificate with its key"
        alone = f"{cert} does not hold a certificate and its key (give the key with --key)"
        reason = error.reason or error
        raise UsageError(f"{pair if key else alone}, in PEM: {reason}.") from None
    return context


def of_client(cafile: str | None) -> ssl.SSLContext | None:
    """A client's that trusts the certificates in this file; None without one. Raises UsageError."""
    if cafile is None:
        return None
    _read_file(cafile)
    try:
        return ssl.create_default_context(cafile=cafile)
    except ssl.SSLError as error:
        text = f"{cafile} holds no certificates in PEM: {error.reason or error}."
        raise UsageError(text) from None


def _read_file(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"Cannot read {name}: {error.strerror}.") from None
