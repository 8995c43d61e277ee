"""Python processes that start at once: forked from one that has imported what takes seconds.

Each is a process as a user starts it, with an environment, a session, output and an exit status of
its own, and dies by real signals. ddpm_hf itself is imported inside.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Timer
from typing import IO, NamedTuple

SLOW_TO_IMPORT = (
    *("datasets", "diffusers.pipelines.ddpm", "diffusers.training_utils", "matplotlib"),
    *("torch.utils.tensorboard", "torchmetrics", "tyro"),
)
LONGEST = 600
"""Seconds after which processes are told to end, so that a run that hangs fails its test."""
MERCY = 60
"""Seconds from there on until they are killed: a launcher ends its own first."""


class Started(NamedTuple):
    """Processes of one run, and what all of them print."""

    parent: "Preloaded"
    pids: list[int]
    output: IO[str]
    timers: list[Timer]

    def status(self, place=0):
        """The exit status of one, negative for a signal; None while it runs."""
        return self.parent.ask(poll=self.pids[place])

    def finish(self):
        """What is still to be read, and all exit statuses, once all have ended."""
        said = self.output.read()
        self.output.close()
        for timer in self.timers:
            timer.cancel()
        return said, [self.parent.ask(wait=pid) for pid in self.pids]


class Preloaded:
    """The process from which the others are forked, with the environment given here."""

    def __init__(self, **environment):
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**os.environ, **environment},
            )

    def ask(self, *descriptors, **request):
        socket.send_fds(self._control, [json.dumps(request).encode()], descriptors)
        return json.loads(self._control.recv(100))

    def start(self, arguments, *environments):
        """`python ARGUMENTS`: one process, or one for each of the environments."""
        reading, writing = os.pipe()
        command = [str(argument) for argument in arguments]
        pids = [
            self.ask(writing, arguments=command, environment=environment)
            for environment in environments or [{}]
        ]
        os.close(writing)
        timers = [
            Timer(after, signal_all, (pids, number))
            for after, number in ((LONGEST, signal.SIGTERM), (LONGEST + MERCY, signal.SIGKILL))
        ]
        for timer in timers:
            timer.daemon = True
            timer.start()
        return Started(self, pids, os.fdopen(reading), timers)

    def run(self, arguments, **environment):
        """What such a process prints, and its exit status."""
        said, (status,) = self.start(arguments, environment).finish()
        return said, status

    def close(self):
        self._control.close()
        self._process.wait()


@cache
def preloaded(**environment):
    """The one with these settings, which its imports read; it ends with this process."""
    parent = Preloaded(**environment)
    atexit.register(parent.close)
    return parent


def signal_all(pids, number):
    """To each with its whole group."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.killpg(pid, number)


def serve(control):
    """Fork a process for each request; in that process, the arguments of its Python."""
    alive = set()
    while True:
        message, descriptors, *_ = socket.recv_fds(control, 1 << 20, 1)
        if not message:
            signal_all(alive, signal.SIGKILL)  # left behind by a test that failed
            return None
        request = json.loads(message)
        if "arguments" in request:
            answer = os.fork()
            if not answer:
                become(*descriptors, request["environment"])
                return request["arguments"]
            os.close(*descriptors)
            alive.add(answer)
        else:
            pid, flags = request.get("wait"), 0
            if pid is None:
                pid, flags = request["poll"], os.WNOHANG
            ended, status = os.waitpid(pid, flags)
            alive.discard(ended)
            answer = os.waitstatus_to_exitcode(status) if ended else None
        control.send(json.dumps(answer).encode())


def become(output, environment):
    os.setsid()
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    os.environ.update(environment)


def execute(arguments):
    """As the interpreter does it: a script, `-m module` or `-c code`."""
    kind, *rest = arguments
    if kind == "-c":
        sys.argv = ["-c", *rest[1:]]
        exec(rest[0], {"__name__": "__main__"})
    elif kind == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        runpy.run_path(kind, run_name="__main__")


if __name__ == "__main__":
    sys.path[0] = str(Path.cwd())
    for name in SLOW_TO_IMPORT:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as control:
        arguments = serve(control)
    if arguments:
        execute(arguments)
