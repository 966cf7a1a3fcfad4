"""What crossed one connection, in order and in time; as a file of JSON, too.

    {"format": "wslab recording", "version": 1, "start": 12.5,
     "dropped": {"client": 0, "server": 0},
     "events": [
    {"time": 0.25, "sender": "client", "data": "48656c6c6f", "size": 5},
    {"time": 0.5, "sender": "client", "data": "", "size": 0}
    ]}

``version``
    1. A reader refuses any other.
``start``
    What the recorder's clock said at the beginning, in seconds. It says nothing by itself; of two
    recordings of one program it tells which began first, and by how much.
``dropped``
    How many bytes each end sent after the recording was full: they have no event.
``events``
    One on each line, in order. ``time`` is in seconds since the start, ``sender`` is "client" or
    "server", ``size`` counts the bytes; ``data`` are those that were kept, from the first on, two
    hexadecimal digits each. Size 0: this end finished its direction.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ..errors import Error
from ..protocol.rfc import Role
from .files import AnyPath, atomic_write, read_file

FORMAT, VERSION = "wslab recording", 1

MAX_TOTAL = 2**26
"""How many bytes of a whole recording are kept by default."""

EVENT_COST = 64
"""How many bytes an event counts in a recording beside those that it carries."""

_LARGEST = 2**40
"""Far beyond any size or time in a recording: a damaged number stays within bounds."""


class Event(NamedTuple):
    """Bytes that crossed the socket in one call.

    ``time`` is in seconds since the recording began, ``sender`` the end that sent them, ``data``
    what was kept; ``size`` is how many there were. An event of size 0 ends that direction.
    """

    time: float
    sender: Role
    data: bytes
    size: int


_new_event = tuple.__new__  # half the price of Event(...), in the path of every message


class Recording:
    """What crossed one connection: events in order, at most ``max_total`` bytes of them.

    ``clock`` gives seconds. ``on_event`` is called with each event as it's recorded, whole, also
    where the recording has no room for it.

    >>> recording = Recording(clock=lambda: 0.0)
    >>> recording.add(Role.CLIENT, b"Hello"); recording.add(Role.SERVER, b"Hello")
    >>> recording
    <Recording: 5 bytes from the client, 5 from the server, 2 events>
    """

    def __init__(
        self,
        *,
        max_total: int = MAX_TOTAL,
        clock: Callable[[], float] = time.perf_counter,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        self.events: list[Event] = []
        self.cut = 0
        """How many bytes crossed and were not kept; 0 in a complete recording."""
        self._left = max_total
        self.dropped = {Role.CLIENT: 0, Role.SERVER: 0}
        """How many bytes each end sent after the recording was full: they have no event."""
        self._clock = clock
        self.start = clock()
        """What the clock said when the recording began, in seconds."""
        self._on_event = on_event

    def add(self, sender: Role, data: bytes) -> None:
        """Record ``data`` as sent by ``sender``; no data for the end of that direction."""
        size = len(data)
        # What an event costs beside its bytes counts too, or many tiny ones would fill the memory.
        left = self._left = self._left - size - EVENT_COST
        kept = data if left >= 0 else self._shorten(sender, data)
        event = _new_event(Event, (self._clock() - self.start, sender, kept, size))
        if self._left > -EVENT_COST:
            self.events.append(event)
        if self._on_event is not None:
            self._on_event(event._replace(data=data))

    def _shorten(self, sender: Role, data: bytes) -> bytes:
        """What may be kept of ``data``, and a note of what is not."""
        size = len(data)
        room = min(size, max(0, self._left + size))
        self._left += size - room
        self.cut += size - room
        if self._left <= -EVENT_COST:
            self.dropped[sender] += size
            self._left = -EVENT_COST
        return data[:room]

    def stream(self, sender: Role) -> bytes:
        """All bytes of one direction in one piece, as far as they were kept without a gap."""
        pieces = []
        for event in self.events:
            if event.sender is sender:
                pieces.append(event.data)
                if len(event.data) < event.size:
                    break
        return b"".join(pieces)

    def size(self, sender: Role) -> int:
        """How many bytes that end sent, kept or not."""
        kept = sum(event.size for event in self.events if event.sender is sender)
        return kept + self.dropped[sender]

    def to_pcapng(self, path: AnyPath, *, port: int | None = None) -> None:
        """Write a capture file for Wireshark, see :func:`.pcapng.write_pcapng`. Raises Error."""
        from .pcapng import write_pcapng  # only here: to record is not to write files

        write_pcapng(path, [self], port=port)

    def save(self, path: AnyPath) -> None:
        """Write a file of JSON. Raises Error if that can't be done; then nothing of it stays."""
        head = {
            "format": FORMAT,
            "version": VERSION,
            "start": self.start,
            "dropped": {role.value: self.dropped[role] for role in Role},
        }
        with atomic_write(path) as file:
            file.write(json.dumps(head, allow_nan=False).removesuffix("}").encode())
            file.write(b', "events": [')
            for number, event in enumerate(self.events):
                fields = event._asdict() | {"sender": event.sender.value, "data": event.data.hex()}
                file.write(b",\n" if number else b"\n")
                file.write(json.dumps(fields, allow_nan=False).encode())
            file.write(b"\n]}\n")

    @classmethod
    def load(cls, path: AnyPath) -> Recording:
        """Read what :meth:`save` wrote. Raises Error."""
        raw = read_file(path)
        recording, where = cls(), ""
        try:
            content = _parse(raw)
            recording.start = _number(content, "start", float)
            recording.dropped = {role: _number(content["dropped"], role.value) for role in Role}
            for number, fields in enumerate(content["events"], start=1):
                where = f"event {number}: "
                recording.events.append(_event(fields))
        except (KeyError, TypeError, AttributeError) as error:
            why = (
                f"{error} is missing" if isinstance(error, KeyError) else "a value of another kind"
            )
            raise Error(f"Cannot read a recording from {path}: {where}{why}.") from None
        except ValueError as error:
            raise Error(f"Cannot read a recording from {path}: {where}{error}.") from None
        recording.cut = sum(event.size - len(event.data) for event in recording.events)
        recording.cut += sum(recording.dropped.values())
        return recording

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)

    def __repr__(self) -> str:
        client, server = self.size(Role.CLIENT), self.size(Role.SERVER)
        text = f"{client} bytes from the client, {server} from the server, {len(self)} events"
        return f"<Recording: {text}{f', {self.cut} bytes not kept' if self.cut else ''}>"

    def _repr_html_(self) -> str:
        from ..views.html import recording_html  # only here: to look is not to draw

        return recording_html(self)


