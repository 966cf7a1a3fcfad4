"""The figures: as many arrows as items, nothing overlaps, words for eyes that see no figure."""

import html
import itertools
import math
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

import wslab
from tests.protocol.streams import need
from wslab import Recording, ws_echo
from wslab.commands import demo
from wslab.observe.dissect import dissect
from wslab.protocol.frames import encode_frame
from wslab.protocol.rfc import Opcode, Role
from wslab.views.ladder_layout import MAX_ITEMS, take_apart
from wslab.views.picture import Picture
from wslab.views.plot import bits, ladder, overhead
from wslab.views.plot_ladder import STYLES

need("matplotlib")
import matplotlib  # noqa: E402
import numpy as np  # noqa: E402

matplotlib.use("Agg")  # no window

KEY = bytes.fromhex("37fa213d")


# ---------------------------------------------------------------- what was really said


@pytest.fixture(scope="module")
def talks() -> tuple[demo.Conversation, demo.Conversation]:
    return demo.converse()


@pytest.fixture(scope="module")
def chat() -> Recording:
    """Everything that makes a label long or odd, two messages in one go, and a pause."""
    recording = Recording()
    with ws_echo.serve() as server, wslab.connect(server.url, tap=recording) as ws:
        ws.send("回声 $5 and $6 🙂 é \x1b[2J")
        ws.recv()
        ws.send(bytes(300))
        ws.send("W" * 200)
        ws.recv()
        ws.recv()
        ws.ping(b"abc")
        time.sleep(0.1)
        ws.close(4000, "that is all")
    return recording


def parts(picture: Picture, kind: str) -> list[list[Any]]:
    """Labels or patches, panel by panel."""
    if kind == "label":
        return [[t for t in axes.texts if t.get_gid() == "label"] for axes in picture.figure.axes]
    return [list(axes.patches) for axes in picture.figure.axes]


def items_and_ends(recording: Recording) -> int:
    return len(dissect(recording)) + sum(not event.size for event in recording)


# ---------------------------------------------------------------- the ladder


def test_every_item_and_every_end_of_a_stream_has_one_arrow(
    talks: tuple[demo.Conversation, demo.Conversation],
) -> None:
    picture = ladder(*talks)
    expected = [items_and_ends(talk.recording) for talk in talks]
    assert expected[0] >= 5
    assert expected[1] >= 9
    assert [len(arrows) for arrows in parts(picture, "patch")] == expected
    assert [len(labels) for labels in parts(picture, "label")] == expected


def test_the_words_name_every_item(talks: tuple[demo.Conversation, demo.Conversation]) -> None:
    picture = ladder(*talks)
    for talk in talks:
        for item in talk.dissection:
            assert f"{item.sender.value} sends {item.summary} (" in picture.alt
            assert item.summary in picture.twin
    assert picture.alt.count(" sends ") == sum(items_and_ends(talk.recording) for talk in talks)
    assert "text 'Hello' (6+5 B, masked)" in picture.alt
    assert "text 'Hello' (2+5 B)" in picture.alt
    assert "20 ms on the way were added" in picture.alt
    assert "20 ms on the way were added" in picture.twin
    assert "Stretched, to be readable" in picture.twin
    assert max(map(len, picture.twin.splitlines())) <= 80


def test_the_added_delay_is_said_in_the_figure_itself(chat: Recording) -> None:
    legend = ladder(chat, delay=0.03).figure.legends[0].get_title().get_text()
    assert legend.startswith("Stretched, to be readable: 30 ms on the way were added")
    assert "pauses of more than 60 ms" in legend


def test_an_answer_leaves_when_the_question_has_arrived() -> None:
    now = iter([0.0, 0.0, 0.001, 0.002, 0.003, 9.0])
    recording = Recording(clock=lambda: next(now))
    recording.add(Role.CLIENT, b"one")
    recording.add(Role.CLIENT, b"two")
    recording.add(Role.SERVER, b"both")
    recording.add(Role.CLIENT, b"thanks")
    recording.add(Role.CLIENT, b"")
    times = re.findall(r"([\d.]+) \.\. +([\d.]+)", ladder(recording).twin)
    assert times == [
        ("0.0", "20.0"),
        ("8.0", "28.0"),
        ("29.0", "49.0"),
        ("50.0", "70.0"),
        ("90.0", "110.0"),  # a pause of 9 seconds is drawn as two delays
    ]
    assert "end of stream after 9.0 s" in ladder(recording).alt


