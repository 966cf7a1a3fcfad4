"""What the guide for instructors says is true, and its recipes are made of what is there."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest

from tests.support.visit import missing
from wslab.cli import _parser
from wslab.grading import gradescope_bundle, kit, record, rubric
from wslab.grading.limits import GRADED, MIB
from wslab.grading.report import tables

ROOT = kit.root()
GUIDE = (ROOT / "exercises" / "INSTRUCTORS.md").read_text("utf-8")
RECIPES = ROOT / "exercises" / "grading"


def test_the_points_are_those_of_the_checks() -> None:
    assert rubric.replaced(GUIDE) == GUIDE, "run: python -m wslab.grading.rubric --write"
    points = sum(check.points for key in kit.written() for check in kit.checks(key))
    assert f"| {points} |\n" in GUIDE
    assert rubric.replaced(GUIDE.replace(f"| {points} |\n", "| 0 |\n")) == GUIDE


COMMANDS = re.findall(r"python3? -m wslab ((?:release|grade|check)\b[^`#\n|)]*)", GUIDE + "".join(
    path.read_text("utf-8") for path in sorted(RECIPES.iterdir())
))  # fmt: skip


def test_there_are_commands_to_try() -> None:
    assert len(COMMANDS) >= 9


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_understood(command: str) -> None:
    words = shlex.split(command)
    args = _parser(words[0]).parse_args(words)
    assert args.run is not None


def test_links_and_files_exist() -> None:
    for link in re.findall(r"\]\(([^)]+)\)", GUIDE):
        assert (ROOT / "exercises" / link).is_file(), link
    for name in re.findall(r"`((?:tests|wslab|exercises|solutions)/[\w./-]*)`", GUIDE):
        assert (ROOT / name).exists(), name


def test_words_and_numbers_are_those_of_the_code() -> None:
    for status in (record.GRADED, record.PARTIAL, record.EMPTY, record.REFUSED,
                   record.NEEDS_A_PERSON):  # fmt: skip
        assert f"| `{status}` |" in GUIDE
    for name in ("flags", "isolation", "kit_hash", "score", "status"):
        assert name in tables.COLUMNS
        assert f"`{name}`" in GUIDE
    for limit in (f"{GRADED.load:.0f} s to load", f"{GRADED.call:.0f} s for a call",
                  f"{GRADED.step:.0f} s for a step", f"{GRADED.total:.0f} s in all",
                  f"{GRADED.memory // MIB // 1024} GiB of memory",
                  f"{GRADED.written // MIB} MiB written",
                  f"{GRADED.unpacked // MIB} MiB and {GRADED.entries} files"):  # fmt: skip
        assert limit in " ".join(GUIDE.split()), limit


# ---------------------------------------------------------------- the recipes


def documents(name: str) -> list[Any]:
    try:
        import yaml
    except ImportError:
        missing("pyyaml is not installed")
    return list(yaml.safe_load_all((RECIPES / name).read_text("utf-8")))


def test_the_container_is_made_of_what_is_there() -> None:
    lines = (RECIPES / "Dockerfile").read_text("utf-8").split("\n")
    copied = [line.split()[1] for line in lines if line.startswith("COPY")]
    assert {"wslab", "tests/exercises", "exercises"} == set(copied), "no solutions"
    assert all((ROOT / name).is_dir() for name in copied)
    assert any(line.startswith("FROM python:3.") for line in lines)
    text = "\n".join(lines)
    assert f"useradd --system --no-create-home --shell /usr/sbin/nologin {WORKER}" in text
    assert f"WSLAB_WORKER_USER={WORKER}" in text
    for word in ("--network none", "--read-only", "--cap-drop ALL", "no-new-privileges"):
        assert word in text


WORKER = gradescope_bundle.WORKER
RIGHTS = {"SETUID", "SETGID", "CHOWN", "KILL", "DAC_OVERRIDE", "FOWNER"}


def test_both_recipes_give_the_judge_the_same_rights() -> None:
    text = (RECIPES / "Dockerfile").read_text("utf-8")
    assert set(re.findall(r"--cap-add (\w+)", text)) == RIGHTS
    job, _ = documents("kubernetes.yaml")
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert set(container["securityContext"]["capabilities"]["add"]) == RIGHTS


def test_the_job_has_limits_no_network_and_nothing_to_write_to() -> None:
    job, policy = documents("kubernetes.yaml")
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert set(container["resources"]["limits"]) == {"cpu", "memory", "ephemeral-storage"}
    context = container["securityContext"]
    assert context["readOnlyRootFilesystem"] is True
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"]["drop"] == ["ALL"]
    assert pod["automountServiceAccountToken"] is False
    mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
    assert set(mounts) == {volume["name"] for volume in pod["volumes"]}
    assert mounts["submissions"]["readOnly"] is True
    assert policy["kind"] == "NetworkPolicy"
    assert set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"}
    assert not {"ingress", "egress"} & set(policy["spec"]), "no exception from 'nothing'"
    labels = job["spec"]["template"]["metadata"]["labels"]
    assert policy["spec"]["podSelector"]["matchLabels"] == labels


@pytest.mark.parametrize("name", ["github-check.yml", "github-grade.yml"])
def test_a_workflow_has_what_github_asks_for(name: str) -> None:
    (flow,) = documents(name)
    assert flow[True], "'on', which YAML 1.1 takes for a truth value"
    assert flow["permissions"] == {"contents": "read"}
    for job in flow["jobs"].values():
        assert job["runs-on"] == "ubuntu-latest"
        assert job["timeout-minutes"] > 0
        for step in job["steps"]:
            assert len({"uses", "run"} & set(step)) == 1
            assert "@v" in step.get("uses", "@v")
            # What others may write must not become a part of a script.
            assert "${{" not in step.get("run", "")


def test_the_students_workflow_holds_no_secret_and_ours_keeps_the_seed() -> None:
    assert "secrets." not in (RECIPES / "github-check.yml").read_text("utf-8")
    (flow,) = documents("github-grade.yml")
    *_, upload = flow["jobs"]["grade"]["steps"]
    kept = upload["with"]["path"].split()
    assert "marks/grades.csv" in kept
    assert not any(path in ("marks", "marks/", "marks/seed", "marks/journal") for path in kept)
