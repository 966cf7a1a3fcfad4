"""Change the machinery around: what runs beside the student's code only carries answers."""

from __future__ import annotations

from .attack import attack


@attack("ex05")
def patch_json():
    """Makes JSON say "passed" for everything. The judge reads it with its own JSON: no answer."""
    import json
    import json.encoder

    json.dumps = json.JSONEncoder.encode = lambda *args, **more: '["passed",1,true]'
    json.encoder.c_make_encoder = None

    def apply_mask(data, key):
        return data

    unmask_stream = apply_mask


@attack("ex05")
def patch_builtins():
    """Makes isinstance, type, len and all() say yes. The judge has builtins of its own."""
    import builtins

    builtins.isinstance = builtins.issubclass = builtins.all = lambda *args: True
    builtins.len = lambda value: 0
    builtins.bytes = str

    def apply_mask(data, key):
        return data

    unmask_stream = apply_mask


@attack("ex05")
def patch_the_worker():
    """Has the worker answer "passed" in its place. There is no such answer: it is broken."""
    import sys

    for name, module in list(sys.modules.items()):
        if name.endswith("worker"):
            module.plain = lambda value: {"status": "passed", "score": 100}
            module.Worker._call = lambda *args: True

    def apply_mask(data, key):
        return data

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def patch_the_wire():
    """Writes a verdict instead of a value. Verdicts do not cross the pipe."""
    import os
    import sys

    def write(fd, value, most):
        text = b'["outcome",{"score":10,"status":"passed"}]'
        os.write(fd, len(text).to_bytes(4, "big") + text)

    for name, module in list(sys.modules.items()):
        if name.endswith("wire"):
            module.write = write

    def apply_mask(data, key):
        return data


@attack("ex05")
def replace_the_judges_modules():
    """Puts judges of its own under the names of ours. The judge is another process."""
    import sys
    import types

    fake = types.ModuleType("wslab.grading.judge")
    fake.judge = fake.check = lambda *args, **more: "passed"
    for name in ("wslab", "wslab.grading", "wslab.grading.judge", "wslab.grading.check", "pytest"):
        sys.modules[name] = fake

    def apply_mask(data, key):
        return fake.judge()


@attack("ex05")
def trace_every_call():
    """Sets a trace function that changes what others return. It sees only its own process."""
    import sys
    import threading

    def trace(frame, event, arg):
        frame.f_locals["answer"] = frame.f_locals["due"] = True
        return trace

    sys.settrace(trace)
    threading.settrace(trace)

    def apply_mask(data, key):
        return key
