"""What may import what, and that every section of the RFC that we cite exists."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "wslab"

# Whatever waits, knows the time, or reaches outside. os is not among them: os.urandom is a default.
FORBIDDEN = {
    "_socket", "_thread", "asyncio", "concurrent", "datetime", "multiprocessing", "select",
    "selectors", "signal", "socket", "socketserver", "ssl", "subprocess", "threading", "time",
}  # fmt: skip


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when a module is imported: no bodies of functions, nothing for type checkers."""
    for child in ast.iter_child_nodes(node):
        types_only = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
        if not types_only and not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield child
            yield from statements(child)


def imported(name: str, nodes: Iterator[ast.AST]) -> Iterator[str]:
    """Every module that these statements import, by its full name."""
    package = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] if node.level else ""
            source = ".".join(filter(None, (base, node.module)))
            for alias in node.names:
                inner = f"{source}.{alias.name}"  # "from . import net" imports wslab.net
                yield inner if inner in MODULES else source


def tree(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text("utf-8"))


@cache
def graph() -> dict[str, frozenset[str]]:
    """The modules of wslab, and what each of them imports, at its top or later."""
    return {name: frozenset(imported(name, ast.walk(tree(name)))) for name in MODULES}


def reachable(start: str) -> dict[str, str]:
    """All that a module imports, directly or through others in wslab: name → the way there."""
    ways = {start: start}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        for other in graph().get(name, ()):
            if other not in ways:
                ways[other] = f"{ways[name]} → {other}"
                waiting.append(other)
    return ways


PROTOCOL = [name for name in MODULES if name.startswith("wslab.protocol")]


def test_the_graph_is_what_it_should_be() -> None:
    """A reader that found nothing would make all the rest true."""
    assert len(PROTOCOL) >= 5
    assert "wslab.protocol.frames" in graph()["wslab.protocol.connection"]
    assert "socket" in reachable("wslab.ws_echo")
    assert reachable("wslab.ws_echo")["socket"].startswith("wslab.ws_echo → wslab.")


@pytest.mark.parametrize("name", PROTOCOL)
def test_the_protocol_is_pure_computation(name: str) -> None:
    ways = reachable(name)
    outside = [way for other, way in ways.items() if other.partition(".")[0] in FORBIDDEN]
    assert outside == [], f"{name} must know no socket, no thread and no clock"
    others = [way for other, way in ways.items() if other in MODULES and other not in PROTOCOL]
    assert others == [], f"{name} must not lean on what is built on top of it"


def test_no_import_circles() -> None:
    """Among the imports at the top. Data may import its view later, when it shows itself."""
    tops = {name: set(imported(name, statements(tree(name)))) for name in MODULES}
    inside = {name: found & MODULES.keys() for name, found in tops.items()}
    try:
        order = list(TopologicalSorter(inside).static_order())
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))
    assert order.index("wslab.protocol.rfc") < order.index("wslab.ws_echo")


def test_importing_wslab_pulls_in_only_the_standard_library() -> None:
    program = (
        "import sys; before = set(sys.modules); sys.path.insert(0, sys.argv[1]); import wslab; "
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    command = [sys.executable, "-I", "-c", program, str(ROOT)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    names = set(result.stdout.split())
    assert "wslab" in names
    # A few names of helpers are not in the list: __mp_main__, _sysconfigdata…, all start with "_".
    extra = {name for name in names - sys.stdlib_module_names if not name.startswith("_")}
    assert extra == {"wslab"}


# ---------------------------------------------------------------- sections of RFC 6455

# The table of contents of RFC 6455: a section, and how many sections it has inside.
CONTENTS = {
    "1": 9, "2": 1, "3": 0, "4": 4, "4.2": 2, "5": 8, "5.5": 3, "6": 2, "7": 4, "7.1": 7, "7.2": 3,
    "7.4": 2, "8": 1, "9": 2, "10": 8, "11": 9, "11.1": 2, "11.3": 5, "12": 0, "13": 0, "14": 2,
}  # fmt: skip
SECTIONS = {section for section in CONTENTS if "." not in section}
SECTIONS |= {f"{section}.{n + 1}" for section, count in CONTENTS.items() for n in range(count)}

# "§5.2", but not "RFC 7230 §3.2", which is another document.
CITED = re.compile(r"(RFC (?!6455\b)\d+,? )?§(\d+(?:\.\d+)*)")
NAMED = {"FieldType", "ProtocolError", "HandshakeError", "CloseCode"}


def citations(text: str) -> Iterator[str]:
    """The sections of RFC 6455 in a text."""
    return (match[2] for match in CITED.finditer(text) if not match[1])


def named_sections(tree: ast.AST) -> Iterator[str]:
    """The sections that fields, errors and rows of tables carry: their last argument."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        values: list[ast.expr] = [word.value for word in node.keywords if word.arg == "section"]
        if isinstance(node.func, ast.Name) and node.func.id in NAMED and node.args:
            values.append(node.args[-1])
        for value in values:
            if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
                yield value.value


def test_citations_are_found() -> None:
    text = "§5.2 and §11.7. RFC 6455 §4.1; RFC 7230 §3.2.6 is not ours, §99 is nowhere."
    assert list(citations(text)) == ["5.2", "11.7", "4.1", "99"]
    assert "5.5.1" in SECTIONS
    assert "7.5" not in SECTIONS
    assert len(SECTIONS) == 88
    sections = list(named_sections(ast.parse('FieldType("a", "5.2"); f(section="9.9")')))
    assert sections == ["5.2", "9.9"]


@pytest.mark.parametrize("name", MODULES)
def test_every_section_that_we_cite_exists(name: str) -> None:
    text = MODULES[name].read_text("utf-8")
    found = {*citations(text), *named_sections(ast.parse(text))}
    assert found <= SECTIONS, found - SECTIONS
    if name in ("wslab.protocol.frames", "wslab.protocol.connection"):
        assert len(found) >= 4, "these files are full of citations"
