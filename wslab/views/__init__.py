"""The same fields, shown in several ways. :mod:`.text` needs nothing but a terminal."""
