"""The students' copy: complete enough to work with, and without what is not theirs."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.exercises.secret_lines import lines_of, secret_lines
from tests.support.shell import PYTHON, environment, sentence, wslab
from wslab.grading import kit, parcel, release
from wslab.grading.kit import KitError
from wslab.grading.parcel import Item

ROOT = kit.root()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    done = wslab("release", str(tmp_path / "copy"))
    assert done.returncode == 0, done.stderr
    assert b"without solutions" in done.stdout
    return tmp_path / "copy"


def bodies(source: str) -> set[str]:
    """The functions of a file that do something, each without its docstring."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            steps = node.body[1:] if ast.get_docstring(node) else node.body
            text = "\n".join(map(ast.unparse, steps))
            if text.count("\n") >= 2:
                found.add(text)
    return found


def test_no_solution_is_in_it(copy: Path) -> None:
    shared = bodies((ROOT / "exercises" / "pieces.py").read_text("utf-8"))
    shared |= bodies((ROOT / "exercises" / "plumbing.py").read_text("utf-8"))
    solved = set()
    for path in (ROOT / "solutions").glob("ex*.py"):
        starter = (ROOT / "exercises" / path.name).read_text("utf-8")
        solved |= bodies(path.read_text("utf-8")) - bodies(starter) - shared
    assert len(solved) > 15, "or this looks for nothing"
    for path in copy.rglob("*.py"):
        assert not bodies(path.read_text("utf-8")) & solved, path
    assert not (copy / "solutions").exists()


def test_nothing_of_the_instructor_is_in_it(copy: Path) -> None:
    names = {path.relative_to(copy).as_posix() for path in copy.rglob("*")}
    for word in ("INSTRUCTORS", "solutions", "attacks", "seed", "marks", ".git/", "__pycache__"):
        assert [name for name in names if word in name] == []
    assert not any(name.startswith(".") and name not in (".gitignore", ".gitattributes")
                   for name in names)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The kit's folder of an instructor."""
    folder = tmp_path / "kit"
    ignored = shutil.ignore_patterns(".*", "__pycache__", "*.ipynb")
    shutil.copytree(ROOT, folder, ignore=ignored)
    monkeypatch.setattr(kit, "root", lambda: folder)
    return folder


def test_a_file_that_nobody_thought_of_stays_at_home(home: Path) -> None:
    for name in ("seed", "exercises/seed.txt", "exercises/ex03_opening_handshake.py.bak",
                 "exercises/ex03_mine.py", "marks/grades.csv", "old_solutions/ex03.py",
                 "tests/exercises/seed.py"):  # fmt: skip
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text("secret")
    assert not [name for name, item in release.students().items() if item.data == b"secret"]


def test_what_an_instructor_has_tried_out_stays_at_home_too(home: Path) -> None:
    name = "exercises/ex03_opening_handshake.py"
    starter = release.students()[name].data
    assert b"raise NotImplementedError" in starter
    shutil.copy(home / "solutions" / "ex03_opening_handshake.py", home / name)
    assert release.students()[name].data == starter


def test_a_solution_in_the_place_of_a_starter_is_noticed(home: Path) -> None:
    starters = home / "tests" / "exercises" / "starters"
    name = "ex03_opening_handshake"
    shutil.copy(home / "solutions" / f"{name}.py", starters / f"{name}.txt")
    with pytest.raises(KitError, match=r"exercises/ex03_opening_handshake.py would be a solution"):
        release.students()


def test_students_can_check_themselves_in_the_copy(copy: Path) -> None:
    env = {**environment(), "PYTHONPATH": str(copy)}
    run = [*PYTHON, "-m", "wslab", "check", "ex03"]
    result = subprocess.run(run, cwd=copy, env=env, capture_output=True, timeout=50, check=False)
    assert result.returncode == 1, result.stderr
    assert b"is still to be written, in ex03_opening_handshake.py" in result.stdout
    solution = ROOT / "solutions" / "ex03_opening_handshake.py"
    shutil.copy(solution, copy / "exercises" / solution.name)
    result = subprocess.run(run, cwd=copy, env=env, capture_output=True, timeout=50, check=False)
    assert result.returncode == 0, result.stdout


