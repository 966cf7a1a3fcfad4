"""A recording that is saved and loaded is the same; a damaged file says what is wrong with it."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wslab import Recording
from wslab.errors import Error
from wslab.observe.recording import Event
from wslab.protocol.rfc import Role

SECONDS = st.floats(0, 2**32, allow_nan=False)
BYTES = st.binary(max_size=300)
SENDERS = st.sampled_from(Role)


def state(recording: Recording) -> tuple[Any, ...]:
    return recording.start, recording.dropped, recording.cut, recording.events


@st.composite
def recordings(draw: st.DrawFn) -> Recording:
    """Any clock, any bytes, and limits so narrow that events are cut and dropped."""
    sent = draw(st.lists(st.tuples(SENDERS, BYTES), max_size=20))
    times = draw(st.lists(SECONDS, min_size=len(sent) + 1, max_size=len(sent) + 1))
    times.sort()
    recording = Recording(
        max_total=draw(st.integers(0, 3000)),
        clock=iter(times).__next__,
    )
    for sender, data in sent:
        recording.add(sender, data)
    return recording


@given(recordings())
def test_what_was_saved_is_loaded(recording: Recording) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "talk.json")
        recording.save(path)
        loaded = Recording.load(path)
    assert state(loaded) == state(recording)
    assert repr(loaded) == repr(recording)
    assert all(isinstance(event, Event) for event in loaded)


def small() -> Recording:
    clock = itertools.count(10, 0.25)
    recording = Recording(clock=lambda: next(clock))
    recording.add(Role.CLIENT, b"Hello")
    recording.add(Role.SERVER, b"\0\xff and more")
    recording.add(Role.SERVER, b"")
    recording.events[1] = recording.events[1]._replace(data=b"\0\xff an")
    return recording


def test_the_format(tmp_path: Path) -> None:
    """Word for word: other programs may read it, so it does not change without a new version."""
    small().save(tmp_path / "talk.json")
    assert (tmp_path / "talk.json").read_bytes() == (
        b'{"format": "wslab recording", "version": 1, "start": 10,'
        b' "dropped": {"client": 0, "server": 0}, "events": [\n'
        b'{"time": 0.25, "sender": "client", "data": "48656c6c6f", "size": 5},\n'
        b'{"time": 0.5, "sender": "server", "data": "00ff20616e", "size": 11},\n'
        b'{"time": 0.75, "sender": "server", "data": "", "size": 0}\n'
        b"]}\n"
    )


# ------------------------------------------------------------ damaged files


def damaged(change: Callable[[Any], object]) -> bytes:
    content = {
        "format": "wslab recording",
        "version": 1,
        "start": 0.5,
        "dropped": {"client": 0, "server": 0},
        "events": [
            {"time": 0.25, "sender": "client", "size": 5, "data": "48656c6c6f"},
            {"time": 0.5, "sender": "server", "size": 3, "data": "4869"},
        ],
    }
    change(content)
    return json.dumps(content).encode()


def second(**fields: Any) -> Callable[[Any], object]:
    return lambda content: content["events"][1].update(fields)


DAMAGED = {
    "nothing": (b"", "line 1, column 1"),
    "cut": (damaged(lambda content: 0)[:-9], "line 1, column "),
    "a capture": (b"\x0a\x0d\x0d\x0a\xff\xff", "text"),
    "brackets": (b"[" * 200_000, "JSON"),
    "digits": (b"9" * 10_000, "JSON"),
    "a list": (b"[]", "wslab recording"),
    "other": (damaged(lambda c: c.pop("format")), "wslab recording"),
    "newer": (damaged(lambda c: c.update(version=2)), "version"),
    "no start": (damaged(lambda c: c.pop("start")), "start"),
    "no dropped": (damaged(lambda c: c.pop("dropped")), "dropped"),
    "half dropped": (damaged(lambda c: c["dropped"].pop("server")), "server"),
    "no events": (damaged(lambda c: c.pop("events")), "events"),
    "a number": (damaged(lambda c: c.update(events=[7])), "event 1: "),
    "sender": (damaged(second(sender="proxy")), "event 2: "),
    "unhashable": (damaged(second(sender=[])), "event 2: "),
    "time": (damaged(second(time="now")), "event 2: time"),
    "NaN": (damaged(second(time=float("nan"))), "event 2: time"),
    "true": (damaged(second(time=True)), "event 2: time"),
    "too late": (damaged(second(time=10**400)), "event 2: time"),
    "negative": (damaged(second(size=-1)), "event 2: size"),
    "float": (damaged(second(size=2.0)), "event 2: size"),
    "too many": (damaged(second(size=10**30)), "event 2: size"),
    "odd": (damaged(second(data="486")), "event 2: "),
    "spaces": (damaged(second(data="48 69")), "event 2: data"),
    "no data": (damaged(second(data=None)), "event 2: "),
    "small": (damaged(second(size=1)), "event 2: "),
}


def test_the_undamaged_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "talk.json").write_bytes(damaged(lambda content: 0))
    assert len(Recording.load(tmp_path / "talk.json")) == 2


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_one_clear_sentence(tmp_path: Path, name: str) -> None:
    raw, why = DAMAGED[name]
    path = tmp_path / "talk.json"
    path.write_bytes(raw)
    with pytest.raises(Error) as caught:
        Recording.load(path)
    text = str(caught.value)
    assert text.startswith(f"Cannot read a recording from {path}: ")
    assert why in text
    assert text.endswith(".")
    assert "\n" not in text


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(Error, match=r"^Cannot read .*none\.json: no such file or directory\.$"):
        Recording.load(tmp_path / "none.json")
    with pytest.raises(Error, match=r"^Cannot read "):
        Recording.load(tmp_path)


# ------------------------------------------------------------ targets that cannot be written

WRITERS: dict[str, Callable[[Recording, Any], None]] = {
    "json": Recording.save,
    "pcapng": Recording.to_pcapng,
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_a_target_that_cannot_be_written(
    tmp_path: Path, write: Callable[[Recording, Any], None]
) -> None:
    (tmp_path / "a file").write_bytes(b"as it was")
    (tmp_path / "folder").mkdir()
    device = [os.devnull] if os.name == "posix" else []
    for path in ("none/talk", "a file/talk", "folder", "x" * 300, "\0", *device):
        with pytest.raises(Error, match=r"^Cannot write [^\n]*\.$"):
            write(small(), tmp_path / path)
    assert sorted(os.listdir(tmp_path)) == ["a file", "folder"]
    assert (tmp_path / "a file").read_bytes() == b"as it was"
    assert not os.path.isfile(os.devnull)


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_broken_off_in_the_middle_the_old_file_stays(
    tmp_path: Path, write: Callable[[Recording, Any], None]
) -> None:
    def interrupted() -> Any:
        yield from small().events
        raise KeyboardInterrupt

    class Interrupted(list):  # type: ignore[type-arg]
        def __iter__(self) -> Any:
            return interrupted()

    recording = small()
    target = tmp_path / "talk"
    write(recording, target)
    before = target.read_bytes()
    recording.events = Interrupted(small().events)
    # The server's port is looked for in the events too, before anything is written.
    with pytest.raises(KeyboardInterrupt):
        write(recording, target)
    assert target.read_bytes() == before
    assert os.listdir(tmp_path) == ["talk"]


@pytest.mark.parametrize("method", ["save", "to_pcapng"])
def test_a_full_disk(tmp_path: Path, method: str) -> None:
    """The system's limit for the size of files is as good as a full disk."""
    if sys.platform == "win32":
        pytest.skip("Windows has no such limit")
    program = f"""
import resource, sys, wslab
from wslab.protocol.rfc import Role
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
recording = wslab.Recording()
recording.add(Role.CLIENT, bytes(100_000))
try:
    recording.{method}(sys.argv[1])
except wslab.Error as error:
    print(error)
"""
    command = [sys.executable, "-c", program, str(tmp_path / "talk")]
    root = Path(__file__).parents[2]
    # What measures how much of the code the tests reach would want to write a larger file, too.
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    result = subprocess.run(command, capture_output=True, text=True, timeout=30, cwd=root, env=env)
    assert result.stdout.startswith(f"Cannot write {tmp_path / 'talk'}: file too large.")
    assert result.stderr == ""
    assert os.listdir(tmp_path) == []


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    try:
        (tmp_path / "link").symlink_to(tmp_path / "talk.json")
    except OSError as error:
        pytest.skip(f"no links here: {error}")
    small().save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert len(Recording.load(tmp_path / "talk.json")) == 3
