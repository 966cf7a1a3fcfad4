"""Experiments that prove a claim, each in a second or so, on this machine only.

- ``link``: a line with delay, bandwidth, splitting, gluing, loss, and a router that forgets;
  ``keepalive``: who notices a dead line; ``reconnect`` and ``backoff``: how to come back.
- ``caching_proxy``: the attack that masking was invented against.
- ``eavesdrop``: what can be read off the wire, without and with TLS.
- ``hijack``: a foreign page that uses the victim's cookie.
- ``not_http``: HTTP fed into an open WebSocket, and the other way round.
- ``backpressure``: a reader that does not read.

Each has a function ``run()``, which gives plain data that prints itself as a table.
"""
