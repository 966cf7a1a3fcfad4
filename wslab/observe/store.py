"""A recording as a file of JSON: made to be read again, by programs and by eyes.

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
from typing import Any, NamedTuple

from ..errors import Error
from ..protocol.rfc import Role
from .event import Event, Recorded
from .files import AnyPath, read_file, whole_file

FORMAT, VERSION = "wslab recording", 1

# Far beyond any recording, but what a damaged number asks for stays within bounds.
_MAX_SECONDS = 2**32
_MAX_SIZE = 2**40


class Stored(NamedTuple):
    """What a file keeps of a recording."""

    start: float
    dropped: dict[Role, int]
    events: list[Event]


def save(path: AnyPath, recording: Recorded) -> None:
    """Write a recording. Raises Error if that cannot be done; then nothing of it stays."""
    head = {
        "format": FORMAT,
        "version": VERSION,
        "start": recording.start,
        "dropped": {role.value: recording.dropped[role] for role in Role},
    }
    with whole_file(path) as file:
        file.write(json.dumps(head, allow_nan=False).removesuffix("}").encode())
        file.write(b', "events": [')
        for number, event in enumerate(recording.events):
            fields = event._asdict() | {"sender": event.sender.value, "data": event.data.hex()}
            file.write(b",\n" if number else b"\n")
            file.write(json.dumps(fields, allow_nan=False).encode())
        file.write(b"\n]}\n")


def load(path: AnyPath) -> Stored:
    """Read what :func:`save` wrote. Raises Error."""
    raw = read_file(path)
    try:
        return _recording(_parse(raw))
    except Error as error:
        raise Error(f"Cannot read a recording from {path}: {error}.") from None


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode())
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Error(f"its JSON breaks at {where} ({error.msg})") from None
    except UnicodeDecodeError:
        raise Error("it is not text") from None
    except (ValueError, RecursionError):  # a number of thousands of digits, thousands of brackets
        raise Error("its JSON is beyond what a recording may hold") from None


def _recording(content: Any) -> Stored:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise Error(f'it has no "format": "{FORMAT}"')
    if content.get("version") != VERSION:
        raise Error(f"its version is not {VERSION}, the only one that is known")
    dropped, events = content.get("dropped"), content.get("events")
    if not isinstance(dropped, dict):
        raise Error("dropped is missing, or not an object")
    if not isinstance(events, list):
        raise Error("events is missing, or not a list")
    return Stored(
        _seconds(content, "start"),
        {role: _count(dropped, role.value) for role in Role},
        [_event(number, fields) for number, fields in enumerate(events, start=1)],
    )


def _event(number: int, fields: Any) -> Event:
    try:
        if not isinstance(fields, dict):
            raise Error("it is not an object")
        sender, digits = fields.get("sender"), fields.get("data")
        if sender not in ("client", "server"):
            raise Error('sender is neither "client" nor "server"')
        time, size, data = _seconds(fields, "time"), _count(fields, "size"), _bytes(digits)
        if len(data) > size:
            raise Error(f"it has {len(data)} bytes of data, and a size of {size}")
        return Event(time, Role(sender), data, size)
    except Error as error:
        raise Error(f"event {number}: {error}") from None


def _bytes(digits: Any) -> bytes:
    try:
        data = bytes.fromhex(digits)
        if 2 * len(data) == len(digits):  # fromhex would skip spaces
            return data
    except (TypeError, ValueError):
        pass
    raise Error("data is not hexadecimal digits in pairs")


def _count(fields: dict[str, Any], name: str) -> int:
    value = fields.get(name)
    # Python counts True as 1, JSON does not.
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_SIZE:
        raise Error(f"{name} is missing, or not a number of bytes that can be")
    return value


def _seconds(fields: dict[str, Any], name: str) -> float:
    value = fields.get(name)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not abs(value) <= _MAX_SECONDS:  # type: ignore[arg-type]
        raise Error(f"{name} is missing, or not a number of seconds that can be")
    return float(value)  # type: ignore[arg-type]
