"""Every view in the real JupyterLab: light, dark, narrow, not trusted, and without its styles."""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from tests.protocol.streams import need
from tests.support.visit import CONTRAST, chromium
from tests.test_jupyterlab import RUN_ALL, SIZE, TOO_WIDE, jupyterlab

need("matplotlib")
need("ipywidgets")

from tests.views import gallery  # noqa: E402
from tests.views.figures import flaws  # noqa: E402
from wslab.views.browser_client import live_browser_client  # noqa: E402
from wslab.views.builder import build  # noqa: E402
from wslab.views.html import COLORS, letter  # noqa: E402
from wslab.views.plot_ladder import STYLES  # noqa: E402
from wslab.views.plot_timeline import MARKS  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

# One worker, so that there is one JupyterLab; and it needs its time on a busy machine.
pytestmark = [
    pytest.mark.slow, pytest.mark.timeout(240), pytest.mark.xdist_group("jupyterlab")
]  # fmt: skip

LIVE = {
    "setup": "from tests.views import gallery\nfrom wslab import Recording, ws_echo\n"
    "from wslab.views import widgets\nviews = gallery.views()\nheard = Recording()\n"
    "server = ws_echo.serve(tap=lambda address: heard)",
    **{name: f"views[{name!r}]" for name in gallery.NAMES},
    "builder": "builder = widgets.frame_builder()\nbuilder",
    "client": "widgets.live_browser_client(server)",
}
"""The cells of the notebook that is run: every view, and what lives."""

BAD = (
    '<p style="background:#F0E442;color:#fff">white on yellow</p>'
    '<div style="width:3000px">wide</div>'
)
"""What the checks must find: they could be blind."""

SHOTS = os.environ.get("WSLAB_SHOTS", "")
"""A folder for pictures of all that is shown, if somebody wants to look at it."""

OUTPUT_AREAS = ".jp-NotebookPanel:visible .jp-Cell-outputArea"
OUTPUTS = "document.querySelectorAll('.jp-OutputArea-output *')"
JUDGE = CONTRAST.replace("document.body.querySelectorAll('*')", OUTPUTS)
UNFOLD = "() => document.querySelectorAll('details').forEach(details => { details.open = true; })"
STRIP = """() => document.querySelectorAll(
  '.jp-NotebookPanel:not(.lm-mod-hidden) .jp-OutputArea-output *').forEach(
  node => { node.removeAttribute('style'); node.removeAttribute('class'); })"""
ASK = """async expression => {
  const kernel = window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel;
  const reply = await kernel.requestExecute(
    { code: '', user_expressions: { answer: expression } }).done;
  return reply.content.user_expressions.answer.data['text/plain'];
}"""  # what an expression is in the notebook's kernel


def notebook(sources: dict[str, str], outputs: dict[str, str]) -> str:
    """A notebook file; ``outputs`` is the HTML that was stored for a cell."""
    cells = []
    for name, source in sources.items():
        data = {"text/html": outputs.get(name, ""), "text/plain": f"{name} as text"}
        output = {"output_type": "display_data", "metadata": {}, "data": data}
        cells.append(
            {
                "cell_type": "code",
                "id": name.replace(" ", "-"),
                "metadata": {},
                "execution_count": None,
                "source": source,
                "outputs": [output] if name in outputs else [],
            }
        )
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel}
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


class Lab:
    """One JupyterLab for all that is asked here, in one page: two notebooks, one at a time."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(url.format("live.ipynb"))
        self._wait()
        failed = page.locator(".jp-OutputArea-error")
        assert page.evaluate(RUN_ALL), failed.all_inner_texts()
        page.locator(".widget-html-content table").first.wait_for()

    def _wait(self) -> None:
        self.page.wait_for_function(
            "() => window.jupyterapp?.shell.currentWidget?.context?.isReady"
        )

    def show(self, name: str) -> Page:
        """Bring one of the notebooks to the front."""
        path = json.dumps({"path": f"notebooks/{name}.ipynb"})
        self.page.evaluate(f"() => jupyterapp.commands.execute('docmanager:open', {path})")
        self._wait()
        self.page.locator(".jp-OutputArea-output table >> visible=true").first.wait_for()
        return self.page

    def look(self, name: str, theme: str, width: int) -> Page:
        """The same in that theme and width."""
        page = self.show(name)
        theme, light = json.dumps({"theme": f"JupyterLab {theme}"}), str(theme == "Light").lower()
        page.evaluate(f"() => jupyterapp.commands.execute('apputils:change-theme', {theme})")
        page.wait_for_function(f"() => document.body.dataset.jpThemeLight === '{light}'")
        # Who has a narrow window closes the list of files.
        page.evaluate(f"() => jupyterapp.shell.{'collapse' if width < 1000 else 'expand'}Left()")
        page.set_viewport_size(SIZE | {"width": width})
        page.wait_for_function(f"() => Math.abs(jupyterapp.shell.node.clientWidth - {width}) < 2")
        light = "light" if light == "true" else "dark"
        for number, shown in enumerate(page.locator(OUTPUT_AREAS).all() if SHOTS else ()):
            keep(shown, f"{name}-{light}-{width}-{number}")
        return page


def keep(shown: Locator, name: str) -> None:
    """A picture for people, if they gave a folder for it."""
    if SHOTS:
        shown.screenshot(path=f"{SHOTS}/{name}.png")


def patient() -> Any:
    """Playwright's expect, for a machine that is busy with other tests."""
    from playwright.sync_api import expect

    expect.set_options(timeout=60_000)
    return expect


