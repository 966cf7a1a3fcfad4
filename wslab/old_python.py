"""What to say where Python is too old. All of this file must run on 3.6 to 3.9."""

import subprocess
import sys


def advice():
    # type: () -> str
    """Which Python this is, and what to type instead of what you typed."""
    ours = ".".join(str(number) for number in sys.version_info[:3])
    said = "wslab needs Python 3.10 or newer; this is Python " + ours + ".\n"
    # Where python -m wslab is only looking for the package, the first word is "-m".
    begin = ["-m", "wslab"] if sys.argv[0] == "-m" else sys.argv[:1]
    command = subprocess.list2cmdline(begin + sys.argv[1:])  # quotes words with spaces
    for minor in range(19, 9, -1):
        name = "python3." + str(minor)
        if works(name):
            return said + "You have a newer one already. Run:  " + name + " " + command
    where, run = {
        "win32": ("from https://www.python.org/downloads/", "py -3.12"),
        "darwin": ("with `brew install python@3.12` or from https://www.python.org", "python3.12"),
    }.get(sys.platform, ("(Debian, Ubuntu: `sudo apt install python3 python3-venv`)", "python3"))
    return said + "Install a newer one " + where + ", then run:  " + run + " " + command


def works(name):
    # type: (str) -> bool
    """Whether this program is there and starts: one that was removed may leave its name."""
    try:
        child = subprocess.Popen([name, "-c", ""], stderr=subprocess.PIPE)
        child.communicate()
        return child.returncode == 0
    except OSError:
        return False
