"""train_accelerate.py, but a reduction's tensor is freed only seconds after the last step.

gloo's thread needs Python's lock for that, as it does, for an instant, in any run.
"""

import time

import torch

from ddpm_hf import distributed
from ddpm_hf.training import run
from ddpm_hf.training.config import parse_config


class LateTensor(torch.Tensor):
    def __del__(self):
        time.sleep(2)


def shut_down(accelerator):
    tensor = torch.zeros(1).as_subclass(LateTensor)
    torch.distributed.group.WORLD.allreduce([tensor])
    del tensor
    distributed.shut_down(accelerator)


run.shut_down = shut_down
run.train(parse_config())
