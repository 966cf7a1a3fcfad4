"""A line between two sockets, as bad as you like, and what it does to bytes.

:class:`Link` stands between a client and a server, as the relay does; :func:`run` shows each of
its bad habits.

>>> from wslab import ws_echo
>>> with ws_echo.serve() as server, Link(server.address, delay=0.01) as link:
...     with ws_echo.connect(link.ws_url) as ws:
...         round_trip = ws.ping()
>>> round_trip > 0.02
True
"""

from .clock import Clock, FastForward
from .effects import Effect, Effects, run
from .line import Link
from .shape import Shape

__all__ = ["Clock", "Effect", "Effects", "FastForward", "Link", "Shape", "run"]
