"""`train_accelerate.py`, killed by SIGKILL at one moment of its life: `killed.py MOMENT ...`."""

import os
import runpy
import shutil
import signal
import sys
from itertools import count
from pathlib import Path

from ddpm_hf.training import checkpoint, losses

MOMENT = sys.argv[1]
sys.argv = ["train_accelerate.py", *sys.argv[2:]]


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def before(holder, name, is_time):
    """Have `holder.name` kill this process, instead of doing its work, when it is time."""
    honest, calls = getattr(holder, name), count(1)

    def watched(*arguments, **keywords):
        if is_time(next(calls), *arguments):
            die()
        return honest(*arguments, **keywords)

    setattr(holder, name, watched)


def half_written(path, content):
    """The third checkpoint's tensors are cut off in the middle."""
    if path.parent.name == ".checkpoint-6.tmp":
        path.write_bytes(content[: len(content) // 2])
        die()
    honest_write(path, content)


def half_removed(folder, **_):
    """The first old checkpoint has lost one of its files."""
    if Path(folder).name == ".checkpoint-2.old":
        next(Path(folder).iterdir()).unlink()
        die()
    honest_rmtree(folder, **_)


honest_write, honest_rmtree = checkpoint._write, shutil.rmtree
if MOMENT == "in a step":
    before(losses, "simple_loss", lambda n, *_: n == 6)
elif MOMENT == "while writing":
    checkpoint._write = half_written
elif MOMENT == "before the rename":
    before(Path, "rename", lambda n, path, to: path.name == ".checkpoint-6.tmp")
elif MOMENT == "after the rename":
    before(checkpoint, "_sync", lambda n, folder: (folder / "checkpoint-6").exists())
elif MOMENT == "while pruning":
    shutil.rmtree = half_removed
else:
    sys.exit(f"no such moment: {MOMENT}")
runpy.run_path("train_accelerate.py", run_name="__main__")
