"""The time line: every item in its place, silences seen, labels apart, all of it in words too."""

from typing import Any

import pytest

from tests.protocol.streams import need
from tests.views.figures import flaws
from wslab import Recording
from wslab.commands import demo
from wslab.observe.dissect import dissect
from wslab.protocol.frames import encode_frame
from wslab.protocol.rfc import Opcode, Role
from wslab.views.picture import Picture
from wslab.views.plot import timeline
from wslab.views.plot_ladder import STYLES
from wslab.views.plot_timeline import MARKS, MOST_LINES

need("matplotlib")
import matplotlib  # noqa: E402

matplotlib.use("Agg")  # no window

CLIENT, SERVER = Role.CLIENT, Role.SERVER
Said = tuple[float, Role, bytes]


def recorded(*said: Said, start: float = 100.0) -> Recording:
    """What was said, and when: in seconds since the recording began."""
    clock = iter([start, *(start + time for time, _, _ in said)])
    recording = Recording(clock=clock.__next__)
    for _, sender, data in said:
        recording.add(sender, data)
    return recording


TALK = recorded(
    (0.5, CLIENT, b"Hello"), (0.6, SERVER, b"Hello"), (4.5, CLIENT, b"x" * 1000), (4.5, CLIENT, b"")
)


def texts(picture: Picture, gid: str) -> list[str]:
    return [t.get_text() for axes in picture.figure.axes for t in axes.texts if t.get_gid() == gid]


def marks(picture: Picture, panel: int = 0) -> list[tuple[float, float]]:
    """Where the marks stand: time, lane."""
    found = [place for points in scatters(picture, panel) for place in points.get_offsets()]
    return sorted((round(float(x), 6), float(y)) for x, y in found)


def scatters(picture: Picture, panel: int = 0) -> list[Any]:
    """The marks of each kind."""
    from matplotlib.collections import PathCollection

    return [c for c in picture.figure.axes[panel].collections if isinstance(c, PathCollection)]


# ---------------------------------------------------------------- where things stand


def test_a_mark_for_each_item_where_it_was_recorded() -> None:
    picture = timeline(TALK)
    assert marks(picture) == [(0, 1), (100, 0), (4000, 1), (4000, 1)]
    assert texts(picture, "label") == ["5 B", "1,000 B", "5 B"]
    assert picture.figure.axes[0].get_xlabel().endswith(", ms")


def test_a_long_talk_is_told_in_seconds() -> None:
    picture = timeline(recorded((0, CLIENT, b"a"), (60, SERVER, b"b")))
    assert marks(picture) == [(0, 1), (60, 0)]
    assert picture.figure.axes[0].get_xlabel().endswith(", s")


def test_more_bytes_make_a_larger_mark() -> None:
    sizes = [1, 10, 1000, 100_000]
    picture = timeline(recorded(*((n, CLIENT, bytes(size)) for n, size in enumerate(sizes))))
    [data] = scatters(picture)
    assert sorted(set(data.get_sizes())) == list(data.get_sizes())


def test_kinds_have_their_own_shapes() -> None:
    assert MARKS.keys() == STYLES.keys()
    assert len(set(MARKS.values())) == len(MARKS)


def test_a_silence_is_shaded_and_its_length_said() -> None:
    picture = timeline(TALK)
    assert texts(picture, "idle") == ["idle 3.9 s"]
    assert len(picture.figure.axes[0].patches) == 1
    assert "idle for 3.9 s after 100 ms" in picture.alt
    assert "(idle for 3.9 s)" in picture.twin
    busy = recorded(*((n, CLIENT, b"tick") for n in range(10)))
    assert texts(timeline(busy), "idle") == []
    assert "idle" not in timeline(busy).alt


def test_neighbours_share_a_label_that_counts_them() -> None:
    burst = [(n / 1000, CLIENT, b"four") for n in range(5)]
    picture = timeline(recorded(*burst, (10, CLIENT, b"later")))
    assert texts(picture, "label") == ["5 items\n20 B", "5 B"]
    assert len(marks(picture)) == 6


