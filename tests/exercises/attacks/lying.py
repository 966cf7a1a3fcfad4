"""Give back objects that lie about themselves. Only their data crosses the pipe."""

from __future__ import annotations

from .attack import attack


@attack("ex05")
def equal_to_everything():
    """Bytes whose __eq__ says yes. The judge compares plain bytes."""

    class Yes(bytes):
        def __eq__(self, other):
            return True

        def __ne__(self, other):
            return False

        __hash__ = bytes.__hash__

    def apply_mask(data, key):
        return Yes(data)

    unmask_stream = eavesdrop = lambda *args: Yes(b"")


@attack("ex05")
def pretend_to_be_bytes():
    """An object whose __class__ is bytes, and whose every attribute exists. A name is no data."""

    class Sly:
        __class__ = bytes

        def __getattr__(self, name):
            return lambda *args: True

        def __eq__(self, other):
            return True

        def __bytes__(self):
            return b"passed"

    apply_mask = unmask_stream = eavesdrop = lambda *args: Sly()


@attack("ex05")
def a_class_that_lies():
    """A type whose own type answers for it, with a name a million letters long. It is cut."""

    class Meta(type):
        def __subclasscheck__(cls, other):
            return True

        def __instancecheck__(cls, other):
            return True

        def __eq__(cls, other):
            return True

        __hash__ = type.__hash__

    Lie = Meta("bytes" + "\x1b[2J" * 250_000, (), {"__module__": "builtins"})
    apply_mask = unmask_stream = eavesdrop = lambda *args: Lie()


@attack("ex05")
def a_list_without_an_end():
    """A list that never ends when it is gone through, a dict that grows. Time and size end it."""

    class Endless(list):
        def __iter__(self):
            while True:
                yield 0

        def __len__(self):
            return 1

    nest = []
    nest.append(nest)

    def apply_mask(data, key):
        return Endless([1])

    def unmask_stream(chunks, key):
        return nest

    def eavesdrop(frame):
        return {"a": nest, "b": bytes(3 << 20)}


@attack("ex05")
def an_error_that_lies():
    """Raises errors called ValueError, whose text is endless, raises, or holds escapes. Cut."""

    class ValueError(Exception):
        __module__ = "builtins"

        def __str__(self):
            return "\x1b]0;passed\x07" * 300_000

    class Loud(Exception):
        def __str__(self):
            raise self

    def apply_mask(data, key):
        raise ValueError

    def unmask_stream(chunks, key):
        raise Loud

    def eavesdrop(frame):
        raise ValueError


@attack("ex05")
def pickle_a_bomb():
    """Gives back what would run if it were unpickled. Nothing is ever unpickled."""
    import os

    class Bomb:
        def __reduce__(self):
            return os.abort, ()

    def apply_mask(data, key):
        return b"\x80\x04\x8c\x02os\x8c\x05abort\x93)R."

    unmask_stream = eavesdrop = lambda *args: Bomb()
