"""Runs a student's text in its module: a file as a whole, a notebook cell by cell as Jupyter does.

In the worker only: the judge never compiles what a student wrote. A notebook comes as one text with
a NUL before each of its cells, because no source of Python can contain one (see `cells`).

IPython's own transformer isn't used: marks must not depend on what is installed beside the grader,
and it reads a cell again for each magic in it. `plain` does the same in one pass, and
tests/grading/test_notebook_cells.py holds it against IPython's.
"""

from __future__ import annotations
import __future__

import re
import sys
from collections.abc import Iterator
from types import CodeType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import ast

CELL = "\0"
"""Before each cell of a notebook; cells that aren't code are empty."""

_FUTURE = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
_TOP_LEVEL_AWAIT = 0x2000  # ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, and inspect.CO_COROUTINE: to import
_COROUTINE = 0x80  # them would take longer than to run most files
_IN_JUPYTER = ("display", "get_ipython")
"""Names that Jupyter brings along."""


SHOWN = 200
"""So many characters of an error's text go back."""


class Skipped(NamedTuple):
    """What wasn't run, and why."""

    cell: int
    """Counted from 1, with the cells of text; 0 in a plain file."""
    line: int
    error: str
    """The name of its class, as "NameError"."""
    text: str


NOT_RUN = "not run: "
"""So begins what a program prints about what it skips."""

PYTHON = "Python {}.{}".format(*sys.version_info)
_WHY = {
    "ModuleNotFoundError": "the grader has Python's own library and your exercises, nothing else",
    "ImportError": f"the grader runs {PYTHON}",
    "SyntaxError": f"read by {PYTHON}; a newer one may know more",
}


def told(note: Skipped) -> str:
    """The same in words, as "cell 3, line 2: NameError: name 'x' is not defined"."""
    place = [f"{word} {n}" for word, n in (("cell", note.cell), ("line", note.line)) if n]
    why = f" ({_WHY[note.error]})" if note.error in _WHY else ""
    return f"{', '.join(place)}: {note.error}: {note.text}{why}".removeprefix(": ")


def file_names(file: str, text: str) -> Iterator[str]:
    """What tracebacks call the parts of a text whose file would be ``file``."""
    if not text.startswith(CELL):
        yield file
    for number in range(1, text.count(CELL) + 1):
        yield cell_name(file, number)


def cell_name(file: str, number: int) -> str:
    """As "ex05_masking.ipynb, cell 3"."""
    return f"{file.removesuffix('.py')}.ipynb, cell {number}"


def execute(
    text: str, file: str, variables: dict[str, Any], skipped: list[Skipped], program: bool = False
) -> None:
    """Run it. What isn't run goes into ``skipped``: in a notebook all that fails, else imports.

    A file raises its other errors. So does a program in a notebook that wants to end.
    """
    unit = _Unit(file, variables, skipped)
    if not text.startswith(CELL):
        unit.run(text)
        return
    for number, cell in enumerate(text.split(CELL)[1:], 1):
        unit.file, unit.cell = cell_name(file, number), number
        try:
            unit.run(cell)
        except (Exception, SystemExit) as error:
            if program and isinstance(error, SystemExit):
                raise
            unit.note(error)


class _Unit:
    """A file, or one cell after the other; what one cell imported from the future stays so."""

    def __init__(self, file: str, variables: dict[str, Any], notes: list[Skipped]) -> None:
        self.file, self.variables, self.notes = file, variables, notes
        self.cell = 0
        self.flags = 0
        self.absent = set(_IN_JUPYTER)
        self._loop: Any = None

    def run(self, text: str) -> None:
        """Run it, without the imports that fail, and the bare calls of what they would give."""
        if self.cell:
            text = self._python(text)
        code = self._compiled(text)
        rest: list[ast.stmt] | None = None
        while True:
            try:
                self._exec(code)
                return
            except (ImportError, NameError) as error:
                import ast

                if rest is None:
                    rest = self._compiled(text, ast.PyCF_ONLY_AST).body
                line = self._line(error)
                failed = next((n for n, node in enumerate(rest) if line <= _end(node)), None)
                if failed is None or not self._can_do_without(rest[failed], error):
                    raise
                self.note(error)
                rest = rest[failed + 1 :]
                code = self._compiled(ast.Module(rest, []))

    def _python(self, text: str) -> str:
        """The cell without what only IPython understands."""
        try:
            self._compiled(text)
        except SyntaxError:
            return plain(text)
        return text

    def _compiled(self, text: str | ast.Module, more: int = 0) -> Any:
        flags = self.flags | more | (_TOP_LEVEL_AWAIT if self.cell else 0)
        code = compile(text, self.file, "exec", flags, dont_inherit=True)
        if self.cell and isinstance(code, CodeType):
            self.flags |= code.co_flags & _FUTURE
        return code

    def _exec(self, code: CodeType) -> None:
        if not code.co_flags & _COROUTINE:
            exec(code, self.variables)
            return
        import asyncio

        self._loop = self._loop or asyncio.new_event_loop()
        self._loop.run_until_complete(eval(code, self.variables))

    def _can_do_without(self, node: ast.stmt, error: Exception) -> bool:
        """An import, or a call that gives nothing of what an import would have brought."""
        import ast

        if isinstance(node, (ast.Import, ast.ImportFrom)) and isinstance(error, ImportError):
            for alias in node.names:
                self.absent.add(alias.asname or alias.name.partition(".")[0])
            return True
        return isinstance(node, ast.Expr) and getattr(error, "name", "") in self.absent

    def note(self, error: BaseException) -> None:
        """What isn't run, and why."""
        try:
            text = str(error.msg if isinstance(error, SyntaxError) else error)
        except BaseException:  # theirs
            text = ""
        line, name = self._line(error), type(error).__name__
        self.notes.append(Skipped(self.cell, line, name, text[:SHOWN]))

    def _line(self, error: BaseException) -> int:
        """Where in this text it came from; 0 if that isn't known."""
        if isinstance(error, SyntaxError) and error.filename == self.file:
            return error.lineno or 0
        step = error.__traceback__
        while step and step.tb_frame.f_code.co_filename != self.file:
            step = step.tb_next
        return step.tb_lineno if step else 0


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