def test_recordings_of_one_clock_follow_each_other() -> None:
    first = recorded((0.1, CLIENT, b"a"), (0.2, SERVER, b"b"), start=100)
    second = recorded((0.1, CLIENT, b"a"), (0.2, SERVER, b"b"), start=103)
    apart = timeline(first, second)
    assert marks(apart, 0) == marks(apart, 1) == [(0, 1), (100, 0)]
    together = timeline(first, second, one_clock=True, titles=["first", "second"])
    assert marks(together, 1) == [(3000, 1), (3100, 0)]
    assert "second, from 3 s on: client sends 1 item, 1 bytes" in together.alt
    assert "idle" not in together.alt, "before it began a connection is not idle"
    # In whatever order they are given.
    assert marks(timeline(second, first, one_clock=True), 0) == [(3000, 1), (3100, 0)]


# ---------------------------------------------------------------- nothing overlaps


@pytest.mark.slow
def test_no_word_lies_on_another() -> None:
    crowd = [(n / 10, (CLIENT, SERVER)[n % 2], bytes(10 ** (n % 7))) for n in range(60)]
    pairs = [(n * 0.3 + m / 1000, CLIENT, b"x" * 9999) for n in range(40) for m in range(2)]
    early = [(0, SERVER, b"x"), (0.01, SERVER, bytes(2 * 10**7)), (1, SERVER, b"x")]
    for talk in (crowd, pairs, early):
        assert list(flaws(timeline(recorded(*talk)).figure)) == []
    assert list(flaws(timeline(*demo.converse()).figure)) == []
    assert list(flaws(timeline(*[TALK] * 4).figure)) == []


@pytest.mark.slow
def test_the_search_for_overlaps_finds_one() -> None:
    picture = timeline(recorded((0, CLIENT, b"12345"), (1, CLIENT, b"1")))
    one, other = (t for t in picture.figure.axes[0].texts if t.get_gid() == "label")
    other.xy = one.xy
    assert "'5 B' lies on '1 B'" in list(flaws(picture.figure))


def test_words_without_glyphs_and_with_dollars() -> None:
    picture = timeline(TALK, titles=["回声 $5 and $6 🙂"])
    picture.png()  # a missing glyph would be a warning, and a warning an error
    assert picture.twin.startswith("回声 $5 and $6 🙂")


# ---------------------------------------------------------------- in words


def test_the_words_say_what_the_figure_shows() -> None:
    talks = demo.converse()
    picture = timeline(*talks)
    for talk in talks:
        for item in talk.dissection:
            assert item.summary in picture.twin
        for role in Role:
            items = [item for item in talk.dissection if item.sender is role]
            size = talk.recording.size(role)
            assert f"{role.value} sends {len(items)} items, {size} bytes" in picture.alt
    assert max(map(len, picture.twin.splitlines())) <= 80
    assert repr(picture) == picture.twin


def test_without_matplotlib_the_words_remain(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    picture = timeline(TALK)
    assert picture.figure is None
    assert "idle for 3.9 s" in picture._repr_html_()


def test_ten_thousand_items_are_all_drawn_and_the_first_are_listed() -> None:
    picture = timeline(recorded(*((n / 100, CLIENT, b"tick") for n in range(10_000))))
    assert len(marks(picture)) == 10_000
    assert f"({10_000 - MOST_LINES} items more)" in picture.twin
    assert list(flaws(picture.figure)) == []


def test_frames_without_a_recording_all_cross_at_once() -> None:
    frames = dissect(encode_frame(Opcode.PING, b"") + encode_frame(Opcode.TEXT, b"Hi"))
    assert marks(timeline(frames)) == [(0, 0), (0, 0)]


def test_nothing_to_draw() -> None:
    empty: Any = timeline(Recording())
    assert "nothing crossed" in empty.twin
    assert empty.png().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="at least one conversation"):
        timeline()
    with pytest.raises(ValueError, match="knows no clock"):
        timeline(dissect(b"Hello", "tcp"), one_clock=True)
