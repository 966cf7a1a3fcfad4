"""The one error for what the user can put right."""


class Error(OSError):
    """Something outside the program is in the way; the text says what, and what to do next.

    It's an OSError because most of it comes from the system, through sockets and files: code that
    expects errors of a socket expects this one too.
    """
