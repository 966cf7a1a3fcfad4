"""One workload, many ways: the same messages over TCP, WebSocket and HTTP, counted alike.

Start with :mod:`.ways`, the list of what is compared, and follow its imports.
"""
