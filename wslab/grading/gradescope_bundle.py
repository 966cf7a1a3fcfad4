"""The archive that Gradescope builds an autograder from.

Layout and duties: https://gradescope-autograders.readthedocs.io/en/latest/specs/. Both scripts must
stand at the top of the archive. It holds the seed: it is for instructors.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from . import release
from .parcel import Item, Parcel

WORKER = "wslab-worker"
"""The user that students' code runs as; the judge stays root, as Gradescope starts it."""

SETUP = f"""\
#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image.
set -eu
source_folder=${{1:-/autograder/source}}

new_enough() {{ python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }}
new_enough || {{ apt-get update -q && apt-get install -qy python3; }}
new_enough || {{ echo "Choose a base image with Python 3.10 or newer." >&2; exit 1; }}

# Students' code runs as a user of its own, who can read the worker and nothing else of ours:
# not the seed, not the checks.
id {WORKER} >/dev/null 2>&1 || useradd --system --no-create-home {WORKER}
try='import subprocess as s, sys; s.run([sys.executable, "-c", ""], user="{WORKER}", check=True)'
python3 -c "$try" || {{ echo "{WORKER} may not start this Python." >&2; exit 1; }}
chmod -R go-rwx "$source_folder"
chmod go+x "$source_folder" "$source_folder/kit"
chmod go+rx "$source_folder/kit/wslab"  # Python lists a folder that it imports from
chmod -R go+rX "$source_folder/kit/wslab/grading"
"""

RUN = f"""\
#!/usr/bin/env bash
# Gradescope runs this for each submission, as root.
root=${{1:-/autograder}}
export WSLAB_WORKER_USER=${{WSLAB_WORKER_USER-{WORKER}}} PYTHONDONTWRITEBYTECODE=1
cd "$root/source/kit" && exec python3 -m wslab.grading.gradescope_run "$root"
"""


def bundle(seed: str, exercises: Sequence[str]) -> Parcel:
    """The files of the archive. Raises KitError."""
    config = json.dumps({"seed": seed, "exercises": list(exercises)}, indent=1) + "\n"
    return {
        "setup.sh": Item(SETUP.encode(), program=True),
        "run_autograder": Item(RUN.encode(), program=True),
        "config.json": Item(config.encode()),
        **{f"kit/{name}": item for name, item in release.grader().items()},
    }