def cell(page: Page, name: str, names: Iterable[str]) -> Locator:
    """What a cell shows."""
    shown = page.locator(".jp-NotebookPanel:visible .jp-CodeCell")
    return shown.nth(list(names).index(name)).locator(".jp-Cell-outputArea")


@pytest.fixture(scope="module")
def views() -> dict[str, Any]:
    return gallery.views()


@pytest.fixture(scope="module")
def stored(views: dict[str, Any]) -> dict[str, str]:
    """The HTML of every view, as a notebook keeps it."""
    shown = views | {"client": live_browser_client("ws://127.0.0.1:1/")}
    return {name: view._repr_html_() for name, view in shown.items()} | {"bad": BAD}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, stored: dict[str, str]) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    with jupyterlab(folder) as url, chromium() as browser:
        files = {"live": notebook(LIVE, {}), "stored": notebook(dict.fromkeys(stored, ""), stored)}
        for name, text in files.items():
            (folder / "notebooks" / f"{name}.ipynb").write_text(text, "utf-8")
        yield Lab(browser.new_context(viewport=SIZE).new_page(), url)


# ---------------------------------------------------------------- light and dark, wide and narrow


@pytest.mark.parametrize("theme", ["Dark", "Light"])
@pytest.mark.parametrize("name", ["live", "stored"])
def test_everything_can_be_read(lab: Lab, name: str, theme: str) -> None:
    """The notebook that ran is trusted, the one with stored outputs is not."""
    page = lab.look(name, theme, 1280)
    page.evaluate(UNFOLD)
    judged = page.evaluate(JUDGE)
    assert len(judged) > 1000, "there is something to be read"
    expected = ["P#: white on yellow"] if name == "stored" else []
    assert [text for ratio, text in judged if ratio < 7] == expected
    # Wide enough for a laptop; and with half a screen, which no theme changes.
    for width in (1280, 700) if theme == "Light" else (1280,):
        expected = ["white on yellowwide"] if name == "stored" else []
        assert lab.look(name, theme, width).evaluate(TOO_WIDE) == expected, width
    assert lab.complaints == []


def test_without_trust_no_script_runs_and_the_client_says_so(
    lab: Lab, stored: dict[str, str]
) -> None:
    page = lab.show("stored")
    page.evaluate(UNFOLD)
    shown = cell(page, "client", stored)
    text = shown.inner_text()
    assert "No script runs here, so nothing is connected." in text
    assert shown.locator("input, button, script").count() == 0
    for words in ("101 Switching Protocols", "text 'Hello'", "close 1000"):
        assert words in text, "the same lesson without a script"


