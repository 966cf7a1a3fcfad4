"""WebSocket (RFC 6455) as pure computation: bytes in, events out, bytes to send fetched apart.

Nothing in here knows a socket, a thread or a clock; a test holds it to that. Read in this order:
:mod:`.rfc` (tables), :mod:`.grammar` (how bytes that arrive in pieces become fields),
:mod:`.masking`, :mod:`.frames`, :mod:`.handshake`, :mod:`.connection` (the
order of things, in both directions).
"""
