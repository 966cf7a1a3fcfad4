"""Workers out of a nursery are the same as those that were started."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.shell import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux only")

JUDGE = """
import json, os, sys, tempfile
sys.path.insert(0, sys.argv[1])
tempfile.tempdir = sys.argv[2]
from wslab.grading import launch, orphans
from wslab.grading.forked import Forked
from wslab.grading.limits import Limits
from wslab.grading.session import Session

CODE = '''
import gc, os, sys, threading
secret = []
def facts():
    secret.append(1)
    return [
        sorted(os.environ), sys.argv, [p for p in sys.path if "wslab" in p],
        len(os.listdir("/proc/self/fd")), os.getsid(0) == os.getpid(),
        os.getcwd() == os.environ["HOME"],
        list({"a", "b", "c", "d"}), sys.flags.no_site, len(secret),
        any("wslab" in name for name in sys.modules),
    ]
def leave(): os._exit(7)
def hang():
    while True: pass
'''
LIMITS = Limits(load=20, call=2, total=60, landlock=False)

def outcome():
    with Session({"a": CODE}, "a", LIMITS) as one:
        facts = one.call("facts", (), {}).value
        kind = type(one._child.process).__name__
        ends = [[answer.kind.value, answer.text] for answer in
                (one.call(name, (), {}) for name in ("leave", "hang"))]
        return kind, [facts, ends, list(one.layers)]

orphans.adopt()
started = outcome()
launch.open_nursery(sys.argv[2])
forked = outcome()
launch._nurseries[0]._process.kill()
launch._nurseries[0]._process.wait()
again = outcome()
left = set(orphans._children())
print(json.dumps([started, forked, again, len(left), os.listdir(sys.argv[2])]))
"""


def test_a_forked_worker_is_like_a_started_one_and_can_be_missed(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", JUDGE, str(ROOT), str(tmp_path)],
        capture_output=True, text=True, timeout=50,
    )  # fmt: skip
    assert not done.stderr
    (kind, started), (forked_kind, forked), (again_kind, again), left, files = json.loads(
        done.stdout
    )
    assert (kind, forked_kind, again_kind) == ("Popen", "Forked", "Popen")
    assert forked == started == again
    assert (left, files) == (0, [])
