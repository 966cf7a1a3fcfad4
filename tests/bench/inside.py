"""What needs no server of its own, masking, clients and views, each size in a fresh process.

How fast memory is to be had depends on what a process has done before; so these sizes do not share
one. Run as a program, this file measures one of them, and prints the samples as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial

from .clients import CLIENTS, client_round_trip
from .masks import MASKS, masking
from .measure import Effort, Samples, take_turns
from .peers import ROOT, Running, installed
from .raw import WrongEcho
from .views import VIEWS, viewing
from .worlds import Candidate


def here(candidates: dict[str, Candidate]) -> dict[str, Candidate]:
    return {name: one for name, one in candidates.items() if installed(one.needs)}


def fresh(section: str, size: int, effort: Effort, server: Running | None = None) -> Samples:
    """All candidates for "mask", "client" or "views" at one size, in a process of its own."""
    what = [section, size, effort.turns, effort.block, server.port if server else 0]
    command = [sys.executable, "-m", "tests.bench.inside", *map(str, what)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, timeout=300)
    if done.returncode:
        raise WrongEcho(f"the part {section!r} failed; see above")
    samples: Samples = json.loads(done.stdout)
    return samples


def main(section: str, *what: str) -> None:
    size, turns, seconds, port = int(what[0]), int(what[1]), float(what[2]), int(what[3])
    server = Running("the server of the clients", "ws", port)
    runs: dict[str, Callable[[], float]] = {}
    if section == "mask":
        for name, candidate in here(MASKS).items():
            runs[name] = partial(masking, candidate, size, seconds)
    elif section == "views":
        for name, candidate in here(VIEWS).items():
            runs[name] = partial(viewing, candidate, size, seconds)
    else:
        for name, candidate in here(CLIENTS).items():
            runs[name] = partial(client_round_trip, candidate, server, size, seconds)
    print(json.dumps(take_turns(runs, turns)))


if __name__ == "__main__":
    main(*sys.argv[1:])
