"""How ``start.py`` opens JupyterLab: the first lesson, and nothing of other projects.

Jupyter runs this file (JUPYTER_CONFIG_PATH leads to it) and gives it ``c``, its configuration.
"""

import os
from pathlib import Path
from urllib.parse import quote

import zmq

c = get_config()  # noqa: F821  (Jupyter's)
HERE = Path(__file__).resolve().parent
KIT = HERE.parent.parent
(FIRST,) = HERE.parent.glob("00*.ipynb")

c.ServerApp.root_dir = str(KIT)
c.LabApp.default_url = f"/lab/tree/notebooks/{quote(FIRST.name)}"
c.LabApp.app_settings_dir = str(HERE)  # overrides.json: no news, no updates
c.LabApp.workspaces_dir = str(KIT / ".wslab/workspaces")
# Its red [C ...] looks like an error, and its log would push the address out of sight.
c.Application.log_format = "%(message)s"
c.Application.log_level = "ERROR"
# Ctrl-C ends it at once. It would ask otherwise, and run on after 5 seconds without an answer.
c.ServerApp.answer_yes = True
# JupyterLab refuses root (a container, mostly) unless told. It listens on loopback only.
c.ServerApp.allow_root = hasattr(os, "geteuid") and os.geteuid() == 0
if zmq.has("curve"):  # without encryption, each kernel warns of eavesdroppers
    c.KernelManager.transport_encryption = "auto"
