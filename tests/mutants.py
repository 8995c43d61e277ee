"""Break the mathematics on purpose, one place at a time: each time some test must go red.

`python -m tests.mutants`, or `make mutants`. Works on a copy; the tree is not touched.
"""

import os
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from tests.preloaded import Preloaded

ROOT = Path(__file__).parent.parent
TESTS = [
    f"tests/test_{name}.py"
    for name in ("equations", "scheduler", "closed_form", "optimizer", "upsampling")
]
EQUATIONS, TIMESTEPS, SCHEDULER = (
    f"ddpm_hf/{name}.py" for name in ("equations", "timesteps", "scheduler")
)
MUTANTS = [
    ("β̃ becomes β", EQUATIONS, "return schedule.noise_var(s) / schedule.noise_var(t) * ", "return "),
    ("small and large swapped", SCHEDULER, "return w.std_small", "return w.std_large"),
    ("√ᾱ becomes ᾱ", EQUATIONS, "combine(alpha_bar.sqrt(), x_0, noise", "combine(alpha_bar, x_0, noise"),
    ("√(1−ᾱ) becomes 1−ᾱ", TIMESTEPS, "schedule.noise_var(t).sqrt(),", "schedule.noise_var(t),"),
    ("√ᾱ_s becomes √ᾱ_t", EQUATIONS, "schedule.alpha_bar(s).sqrt() * schedule.beta", "schedule.alpha_bar(t).sqrt() * schedule.beta"),
    ("weights of N9 swapped", SCHEDULER, "w.weight_x0 * x_0 + w.weight_xt * sample", "w.weight_xt * x_0 + w.weight_x0 * sample"),
    ("noise at the last step", SCHEDULER, "if w.is_last or noise_scale == 0:", "if noise_scale == 0:"),
    ("no noise at all", SCHEDULER, "if w.is_last or noise_scale == 0:", "if True:"),
    ("t off by one", TIMESTEPS, "t = torch.tensor(timesteps) + 1", "t = (torch.tensor(timesteps) + 2).clamp(max=schedule.T)"),
    ("add_noise off by one", SCHEDULER, "timesteps.to(device) + 1", "timesteps.to(device)"),
    ("the notes' misreading: product becomes mean", EQUATIONS, "log_alpha.cumsum(0)", "log_alpha.exp().mean().log().expand(len(betas))"),
    ("σ² for σ", TIMESTEPS, "schedule.beta(s, t).sqrt()", "schedule.beta(s, t)"),
    ("x̂_0 not clipped", SCHEDULER, "return x_0.clamp(-bound, bound)", "return x_0"),
    ("T = 1000 by default", SCHEDULER, "num_train_timesteps: int = 2000", "num_train_timesteps: int = 1000"),
    ("N7: A without its second term", EQUATIONS, "alpha / beta + 1 / noise_var", "alpha / beta"),
    ("N3: variances do not add", EQUATIONS, "combine(alpha.sqrt(), x_s, beta.sqrt(), z)", "combine(alpha.sqrt(), x_s, beta, z)"),
    ("N10: divided by √ᾱ (the notes' misreading)", EQUATIONS, "root_alpha = schedule.alpha(s, t).sqrt()", "root_alpha = schedule.alpha_bar(t).sqrt()"),
    ("a single offset off by one", SCHEDULER, "return timesteps + 1 if", "return timesteps if"),
    ("learned range upside down", EQUATIONS, "fraction * log_large + (1 - fraction) * log_small", "fraction * log_small + (1 - fraction) * log_large"),
    ("Muon's step not scaled to AdamW's", "ddpm_hf/training/optimizer.py", "0.2 * math.sqrt(max(step.shape))", "1.0"),
    ("Muon looks back, not ahead", "ddpm_hf/training/optimizer.py", "weight.grad.lerp(mean, MOMENTUM)", "mean"),
    ("the transposed upsampler mirrored", "ddpm_hf/backends/upsampling.py", "[[0.0, 0, 1], [0, 1, 1], [1, 1, 0], [1, 0, 0]]", "[[1.0, 0, 0], [1, 1, 0], [0, 1, 1], [0, 0, 1]]"),
    ("trailing off by one", TIMESTEPS, ".astype(np.int64) - 1", ".astype(np.int64) - 2"),
]  # fmt: skip


RUN = """
import os, sys, pytest
os.chdir({copy!r})
sys.path[0] = {copy!r}
sys.exit(pytest.main({arguments!r}))
"""
ORDINARY = ("The code as it is", EQUATIONS, "", "")


def survives(parents: SimpleQueue[Preloaded], mutant: tuple[str, str, str, str]) -> bool:
    """Whether all tests still pass with this change; those of the changed file come first."""
    _, file, old, new = mutant
    with tempfile.TemporaryDirectory() as copy:
        for name in ("ddpm_hf", "tests"):
            ignored = shutil.ignore_patterns("pretrained", "__pycache__")
            shutil.copytree(ROOT / name, Path(copy) / name, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", copy)
        path = Path(copy) / file
        text = path.read_text()
        if old not in text:
            sys.exit(f"{file} has no {old!r}: bring tests/mutants.py up to date.")
        path.write_text(text.replace(old, new, 1))
        own_first = sorted(TESTS, key=lambda test: Path(file).stem not in test)
        quick = ("-m", "not slow and not soak", "-p", "no:cacheprovider", "-q", "-x")
        parent = parents.get()
        _, status = parent.run(["-c", RUN.format(copy=copy, arguments=[*quick, *own_first])])
        parents.put(parent)
    return status == 0


def main() -> int:
    """Try every mutant, one on each core; 0 if all were caught."""
    cores = len(os.sched_getaffinity(0))
    parents: SimpleQueue[Preloaded] = SimpleQueue()
    for _ in range(cores):
        parents.put(Preloaded(OMP_NUM_THREADS="1"))
    with ThreadPoolExecutor(cores) as pool:
        survived = pool.map(partial(survives, parents), [ORDINARY, *MUTANTS])
        if not next(survived):
            sys.exit("The tests fail on the code as it is; nothing can be said of mutants.")
        survivors = 0
        for (name, *_), alive in zip(MUTANTS, survived, strict=True):
            survivors += alive
            print("SURVIVED" if alive else "caught  ", name, flush=True)
    print(f"{len(MUTANTS) - survivors} of {len(MUTANTS)} mutants caught")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
