"""A prepared process, run as a script: what a training imports is loaded once, and each order on stdin is a fork of it.

Importing torch takes seconds; a fork takes milliseconds, so that a run can be killed and started again a hundred times.
Orders and answers are lines of JSON. ``{"arguments": [...], "prelude": CODE, "folder": DIR, "said": PATH}`` is answered with
the pid of a process that runs CODE, then ``ganzoo ARGUMENTS`` in DIR; it writes to PATH.stdout and PATH.stderr.
``{"pid": N}`` is answered with its exit code as a shell gives it (128 + signal), or null while it runs.
"""

import contextlib
import json
import os
import signal
import sys
import traceback

import torch

import ganzoo.commands.train
import ganzoo.evaluation.watch  # noqa: F401  # so that no fork has to
from ganzoo.cli import main
from ganzoo.config import resolve
from ganzoo.registry import get_registry
from ganzoo.training import prepare


def become(order):
    """Turn this fork into the command; never returns."""
    for descriptor, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, order["said"] + ".stdout", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (2, order["said"] + ".stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        os.dup2(os.open(path, flags, 0o600), descriptor)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(order["folder"])
    code = 1
    try:
        exec(order["prelude"], {})
        main(order["arguments"], prog_name="ganzoo")
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def state_of(pid):
    """The exit code as a shell gives it, or None while the process runs."""
    found, status = os.waitpid(pid, os.WNOHANG)
    if not found:
        return None
    alive.discard(pid)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


torch.set_num_threads(1)
signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for pytest, which then closes stdin
prepare(
    resolve("mlp-ns", get_registry(), []), get_registry()
)  # for what it imports; without a step there are no threads yet
alive = set()
print("ready", flush=True)
for line in sys.stdin:
    order = json.loads(line)
    if "pid" in order:
        answer = state_of(order["pid"])
    else:
        answer = os.fork()
        if not answer:
            become(order)
        alive.add(answer)
    print(json.dumps(answer), flush=True)
for pid in alive:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
os._exit(0)  # tearing torch down takes seconds as well