class Text(HTMLParser):
    """The text of some HTML, without any space."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.text = ""
        self.feed(markup)

    def handle_data(self, data: str) -> None:
        self.text += squeezed(data)


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_without_styles_all_of_it_is_still_there_as_text(
    lab: Lab, stored: dict[str, str], views: dict[str, Any]
) -> None:
    page = lab.show("stored")
    page.evaluate(UNFOLD)
    page.evaluate(STRIP)
    for name, view in views.items():
        shown = cell(page, name, stored)
        assert squeezed(shown.inner_text()) == Text(stored[name]).text, name
        if hasattr(view, "figure"):
            assert shown.locator("img").get_attribute("alt") == view.alt
            assert squeezed(view.twin) in squeezed(shown.inner_text())


# ---------------------------------------------------------------- what lives


def test_the_frame_builder_follows_what_is_typed(lab: Lab) -> None:
    expect = patient()
    shown = cell(lab.show("live"), "builder", LIVE)
    bytes_view = shown.locator(".widget-html-content").first
    expect(bytes_view).to_contain_text("Allowed: 11 bytes in 1 frame")
    shown.get_by_label("Payload", exact=True).fill("dd é")
    expect(bytes_view).to_contain_text("text 'dd é'")
    expected = build("dd é".encode()).data.hex()
    assert lab.page.evaluate(ASK, "builder.built.data.hex()") == repr(expected)
    shown.get_by_label("Opcode").select_option("9 ping")
    shown.get_by_label("Fragments").fill("2")
    shown.get_by_label("Fragments").press("Enter")
    expect(bytes_view).to_contain_text("a control frame must not be fragmented (FIN is 0)")
    keep(shown, "builder")
    shown.get_by_label("Masking key").fill("37")
    expect(bytes_view).to_have_text("a masking key has 4 bytes, this one has 1")
    # And below it, for readers without a kernel, what stands still.
    expect(shown.locator("details")).to_contain_text("7f 9f 4d 51 58")


def test_the_browser_talks_to_the_server_of_the_notebook(lab: Lab) -> None:
    expect = patient()
    page = lab.show("live")
    shown = cell(page, "client", LIVE)
    state, log = shown.get_by_role("status"), shown.get_by_role("log")
    expect(state).to_have_text("open")
    assert page.evaluate(ASK, "server.connections") == "1"
    field = shown.get_by_role("textbox", name="Message")
    field.fill("")
    field.press_sequentially("dd <b>x</b>")  # JupyterLab's own shortcut: delete this cell
    field.press("Enter")
    expect(log).to_contain_text("→ dd <b>x</b>← dd <b>x</b>")
    keep(shown, "client")
    origin = page.evaluate("() => location.origin")
    assert page.evaluate(ASK, f"b'Origin: {origin}' in heard.events[0].data") == "True"
    shown.get_by_role("button", name="Close").click()
    expect(log).to_contain_text("closed: 1000")
    shown.get_by_role("button", name="Connect").click()
    expect(state).to_have_text("open")
    # The cell runs again: the old output is thrown away, and its connection with it.
    index = list(LIVE).index("client")
    page.evaluate(f"() => {{ jupyterapp.shell.currentWidget.content.activeCellIndex = {index}; }}")
    page.evaluate("() => jupyterapp.commands.execute('notebook:run-cell')")
    for _ in range(100):
        if page.evaluate(ASK, "server.connections") == "1":
            break
        page.wait_for_timeout(100)
    assert page.evaluate(ASK, "server.connections") == "1"
    assert lab.complaints == []


# ---------------------------------------------------------------- figures


@pytest.mark.parametrize("name", [name for name in gallery.NAMES if "figure" in name])
def test_no_word_of_a_figure_is_in_the_way_of_another(name: str, views: dict[str, Any]) -> None:
    picture = views[name]
    # A missing glyph would be a warning, and a warning an error.
    assert picture.png().startswith(b"\x89PNG")
    assert list(flaws(picture.figure)) == []


# ---------------------------------------------------------------- eyes

# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision
# Deficiency", IEEE TVCG 15 (2009), the matrices for severity 1.0, on linear RGB.
EYES = {
    "all cones": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
DISTINCT = 20.0
"""A distance in CIELAB (1976) that is seen at a glance; 2.3 is just noticeable."""


def distance(one: str, other: str, eye: str) -> float:
    """How far apart two colours are for that eye, in CIELAB (white point D65)."""
    import numpy as np

    places = []
    for color in (one, other):
        rgb = np.array([int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)])
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        seen = np.clip(np.array(EYES[eye]) @ linear, 0, 1)
        to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
        x, y, z = np.cbrt(np.array(to_xyz) @ seen / [0.9505, 1, 1.089])
        places.append(np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)]))
    return float(np.linalg.norm(places[0] - places[1]))


def test_the_simulated_eyes_confuse_what_such_eyes_confuse() -> None:
    confused = {
        "protanopia": ("#A86F00", "#5B8C00"),
        "deuteranopia": ("#A86F00", "#5B8C00"),
        "tritanopia": ("#00A0A0", "#00A050"),
    }
    for eye, (one, other) in confused.items():
        assert distance(one, other, eye) < distance(one, other, "all cones") / 2


@pytest.mark.parametrize("eye", EYES)
def test_neighbours_are_told_apart(eye: str) -> None:
    # Fields: by their colour, and without it by their letter.
    for one, other in itertools.pairwise([*COLORS, COLORS[0]]):
        assert distance(one, other, eye) > DISTINCT, (one, other)
    # Kinds of arrows and marks: by their colour or, on the ladder, by their line (data and control
    # are one blue to a protanope); on the time line always by their shape too.
    assert len(set(MARKS.values())) == len(MARKS) == len(STYLES)
    for (one, line, _), (other, its, _) in itertools.combinations(STYLES.values(), 2):
        assert distance(one, other, eye) > DISTINCT or line != its, (one, other)


def test_each_field_has_a_letter_beside_its_colour(stored: dict[str, str]) -> None:
    assert len({letter(number) for number in range(1000)}) == 1000
    for number, color in enumerate(COLORS[:3]):  # header, key, payload
        cells = re.findall(rf"<th[^>]*background:{color}[^>]*>([^<]*)</th>", stored["frame"])
        assert cells
        assert {text.split()[0] for text in cells} == {letter(number)}
