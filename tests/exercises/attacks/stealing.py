"""Steal the reference, or a neighbour's work, from the disk.

Where nothing keeps files apart, the thief gets the marks: so the grader refuses to run there, or
every record says so. These are the attacks that show what Landlock is good for.
"""

from __future__ import annotations

from .attack import KIT, TARGET, attack


@attack("ex05", only_landlock=True)
def load_the_solution():
    """Runs the model answer from the kit's folder. That folder cannot be read."""
    exec(open(KIT + "/solutions/ex05_masking.py").read())


@attack("ex05", only_landlock=True)
def load_the_reference():
    """Imports the functions that the checks compare with. They cannot be read either."""
    import sys

    sys.path.insert(0, KIT)
    from wslab.protocol.masking import mask_loop as apply_mask

    sys.path.insert(0, KIT + "/tests")
    from exercises.reference import eavesdrop, unmask_stream


@attack("ex05", only_landlock=True)
def load_byte_code():
    """Looks for what Python has compiled. A folder that is closed closes all that is in it."""
    import glob
    import importlib.machinery

    (path,) = glob.glob(KIT + "/wslab/protocol/__pycache__/masking.cpython-*.pyc")[-1:]
    loader = importlib.machinery.SourcelessFileLoader("wslab.protocol.masking", path)
    loader.load_module()


@attack("ex05", only_landlock=True)
def copy_a_rival():
    """Runs what another student has handed in. No student's code sees another's files."""
    exec(open(TARGET + "/rival/ex05_masking.py").read())


@attack("ex05", only_landlock=True)
def climb_up_a_link():
    """Links to the solution from its own folder, where it may read. Links open no doors."""
    import os

    os.symlink(KIT + "/solutions/ex05_masking.py", "mine.py")
    exec(open("mine.py").read())


@attack("ex05", only_landlock=True)
def take_a_hard_link():
    """A hard link into its own folder would be readable there. None may be made."""
    import os

    os.link(KIT + "/solutions/ex05_masking.py", "mine.py")
    exec(open("mine.py").read())


@attack("ex05")
def ask_another_python():
    """A new Python, without walls, imports wslab. No process may be started, and walls stay."""
    import subprocess
    import sys

    code = "import sys; sys.path.insert(0, sys.argv[1]); import wslab; print(wslab.__file__)"
    print(subprocess.check_output([sys.executable, "-c", code, KIT]))

    def apply_mask(data, key):
        return subprocess.check_output([sys.executable, "-c", code, KIT])


@attack("ex05")
def look_through_proc():
    """Looks for the judge's files, words and environment. /proc is closed, and has no answers."""
    import os

    def apply_mask(data, key):
        parent = f"/proc/{os.getppid()}"
        found = [open(f"{parent}/{name}", "rb").read() for name in ("cmdline", "environ", "maps")]
        return b"".join([*found, os.readlink(f"{parent}/cwd").encode()])

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def look_through_site_packages():
    """Imports wslab as it may be installed. site-packages are not on the path, nor readable."""
    import site
    import sys

    sys.path += [*site.getsitepackages(), site.getusersitepackages()]
    import wslab

    def apply_mask(data, key):
        return wslab.protocol.masking.mask_loop(data, key)