@pytest.mark.timeout(120)
@pytest.mark.parametrize("key", ["ex07", "ex09"])
def test_students_can_check_and_grade_a_server_with_nothing_else_written(
    copy: Path, key: str, tmp_path: Path
) -> None:
    name = f"{kit.FILES[key]}.py"
    for folder in (copy / "exercises", tmp_path / "in" / "anna"):
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "solutions" / name, folder)
    grade = ["grade", str(tmp_path / "in"), "-o", str(tmp_path / "marks"), "--exercise", key]
    most = sum(check.points for check in kit.checks(key))
    for command, said in (
        (["check", key], f"{most} of {most} points."),
        ([*grade, "--allow-unsandboxed"], "1 graded"),
    ):
        done = subprocess.run(
            [*PYTHON, "-m", "wslab", *command],
            cwd=copy,
            env={**environment(), "PYTHONPATH": str(copy)},
            capture_output=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert said in done.stdout.decode()
    assert f",graded,{most},{most}," in (tmp_path / "marks" / "grades.csv").read_text("utf-8")


@pytest.mark.parametrize("key", ["ex07", "ex09"])
def test_a_given_file_that_is_missing_is_named(home: Path, key: str) -> None:
    for name in ("exercises/pieces.py", "exercises/fallback.py", "wslab/protocol/frames.py"):
        text = (home / name).read_bytes()
        (home / name).unlink()
        with pytest.raises(KitError, match=f"{re.escape(name)} is missing, and ex0"):
            release.grader()
        (home / name).write_bytes(text)


def test_what_lies_beside_a_program_holds_no_line_of_a_solution() -> None:
    """Nor does what goes to a grader that is not ours, as Gradescope."""
    for key in kit.FILES:
        beside = "\n".join(kit.companions(key).values())
        assert not secret_lines() & lines_of(beside), key
    assert len(secret_lines()) > 1000, "or this looks for nothing"
    assert not [name for name in release.grader() if "solutions" in name]


def test_all_checks_beliefs_and_hints_work_in_the_copy_and_in_a_grader(
    copy: Path, tmp_path: Path
) -> None:
    parcel.write(release.grader(), tmp_path / "grader")
    program = """
from wslab.grading import kit
for key in kit.written():
    print(key, len(kit.checks(key)), len(kit.beliefs(key)))
"""
    due = "".join(f"{k} {len(kit.checks(k))} {len(kit.beliefs(k))}\n" for k in kit.written())
    for folder in (copy, tmp_path / "grader"):
        done = subprocess.run(
            [*PYTHON, "-c", program],
            cwd=folder,
            env={**environment(), "PYTHONPATH": str(folder)},
            capture_output=True,
            timeout=50,
            check=False,
        )
        assert done.stdout.decode().replace("\r", "") == due, done.stderr.decode()
    assert len(list((copy / "tests" / "exercises" / "hints").glob("*.md"))) == len(kit.FILES)


def test_the_command_does_not_overwrite_and_gives_students_no_seed(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    done = wslab("release", str(tmp_path))
    assert done.returncode == 2
    assert "there already" in sentence(done.stderr)
    done = wslab("release", str(tmp_path / "new"), "--seed", "s")
    assert "students get no seed" in sentence(done.stderr)
    assert os.listdir(tmp_path) == ["mine"]


def test_the_name_comes_first() -> None:
    done = wslab("release", "--gradescope", "--exercise", "ex03", "out.zip")
    assert done.returncode == 2
    assert "Put the name first" in sentence(done.stderr)


@pytest.mark.parametrize("name", ["x.tar.gz", "x.TGZ", "x.tar", "x.7z", "x.rar"])
def test_another_kind_of_archive_is_no_name_for_a_folder(tmp_path: Path, name: str) -> None:
    done = wslab("release", str(tmp_path / name))
    assert done.returncode == 2
    assert "use a name that ends in .zip, or that of a folder" in sentence(done.stderr)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(("name", "top"), [("class.zip", "class"), ("...zip", "wslab")])
def test_the_archive_unpacks_into_one_folder(tmp_path: Path, name: str, top: str) -> None:
    assert wslab("release", str(tmp_path / name)).returncode == 0
    with zipfile.ZipFile(tmp_path / name) as archive:
        names = archive.namelist()
    assert {path.partition("/")[0] for path in names} == {top}
    assert f"{top}/start.py" in names


def test_every_link_in_the_copy_leads_to_a_file_in_it(copy: Path) -> None:
    checked = 0
    for path in copy.rglob("*.md"):
        for target in re.findall(r"\]\(([^)#:\s]+)[)#\s]", path.read_text("utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
            checked += 1
    assert checked > 20
    assert "](https://www.rfc-editor.org/rfc/rfc6455)" in (copy / "README.md").read_text("utf-8")
    text = (copy / "notebooks" / "README.md").read_text("utf-8")
    assert "finds help in INSTRUCTORS.md (not in this copy)." in text


def test_only_dead_links_become_text() -> None:
    text = b"[a](b.md#c) [d](../e.md) [f](sub/) ![g](h.svg) [i](#j) [k](https://l/m.md) \xff"
    found = release._without_dead_links(
        {"x/r.md": Item(text), "x/b.md": Item(b""), "x/sub/s": Item(b""), "x/h.svg": Item(b"")}
    )
    assert found["x/r.md"].data == text.replace(b"[d](../e.md)", b"d (not in this copy)")


def test_the_same_kit_gives_the_same_archive() -> None:
    assert parcel.zipped(release.students()) == parcel.zipped(release.students())
