"""What ``python -m wslab check`` does: the student's own files, what is right and what is not."""

from __future__ import annotations

import argparse

from .commands import UsageError
from .grading import own
from .grading.kit import KitError


def run_check(args: argparse.Namespace) -> int:
    """The checks of one exercise, or of all; 0 if all have passed, 1 if not."""
    try:
        report = own.check(args.exercise, seed=args.seed, folder=args.folder)
    except KitError as error:
        raise UsageError(str(error)) from None
    print(report)
    return 0 if report.passed else 1
