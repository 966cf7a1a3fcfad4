"""The frame builder through its fields in Python; tests/views/test_rendering.py does it by hand."""

import sys
from typing import Any

import pytest

from tests.protocol.streams import need
from wslab.protocol.rfc import Opcode, Role
from wslab.views.builder import build
from wslab.views.widgets import FrameBuilder, frame_builder

need("ipywidgets")


@pytest.fixture
def builder() -> FrameBuilder:
    return frame_builder()


def bytes_of(builder: FrameBuilder) -> str:
    assert builder.built is not None, builder.output.value
    assert builder.built._repr_html_() in builder.output.value
    return builder.built.data.hex(" ")


def test_it_begins_with_the_example_of_the_rfc(builder: FrameBuilder) -> None:
    assert bytes_of(builder) == "81 85 37 fa 21 3d 7f 9f 4d 51 58"
    assert "48 bits before the payload" in builder.output.value


def test_every_field_changes_the_bytes(builder: FrameBuilder) -> None:
    builder.payload.value = "Hi"
    assert bytes_of(builder) == "81 82 37 fa 21 3d 7f 93"
    builder.key.value = "00000000"
    assert bytes_of(builder) == "81 82 00 00 00 00 48 69"
    builder.masked.value = False
    assert builder.built is not None
    assert "a client masks every frame" in builder.built.broken
    builder.sender.value = Role.SERVER
    assert bytes_of(builder) == "81 02 48 69"
    assert builder.built.broken == ""
    builder.opcode.value = int(Opcode.BINARY)
    assert bytes_of(builder) == "82 02 48 69"
    builder.fragments.value = 2
    assert bytes_of(builder) == "02 01 48 80 01 69"
    builder.fin.value = False
    assert bytes_of(builder) == "02 01 48 00 01 69"
    builder.kind.value, builder.payload.value = "hex", "ff 00"
    assert bytes_of(builder) == "02 01 ff 00 01 00"
    builder.repeat.value = 2
    assert bytes_of(builder) == "02 02 ff 00 00 02 ff 00"


@pytest.mark.parametrize(("size", "header"), [(125, 2), (126, 4), (65535, 4), (65536, 10)])
def test_all_forms_of_the_length(builder: FrameBuilder, size: int, header: int) -> None:
    builder.masked.value, builder.sender.value = False, Role.SERVER
    builder.payload.value, builder.repeat.value = "x", size
    assert builder.built is not None
    assert len(builder.built.data) == header + size
    assert len(builder.output.value) < 100_000, "a long payload is folded"


def test_a_rule_that_is_broken_is_named(builder: FrameBuilder) -> None:
    builder.opcode.value = int(Opcode.PING)
    assert "Allowed" in builder.output.value
    builder.repeat.value = 26
    assert "a control frame carries at most 125 bytes (RFC 6455 §5.5)" in builder.output.value
    builder.repeat.value, builder.fragments.value = 1, 2
    assert "a control frame must not be fragmented (FIN is 0)" in builder.output.value
    builder.fragments.value, builder.opcode.value = 1, 3
    assert "opcode 3 is reserved (RFC 6455 §5.2)" in builder.output.value


def test_what_cannot_be_read_is_said_and_mended(builder: FrameBuilder) -> None:
    for field, wrong, words in (
        (builder.key, "37 fa", "a masking key has 4 bytes, this one has 2"),
        (builder.key, "", "a masking key has 4 bytes, this one has 0"),
        (builder.key, "<b>", "is not a hex digit"),
    ):
        before = field.value
        field.value = wrong
        assert builder.built is None
        assert words in builder.output.value
        assert "<b>&" not in repr(builder)
        field.value = before
        assert bytes_of(builder) == build(b"Hello").data.hex(" ")


def test_it_shows_its_fields_and_something_that_stands_still(
    builder: FrameBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    import IPython.display

    shown: list[Any] = []
    monkeypatch.setattr(IPython.display, "display", lambda what, raw=False: shown.append(what))
    builder._ipython_display_()
    box, still = shown
    assert "application/vnd.jupyter.widget-view+json" in box
    assert "VBox" not in box["text/plain"], "a view without a kernel shows this text"
    for data in ("7f</td>", "must not be fragmented", "The same in two fragments"):
        assert data in still.data
    assert "<script" not in still.data
    assert "Allowed: 11 bytes" in repr(builder)


def test_without_ipywidgets_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(ModuleNotFoundError, match="pip install ipywidgets"):
        frame_builder()