def _parse(raw: bytes) -> dict[str, Any]:
    """The whole file. Raises ValueError."""
    try:
        content = json.loads(raw.decode())
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"its JSON breaks at {where} ({error.msg})") from None
    except UnicodeDecodeError:
        raise ValueError("it isn't text") from None
    except (ValueError, RecursionError):  # a number of thousands of digits, thousands of brackets
        raise ValueError("its JSON is beyond what a recording may hold") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f'it has no "format": "{FORMAT}"')
    if content.get("version") != VERSION:
        raise ValueError(f"its version isn't {VERSION}, the only one that is known")
    return content


def _event(fields: dict[str, Any]) -> Event:
    """One event of the file. Raises KeyError, TypeError, ValueError."""
    digits, size = fields["data"], _number(fields, "size")
    data = bytes.fromhex(digits)
    if 2 * len(data) != len(digits):  # fromhex skips spaces
        raise ValueError("data has other characters than hexadecimal digits")
    if len(data) > size:
        raise ValueError(f"it has {len(data)} bytes of data, and a size of {size}")
    return Event(_number(fields, "time", float), Role(fields["sender"]), data, size)


def _number(fields: dict[str, Any], name: str, kind: type = int) -> Any:
    """A size in bytes (int, from 0 on), or a time in seconds (float). Raises ValueError."""
    value, least = fields[name], -_LARGEST if kind is float else 0
    # Python counts True as 1, JSON doesn't. NaN is in no range.
    if type(value) not in (int, kind) or not least <= value <= _LARGEST:
        raise ValueError(f"{name} isn't a number that can be there")
    return kind(value)