# ---------------------------------------------------------------- what IPython adds to Python

_ESCAPES = frozenset("%!?,;/")
"""What begins a line for IPython, and none of Python."""
_DEPTH = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}

RUN = {"time", "capture", "prun"}
"""Cell magics that run their cell, as Python, where all other cells run."""

# One token, or a piece of one; a string without an end goes on to the end, as in Python.
_TOKEN = re.compile(
    r'''"""(?:\\.|[^\\]|\\)*?(?:"""|\Z) | \'\'\'(?:\\.|[^\\]|\\)*?(?:\'\'\'|\Z)
    | "(?:\\.|[^"\\\n])*"? | '(?:\\.|[^'\\\n])*'? | \#[^\n]* | \\\n | [ \t\f]+ | \w+
    | [=!<>:%*/+&|^@-]{1,3}= | .''',
    re.VERBOSE | re.DOTALL,
)
_INDENT = re.compile(r"[ \t\f]*")
_EMPTY_LINES = re.compile(r"(?:[ \t\f]*\n)*")
_TO_THE_END = re.compile(r"(?:\\\n|[^\n])*")  # of a line, and those that a backslash adds
_PROMPTS = {
    ">>>": re.compile(r"^[ \t]*(?:>>>|\.\.\.)(?:[ \t]|$)", re.MULTILINE),
    "In [": re.compile(r"^(?:In \[\d+\]: ?|[ \t]*\.{3,}: ?)", re.MULTILINE),
}


def plain(cell: str) -> str:
    r"""The Python in a cell: magics, commands and questions become ``pass``, and lines stay lines.

    For cells that aren't Python as they are. Raises SyntaxError if the whole cell is for another
    program.

    >>> plain("%matplotlib inline\nx = !ls\napply_mask?\ny = (1\n % 2)")
    'pass\nx = []\npass\ny = (1\n % 2)'
    """
    code, above = cell, 0
    while True:
        top = _EMPTY_LINES.match(code)
        above += code.count("\n", 0, top.end() if top else 0)
        code = code[top.end() if top else 0 :]
        indent = _INDENT.match(code)
        if indent and indent[0]:
            code = re.sub(f"^{indent[0]}", "", code, flags=re.MULTILINE)
        if not code.startswith("%%"):
            break
        first, _, code = code.partition("\n")
        name = first[2:].partition(" ")[0]
        if name not in RUN:
            raise SyntaxError(f"%%{name[:40]} isn't Python")
        above += 1
    for begin, prompt in _PROMPTS.items():
        if code.startswith(begin):
            code = prompt.sub("", code)
    return "\n" * above + "".join(_statements(code))


def _statements(code: str) -> Iterator[str]:
    """One logical line after the other, without what is no Python."""
    at = 0
    while at < len(code):
        if empty := _EMPTY_LINES.match(code, at):
            yield empty[0]
            at = empty.end()
        indent = _INDENT.match(code, at)
        begin = indent.end() if indent else at
        if code[begin : begin + 1] in _ESCAPES:
            end = _to_the_end(code, begin)
            yield code[at:begin] + _magic(code[begin:end])
        else:
            end, text = _logical_line(code, begin)
            yield code[at:begin] + text
        at = end


def _to_the_end(code: str, begin: int) -> int:
    found = _TO_THE_END.match(code, begin)
    return found.end() if found else len(code)


def _magic(text: str) -> str:
    """A line for IPython. Of "%time STATEMENT", the statement is Python."""
    if text.startswith("%time ") and not text.endswith("?"):
        return text.removeprefix("%time ").lstrip()
    return "pass" + "\n" * text.count("\n")


def _logical_line(code: str, begin: int) -> tuple[int, str]:
    """Where a logical line of Python ends, and what to run in its place."""
    depth, last, at = 0, "", begin
    while at < len(code):
        found = _TOKEN.match(code, at)
        token = found[0] if found else code[at]
        if token == "\n" and depth == 0:
            at += 1
            break
        if last == "=" and depth == 0 and token in ("!", "%"):  # x = !ls
            end = _to_the_end(code, at)
            value = "[]" if token == "!" else "None"
            return end, code[begin:at] + value + "\n" * code.count("\n", at, end)
        depth = max(0, depth + _DEPTH.get(token, 0))
        if token.strip() and not token.startswith("\\\n"):
            last = token
        at += len(token)
    text = code[begin:at]
    if last == "?":
        text = "pass" + "\n" * text.count("\n")
    return at, text
