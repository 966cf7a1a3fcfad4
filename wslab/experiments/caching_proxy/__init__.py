"""Why a client masks: how to poison a proxy that does not know WebSocket (§10.3).

L.-S. Huang and others tried the attack while WebSocket was being designed, with the raw sockets of
Java and Flash ("Talking to Yourself for Fun and Profit", 2011). The attacker owns a page and a
server. In a WebSocket the page sends bytes that look like a request for a script of *another* site,
and the server answers them. A proxy in between that takes this for HTTP files the response under
the other site's name, and from then on gives it to everyone who asks for that script.

    attacker's page ──┐           ┌── attacker's server
                      ├── proxy ──┤
             victim ──┘           └── site.example

The control: the same bytes as the body of a POST, which any page may send, poison nothing. A proxy
knows from Content-Length where a body ends. It doesn't know that a WebSocket never goes back to
HTTP: for a proxy that ignores Upgrade, the handshake is a GET without a body, and what comes next
is the next request.

Therefore a browser masks every frame with a fresh key that the page can't predict: so the page
doesn't decide which bytes are on the wire. That protects the proxy and those behind it. It hides
nothing, because the key travels in the frame.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from ...observe.recording import Recording
from ...tcp_server import Server
from .odds import keys_that_make_a_request
from .people import (
    NewKey,
    Sent,
    attackers_page,
    attackers_server,
    attackers_web_server,
    posting_page,
    site,
    victim,
)
from .proxy import NaiveProxy
from .result import Attack as Attack
from .result import Poisoning as Poisoning
from .result import was_poisoned


def run(
    *,
    trials: int = 200,
    knows_upgrade: bool = False,
    random: Callable[[int], bytes] = os.urandom,
) -> Poisoning:
    """The same attack on three browsers: with no mask, with a constant key, with fresh keys.

    The third is attacked ``trials`` times. A POST with the same bytes is the control. With
    ``knows_upgrade`` the proxy is a better one, which knows what the status 101 means.
    ``random(n)`` gives n bytes, for the keys. Raises ValueError if there is no trial.
    """
    if trials < 1:
        raise ValueError(f"{trials} trials show nothing; try at least 1.")
    one_key = random(4)
    with (
        Server(attackers_server) as evil,
        Server(attackers_web_server) as evil_too,
        Server(site) as honest,
        NaiveProxy(knows_upgrade=knows_upgrade) as proxy,
    ):
        to_evil, to_site = proxy.in_front_of(evil.address), proxy.in_front_of(honest.address)
        to_web = proxy.in_front_of(evil_too.address)

        def attack(name: str, trials: int, page: Callable[[Recording], Sent]) -> Attack:
            poisoned = 0
            for _ in range(trials):
                proxy.cache.clear()
                proxy.taken.clear()
                recording = Recording()
                sent = page(recording)
                taken = tuple(proxy.taken)
                got = victim(to_site)
                poisoned += was_poisoned(got)
            return Attack(name, trials, poisoned, got, recording, taken, *sent)

        def frames(new_key: NewKey) -> Callable[[Recording], Sent]:
            return lambda recording: attackers_page(to_evil, new_key, recording)

        # To encode a frame with an empty key is to leave it unmasked: §5.1 forbids it to a client.
        unmasked = attack("no mask", 1, frames(lambda size: b""))
        constant = attack("one constant key", 1, frames(lambda size: one_key))
        fresh = attack("fresh random keys", trials, frames(random))
        posted = attack("POST, no WebSocket", 1, lambda recording: posting_page(to_web, recording))
    return Poisoning(unmasked, constant, fresh, posted, keys_that_make_a_request(fresh.payload))
