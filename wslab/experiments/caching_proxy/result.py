"""What the experiment gives back: plain data, and a text for a reader."""

from __future__ import annotations

from dataclasses import dataclass

from ...observe.recording import Recording
from ...protocol.rfc import Role
from .odds import KEYS
from .people import EVIL, FAKE_REQUEST
from .proxy import Taken


@dataclass(frozen=True)
class Attack:
    """One browser's way to mask, and what became of the attack in ``trials`` trials.

    All else is of the last trial: what the victim ``got``; the ``recording`` of all that crossed
    between page and proxy; what the proxy has ``taken`` for requests in the page's half of it; the
    ``payload`` that the page gave to its browser; and the ``frame`` that it became on the wire
    (for the POST: the body).
    """

    masking: str
    trials: int
    poisoned: int
    got: bytes
    recording: Recording
    taken: tuple[Taken, ...]
    payload: bytes
    frame: bytes

    @property
    def fakes(self) -> tuple[Taken, ...]:
        """What the proxy took for a request behind the opening handshake, where none can be."""
        return self.taken[1:]

    @property
    def frame_start(self) -> int:
        """Where the frame begins in the page's stream, in bytes: it is the end of it."""
        return self.recording.size(Role.CLIENT) - len(self.frame)

    def row(self) -> str:
        """A row of the table."""
        script = self.got.decode("ascii", "replace")
        return f"{self.masking:<19}{self.trials:>6}{self.poisoned:>10}   {script}"

    def __str__(self) -> str:
        """What the proxy read in the page's stream."""
        lines = [f"{self.masking}: what the proxy took for requests in the page's stream"]
        for taken in self.taken:
            where = f"bytes {taken.start} to {taken.stop - 1}"
            note = "in a frame!" if taken in self.fakes else "the opening handshake"
            lines.append(f"  {where:<17} GET {taken.path} of {taken.site}: {note}")
        stop = self.frame_start + len(self.frame) - 1
        where = f"bytes {self.frame_start} to {stop}"
        lines.append(f"  {where:<17} the last frame on the wire; a dot is no letter:")
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in self.frame)
        return "\n".join([*lines, f"    {text}"])


@dataclass(frozen=True)
class Poisoning:
    """The same attack on three browsers, and how likely it is to succeed with the third."""

    unmasked: Attack
    constant: Attack
    fresh: Attack
    posted: Attack
    """The control: the same bytes in the body of a POST."""
    keys: tuple[bytes, ...]
    """Every masking key that would have made a request of the last frame of the third attack."""

    @property
    def attacks(self) -> tuple[Attack, Attack, Attack]:
        """All three through a WebSocket, in order."""
        return self.unmasked, self.constant, self.fresh

    @property
    def odds(self) -> float:
        """The probability that a frame like that one, with a random key, looks like a request."""
        return len(self.keys) / KEYS

    @property
    def cost(self) -> int:
        """How many bytes the page has to send for one success, on average, at the least.

        However cleverly it packs its guesses, each one is a fake request of its own.
        """
        return len(FAKE_REQUEST) * KEYS

    def __str__(self) -> str:
        table = [
            "masking            trials  poisoned   what the victim got (in the last trial)",
            *(attack.row() for attack in (*self.attacks, self.posted)),
        ]
        guess, all_of_it = len(FAKE_REQUEST), f"{self.cost / 1e9:.0f} GB"
        odds = [
            f"Of all {KEYS:,} masking keys {len(self.keys)} would make a request of that frame:",
            f"odds of {self.odds:.1e}. A page that goes on guessing sends {guess} bytes for",
            f"each guess: {all_of_it} for one success, on average.",
        ]
        return "\n\n".join(["\n".join(table), *map(str, self.attacks), "\n".join(odds)])


def was_poisoned(script: bytes) -> bool:
    """Whether the victim's browser is about to run what the attacker wrote."""
    return script == EVIL
