"""Why a client masks: how to poison a proxy that does not know WebSocket (§10.3).

Found while WebSocket was being designed, by L.-S. Huang and others ("Talking to Yourself for Fun
and Profit"). The attacker owns a page and a server. In a WebSocket the page sends bytes that look
like a request for a script of *another* site, and the server answers them. A proxy in between that
takes this for HTTP files the answer under the other site's name, and from then on gives it to
everyone who asks for that script.

    attacker's page ──┐           ┌── attacker's server
                      ├── proxy ──┤
             victim ──┘           └── site.example

Therefore a browser masks every frame with a fresh key that the page cannot foretell: so the page
does not decide which bytes stand on the wire. That protects the proxy and those behind it. It hides
nothing, for the key travels in the frame.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from ...observe.tap import Recording
from ...tcp_server import Server
from .odds import keys_that_make_a_request
from .people import NewKey, attackers_page, attackers_server, site, victim
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

    The third is attacked ``trials`` times. With ``knows_upgrade`` the proxy is a better one, which
    knows what the status 101 means. ``random(n)`` gives n bytes, for the keys. Raises ValueError
    if there is no trial.
    """
    if trials < 1:
        raise ValueError(f"{trials} trials show nothing; try at least 1.")
    one_key = random(4)
    with (
        Server(attackers_server) as evil,
        Server(site) as honest,
        NaiveProxy(knows_upgrade=knows_upgrade) as proxy,
    ):
        to_evil, to_site = proxy.in_front_of(evil.address), proxy.in_front_of(honest.address)

        def attack(masking: str, new_key: NewKey, trials: int) -> tuple[Attack, bytes]:
            poisoned = 0
            for _ in range(trials):
                proxy.cache.clear()
                proxy.taken.clear()
                recording = Recording()
                sent = attackers_page(to_evil, new_key, recording)
                taken = tuple(proxy.taken)
                got = victim(to_site)
                poisoned += was_poisoned(got)
            outcome = Attack(masking, trials, poisoned, got, recording, taken, sent.frame)
            return outcome, sent.payload

        # To encode a frame with an empty key is to leave it unmasked: §5.1 forbids it to a client.
        unmasked, _ = attack("no mask", lambda size: b"", 1)
        constant, _ = attack("one constant key", lambda size: one_key, 1)
        fresh, payload = attack("fresh random keys", random, trials)
    return Poisoning(unmasked, constant, fresh, keys_that_make_a_request(payload))