def test_what_has_the_same_time_keeps_its_order() -> None:
    """A half-close: the client has finished, and then the server answers."""
    recording = Recording(clock=lambda: 0.0)
    for sender, data in [(Role.CLIENT, b"ask"), (Role.CLIENT, b""), (Role.SERVER, b"answer")]:
        recording.add(sender, data)
    steps, _ = take_apart(recording)
    assert [(step.sender, step.kind) for step in steps] == [
        (Role.CLIENT, "data"),
        (Role.CLIENT, "end"),
        (Role.SERVER, "data"),
    ]


def test_kinds_differ_in_colour_and_line(chat: Recording) -> None:
    axes = ladder(chat).figure.axes[0]
    lines = {
        (line.get_color(), line.get_linestyle())
        for line in axes.lines
        if len(line.get_xdata()) == 2
    }
    assert lines == {STYLES[kind][:2] for kind in ("data", "handshake", "control", "end")}


Box = Any  # the four corners of a label, in pixels, in order


def corners(text: Any, renderer: Any) -> Box:
    """Where a label is, turned as it is: its box without the turn, turned about its anchor."""
    anchor = text.get_transform().transform(text.get_unitless_position())
    turn = math.radians(
        text.get_transform().transform_angles([text._rotation], [text.get_unitless_position()])[0]
    )
    text.set_transform_rotates_text(False), text.set_rotation(0)
    box = text.get_window_extent(renderer)
    flat = np.array([(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)])
    matrix = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    return (flat - anchor) @ matrix + anchor


def apart(one: Any, other: Any) -> bool:
    """Whether a line lies between two convex shapes (the theorem of the separating axis)."""
    for shape in (one, other):
        for start, end in zip(shape, np.roll(shape, -1, axis=0), strict=True):
            normal = np.array([start[1] - end[1], end[0] - start[0]])
            a, b = one @ normal, other @ normal
            if a.max() <= b.min() or b.max() <= a.min():
                return True
    return False


