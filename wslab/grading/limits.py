"""How much of everything a submission may use. Sizes are in bytes.

Times are in seconds of the program's own time: so much processor time, and as much waiting. See
`allowance`.
"""

from __future__ import annotations

from dataclasses import dataclass

KIB, MIB = 1 << 10, 1 << 20


@dataclass(frozen=True)
class Limits:
    """The bounds for one submission; the defaults are those of a graded run."""

    load: float = 5.0
    """To start the worker and load one file."""
    call: float = 1.0
    """For one call of one function, with all that it reads and writes."""
    step: float = 2.0
    """For one step with a server: it is ready, it answers, it closes."""
    total: float = 300.0
    """For one submission, all exercises together: enough for code that takes 0.3 s for each call of
    every exercise."""
    restarts: int = 5
    """So often a worker that ended or hung is replaced, for one file."""
    strain: int = 12
    """So often all files of a submission together may end or hang; then the rest is not asked.

    A count and no time, so that a slow machine gives the same marks."""

    landlock: bool = True
    """False only to see what the other walls are worth."""
    seccomp: bool = True
    """The same."""

    memory: int = 1024 * MIB
    file: int = 16 * MIB
    """The longest file that the student's code may write."""
    written: int = 64 * MIB
    """The most bytes that it may keep in its folder …"""
    files: int = 1000
    """… and the most files and folders."""
    descriptors: int = 128
    """Open files and sockets at a time."""
    threads: int = 128
    """At a time. A server has one or two for each client, and a check brings at most a dozen."""

    answer: int = MIB
    """The longest message in either direction of the pipe."""
    output: int = 64 * KIB
    """So much of what the code prints is kept; the rest is read and dropped …"""
    printed: int = 256 * MIB
    """… up to here, because to read it takes our time."""
    source: int = MIB
    """The longest source file."""
    notebook: int = 8 * MIB
    """The longest notebook; its pictures count too."""
    archive: int = 20 * MIB
    """The longest archive, as it is handed in."""
    entries: int = 2000
    """The most files in an archive: the students' copy has some hundreds."""
    unpacked: int = 20 * MIB
    """The most bytes that an archive may unpack to, counted while it is read."""


GRADED = Limits()