def collisions(picture: Picture) -> Iterator[str]:
    """Labels on other labels, on arrows, or outside their panel."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(picture.figure)
    canvas.draw()
    picture.figure.set_layout_engine("none")
    for axes, labels in zip(picture.figure.axes, parts(picture, "label"), strict=True):
        rails = axes.transData.transform([(0, 0), (1, 0)])[:, 0]
        arrows = [
            axes.transData.transform(line.get_xydata())
            for line in axes.lines
            if len(line.get_xdata()) == 2
        ]
        boxes = [(label.get_text(), corners(label, canvas.get_renderer())) for label in labels]
        for (text, box), (other, its) in itertools.combinations(boxes, 2):
            if not apart(box, its):
                yield f"{text!r} lies on {other!r}"
        for text, box in boxes:
            if box[:, 0].min() < rails[0] or box[:, 0].max() > rails[1]:
                yield f"{text!r} is longer than its arrow"
            yield from (f"an arrow crosses {text!r}" for arrow in arrows if not apart(box, arrow))


@pytest.mark.slow
def test_no_label_lies_on_another_or_on_an_arrow(
    talks: tuple[demo.Conversation, demo.Conversation], chat: Recording
) -> None:
    assert list(collisions(ladder(*talks))) == []
    assert list(collisions(ladder(chat))) == []
    assert list(collisions(ladder(chat, *talks, delay=0.5))) == []


def test_twelve_messages_in_one_go_do_not_overlap() -> None:
    recording = Recording(clock=lambda: 0.0)
    for _ in range(12):
        recording.add(Role.CLIENT, b"W" * 100)
    assert list(collisions(ladder(recording))) == []


def test_a_long_conversation_fits_a_screen() -> None:
    """Its arrows lie flatter, and its labels still have room."""
    recording = Recording(clock=lambda: 0.0)
    for number in range(14):
        recording.add(Role.SERVER if number % 2 else Role.CLIENT, b"%d and more" % number)
    picture = ladder(recording)
    assert picture.figure.get_figheight() < 8.5
    assert list(collisions(picture)) == []


@pytest.mark.slow
def test_the_search_for_overlaps_finds_one(chat: Recording) -> None:
    picture = ladder(chat)
    first, second = parts(picture, "label")[0][4:6]  # said in one go
    second.set_position(first.get_position())
    assert any(" lies on " in text for text in collisions(picture))
    picture = ladder(chat)
    label = parts(picture, "label")[0][0]
    label.set_y(label.get_unitless_position()[1] + 4)
    assert any("arrow crosses" in text for text in collisions(picture))


def test_a_character_without_a_glyph_is_shown_as_its_code(chat: Recording) -> None:
    picture = ladder(chat)
    picture.png()  # a missing glyph would be a warning, and a warning an error
    labels = [label.get_text() for label in parts(picture, "label")[0]]
    assert labels[2].startswith(r"text '\u56de\u58f0 $5")
    assert "回声 $5 and $6 🙂 é" in picture.alt


def test_a_long_conversation_is_counted_and_not_drawn() -> None:
    recording = Recording(clock=lambda: 0.0)
    for _ in range(MAX_ITEMS + 970):
        recording.add(Role.SERVER, b"x")
    picture = ladder(recording)
    assert len(parts(picture, "label")[0]) == MAX_ITEMS
    assert "970 more are not drawn" in picture.alt
    assert "970 more items are not drawn" in picture.twin
    assert "970 more items are not drawn" in [t.get_text() for t in picture.figure.axes[0].texts]


def test_nothing_to_draw() -> None:
    assert "nothing crossed" in ladder(Recording()).alt
    assert ladder(Recording()).png().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="at least one conversation"):
        ladder()
    for delay in (0, -1, math.inf, math.nan):
        with pytest.raises(ValueError, match="more than 0"):
            ladder(Recording(), delay=delay)


def test_what_cannot_be_read_is_drawn_all_the_same() -> None:
    broken = dissect(bytes.fromhex("8105 48656c6c6f 83ff 00"), "websocket", Role.SERVER)
    picture = ladder(broken, titles=["broken"])
    assert picture.figure.axes[0].get_title() == "broken"
    assert len(parts(picture, "label")[0]) == len(broken) > 1
    assert "refused" in picture.alt


# ---------------------------------------------------------------- colours

# Viénot, Brettel and Mollon (1999), on linear RGB: who lacks the red, who lacks the green cones.
BLIND = {
    "protanopia": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
    "deuteranopia": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
    "all cones": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
}


def lab(colour: str, eye: str) -> Any:
    """A colour as that eye sees it, in CIELAB (white point D65)."""
    rgb = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(BLIND[eye]) @ linear, 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.cbrt(np.array(to_xyz) @ seen / [0.9505, 1, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_the_simulation_confuses_what_those_eyes_confuse() -> None:
    for eye in ("protanopia", "deuteranopia"):
        red, green = "#A86F00", "#5B8C00"
        seen = np.linalg.norm(lab(red, eye) - lab(green, eye))
        assert seen < np.linalg.norm(lab(red, "all cones") - lab(green, "all cones")) / 2


@pytest.mark.parametrize("eye", BLIND)
def test_kinds_are_told_apart_by_every_eye(eye: str) -> None:
    assert len({line for _, line, _ in STYLES.values()}) == 4
    for (one, line, _), (other, its, _) in itertools.combinations(STYLES.values(), 2):
        distance = np.linalg.norm(lab(one, eye) - lab(other, eye))
        assert line != its or distance > 40, (one, other)


@pytest.mark.parametrize("kind", STYLES)
def test_labels_can_be_read_on_white(kind: str) -> None:
    rgb = np.array([int(STYLES[kind][0][at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    assert 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05) >= 3.8


# ---------------------------------------------------------------- bits and bytes of frames


@pytest.mark.parametrize("key", [KEY, b""], ids=["masked", "unmasked"])
@pytest.mark.parametrize("size", [0, 5, 126, 70_000])
def test_the_bits_are_those_of_the_header(size: int, key: bytes) -> None:
    raw = encode_frame(Opcode.TEXT, b"H" * size, key)
    header = raw[: len(raw) - size]
    picture = bits(dissect(raw).items[0])
    texts = picture.figure.axes[0].texts
    row_by_row = sorted(
        (t for t in texts if t.get_text() in ("0", "1") and t.get_position()[1] > 0),
        key=lambda t: (int(t.get_position()[1]), t.get_position()[0]),
    )
    assert "".join(t.get_text() for t in row_by_row) == "".join(f"{byte:08b}" for byte in header)
    words = [t.get_text() for t in texts]
    assert [word for word in words if word.startswith("byte ")] == [
        f"byte {at}: {byte:02x}" for at, byte in enumerate(header)
    ]
    assert {"FIN", "RSV1", "RSV2", "RSV3", "opcode = 1", "MASK"} <= set(words)
    assert ("masking key 37 fa 21 3d" in picture.alt) is bool(key)
    assert f"{8 * len(header)} bits" in picture.alt
    assert f"MASK                     {int(bool(key))}" in picture.twin
    assert max(map(len, picture.twin.splitlines())) <= 80
    assert picture.png().startswith(b"\x89PNG")


def test_names_and_bits_do_not_overlap() -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    picture = bits(dissect(encode_frame(Opcode.TEXT, b"H" * 300, KEY)).items[0])
    canvas = FigureCanvasAgg(picture.figure)
    canvas.draw()
    texts = picture.figure.axes[0].texts
    boxes = [(text.get_text(), text.get_window_extent(canvas.get_renderer())) for text in texts]
    for (one, box), (other, its) in itertools.combinations(boxes, 2):
        assert not box.overlaps(its), f"{one!r} lies on {other!r}"


def test_only_a_frame_has_header_bits() -> None:
    with pytest.raises(ValueError, match="only a frame"):
        bits(dissect(b"Hello", "tcp").items[0])


def test_the_overhead_is_that_of_frames_that_were_encoded() -> None:
    picture = overhead([1, 200, 100_000])
    lines = [line for line in picture.figure.axes[0].lines if len(line.get_xdata()) > 2]
    sizes = [1, 125, 126, 200, 65535, 65536, 100_000]
    for line, key in zip(lines, (KEY, b""), strict=True):
        assert list(line.get_xdata()) == sizes
        expected = [len(encode_frame(Opcode.BINARY, bytes(n), key)) - n for n in sizes]
        assert list(line.get_ydata()) == expected
    assert list(lines[0].get_ydata()) == [6, 6, 8, 8, 8, 14, 14]  # §5.2: 2, 4 or 10, and 4 of key
    assert "payload 126: 8 and 4" in picture.alt
    assert re.search(r"^ +65536 +14 +10$", picture.twin, re.MULTILINE)
    assert picture.figure.axes[0].get_xscale() == "log"


def test_sizes_that_make_no_sense() -> None:
    for sizes in ([], [0], [-1, 5], [2**40]):
        with pytest.raises(ValueError, match="sizes must be numbers from 1"):
            overhead(sizes)


# ---------------------------------------------------------------- in a notebook


def test_a_notebook_shows_the_image_and_the_words(chat: Recording) -> None:
    picture = ladder(chat)
    shown = picture._repr_html_()
    assert shown.count("<img ") == 1
    assert f'alt="{html.escape(picture.alt)}"' in shown
    assert html.escape(picture.twin) in shown
    assert repr(picture) == picture.twin
    assert len(picture.png()) < 80_000
    assert picture.png()[25] == 3, "a PNG with a palette"


def test_a_dark_style_of_the_reader_changes_nothing(chat: Recording) -> None:
    import matplotlib.style

    light = ladder(chat).png()
    with matplotlib.style.context("dark_background"):
        assert ladder(chat).png() == light


def test_no_figure_is_left_open(chat: Recording) -> None:
    import matplotlib._pylab_helpers as helpers

    ladder(chat).png()
    assert helpers.Gcf.get_all_fig_managers() == []


def test_without_matplotlib_the_words_remain(
    chat: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_figure = ladder(chat)
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    picture = ladder(chat)
    assert picture.figure is None
    assert picture[1:] == with_figure[1:]
    assert "<img" not in picture._repr_html_()
    with pytest.raises(ValueError, match="matplotlib is not installed"):
        picture.png()
