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
    for name in (
        *("equations", "prediction", "scheduler", "closed_form", "guidance", "data", "pictures"),
        *(
            "losses",
            "algorithm",
            "optimizer",
            "ema_lengths",
            "upsampling",
            "editing",
            "devices",
            "samplers",
            "int8",
        ),
    )
]
EQUATIONS, SCHEDULES, PREDICTION, TIMESTEPS, VARIANCE, SCHEDULER, SHELL = (
    f"ddpm_hf/{name}.py"
    for name in (
        *("equations", "schedules", "prediction", "timesteps", "variance", "scheduler"),
        "timestep_equations",
    )
)
ALGORITHM, LOSSES, EMA, EMA_LENGTHS, OPTIMIZER = (
    f"ddpm_hf/training/{name}.py"
    for name in ("algorithm", "losses", "ema", "ema_lengths", "optimizer")
)
IMAGES, GUIDANCE = "ddpm_hf/data/images.py", "ddpm_hf/guidance.py"
INT8 = "ddpm_hf/backends/int8.py"
PICTURE, EDITING = "ddpm_hf/data/picture.py", "ddpm_hf/editing.py"
MUTANTS = [
    ("β̃ becomes β", EQUATIONS, "return schedule.noise_var(s) / schedule.noise_var(t) * ", "return "),
    ("small and large swapped", VARIANCE, "return w.std_small", "return w.std_large"),
    ("√ᾱ becomes ᾱ", EQUATIONS, "return schedule.alpha_bar(t).sqrt(), ", "return schedule.alpha_bar(t), "),
    ("√(1−ᾱ) becomes 1−ᾱ", EQUATIONS, "schedule.noise_var(t).sqrt()\n", "schedule.noise_var(t)\n"),
    ("N6: x̂_0 is not divided by √ᾱ", EQUATIONS, "(x_t - noise * z_hat) / signal", "x_t - noise * z_hat"),
    ("ẑ with √ᾱ forgotten", EQUATIONS, "(x_t - signal * x_0) / noise", "(x_t - x_0) / noise"),
    ("√ᾱ_s becomes √ᾱ_t", EQUATIONS, "schedule.alpha_bar(s).sqrt() * schedule.beta", "schedule.alpha_bar(t).sqrt() * schedule.beta"),
    ("weights of N9 swapped", EQUATIONS, "return weight_xt, weight_x0", "return weight_x0, weight_xt"),
    ("DDIM: σ² for σ", EQUATIONS, "return eta * posterior_var(schedule, s, t).sqrt()", "return eta * posterior_var(schedule, s, t)"),
    ("DDIM: η for η²", EQUATIONS, "1 - eta**2 * ", "1 - eta * "),
    ("DDIM: the old noise is kept whole", EQUATIONS, " * (1 - eta**2 * schedule.beta(s, t) / schedule.noise_var(t))", ""),
    ("DDIM: √ᾱ_t of x̂_0 forgotten", EQUATIONS, "schedule.alpha_bar(s).sqrt() - schedule.alpha_bar(t).sqrt() * weight_xt", "schedule.alpha_bar(s).sqrt() - weight_xt"),
    ("DDIM asks for a learned variance", SCHEDULER, 'self.variance_type if eta is None else "fixed_small"', "self.variance_type"),
    ("second order: a whole step ahead", EQUATIONS, "ahead = h / h_before / 2", "ahead = h / h_before"),
    ("second order: r for 1/r", EQUATIONS, "ahead = h / h_before / 2", "ahead = h_before / h / 2"),
    ("second order: back, not ahead", EQUATIONS, "return 1 + ahead, -ahead", "return 1 - ahead, ahead"),
    ("λ without its noise", SCHEDULES, "return self._log_alpha(0, t) - self.noise_var(t).log()", "return self._log_alpha(0, t)"),
    ("second order in the last step", TIMESTEPS, "(before > t) & (s > 0)", "before > t"),
    ("second order from any x̂_0", SCHEDULER, "if latest is None or latest[0] != w.timestep:", "if latest is None:"),
    ("noise at the last step", SCHEDULER, "if w.is_last or noise_scale == 0 or eta == 0:", "if noise_scale == 0:"),
    ("no noise at all", SCHEDULER, "if w.is_last or noise_scale == 0 or eta == 0:", "if True:"),
    ("t off by one", TIMESTEPS, "t = torch.tensor(list(self._index), device=\"cpu\") + 1", "t = (torch.tensor(list(self._index)) + 2).clamp(max=self.schedule.T)"),
    ("add_noise off by one", SHELL, "timesteps.to(device) + 1", "timesteps.to(device)"),
    ("a single timestep off by one", SHELL, "return timesteps + 1 if", "return timesteps if"),
    ("the notes' misreading: product becomes mean", SCHEDULES, "log_alpha.cumsum(0)", "log_alpha.exp().mean().log().expand(len(betas))"),
    ("on a device, one float32 for ln ᾱ", SCHEDULES, "else log_alpha + (self._rest[t] - self._rest[s])", "else log_alpha"),
    ("σ² for σ", TIMESTEPS, "var_large.sqrt()", "var_large"),
    ("x̂_0 not clipped", SHELL, "return x_0.clamp(-bound, bound)", "return x_0"),
    ("T = 1000 by default", SCHEDULER, "num_train_timesteps: int = 2000", "num_train_timesteps: int = 1000"),
    ("N7: A without its second term", EQUATIONS, "alpha / beta + 1 / noise_var", "alpha / beta"),
    ("N3: variances do not add", EQUATIONS, "(alpha.sqrt(), beta.sqrt())", "(alpha.sqrt(), beta)"),
    ("N10: divided by √ᾱ (the notes' misreading)", EQUATIONS, "weights = alpha.rsqrt(), ", "weights = schedule.alpha_bar(t).rsqrt(), "),
    ("N11: z added twice", EQUATIONS, "return mean + std * z", "return mean + 2 * std * z"),
    ("RePaint keeps what it should draw", EQUATIONS, "mask * x_s + (1 - mask) * known", "(1 - mask) * x_s + mask * known"),
    ("a row runs backwards", EQUATIONS, "(1 - weight) * x + weight * y", "weight * x + (1 - weight) * y"),
    ("noise between two seeds loses variance", EQUATIONS, " / torch.hypot(1 - weight, weight)", ""),
    ("two pictures with noises of their own", EDITING, "noise.expand_as(pictures)", "torch.randn_like(pictures)"),
    ("a picture keeps another strength's noise", EDITING, "scheduler.timesteps[first : first + 1]", "scheduler.timesteps[:1]"),
    ("RePaint never jumps", EDITING, "            index -= jump_length\n", ""),
    ("RePaint's jump adds no noise", EDITING, "        if t == s:\n", "        if True:\n"),
    ("the known part has no noise", EDITING, "        if s >= 0:\n", "        if s >= 9999:\n"),
    ("learned range upside down", EQUATIONS, "fraction * log_large + (1 - fraction) * log_small", "fraction * log_small + (1 - fraction) * log_large"),
    ("trailing off by one", TIMESTEPS, ".astype(np.int64) - 1", ".astype(np.int64) - 2"),
    ("v with its sign turned", PREDICTION, "signal * epsilon - noise * x_0", "signal * epsilon + noise * x_0"),
    ("x̂_0 from v with its sign turned", PREDICTION, "signal * x_t - noise * v", "signal * x_t + noise * v"),
    ("ẑ from v with its rates swapped", PREDICTION, "noise * x_t + signal * v", "signal * x_t + noise * v"),
    ("nothing stands in for √ᾱ = 0", PREDICTION, "least_signal=2.0**-12", "least_signal=0.0"),
    ("min-SNR without its cap", PREDICTION, "snr.clamp(max=gamma) / scale", "snr / scale"),
    ("min-SNR of v as of ε", PREDICTION, "lambda snr: snr + 1", "lambda snr: snr"),
    ("guidance from the class on", GUIDANCE, "[away + scale * (towards - away)", "[towards + scale * (towards - away)"),
    ("training aims at x_0 for ε", ALGORITHM, "rates, x_0, epsilon)  # ε", "rates, epsilon, x_0)  # ε"),
    ("training sees another t", ALGORITHM, "q_sample(state.schedule, x_0, epsilon, t)", "q_sample(state.schedule, x_0, epsilon, t // 2)"),
    ("training weighs nothing", ALGORITHM, "each = each * min_snr_weight", "each * min_snr_weight"),
    ("the bound counts rare t as often as others", ALGORITHM, "bound_weight * bound", "bound"),
    ("half of the draws forgotten in their probability", "ddpm_hf/training/randomness.py", "(p + 1 / self.T) / 2", "p"),
    ("the bound teaches the mean, too", ALGORITHM, "output.detach().float()", "output.float()"),
    ("the average lags for good", EMA, "use_ema_warmup=True", "use_ema_warmup=False"),
    ("the average's power forgotten", EMA, "power=config.ema_power", "power=1.0"),
    ("a power-function average is too short", EMA_LENGTHS, "** (gamma + 1)", "** gamma"),
    ("profiles as of the last step", EMA_LENGTHS, ".clip(max=step) / step", " / steps"),
    ("l1 and l2 swapped", LOSSES, '{"l2": functional.mse_loss, "l1": functional.l1_loss}', '{"l1": functional.mse_loss, "l2": functional.l1_loss}'),
    ("Muon's step not scaled to AdamW's", OPTIMIZER, "0.2 * math.sqrt(max(step.shape))", "1.0"),
    ("Muon looks back, not ahead", OPTIMIZER, "weight.grad.lerp(mean, MOMENTUM)", "mean"),
    ("the transposed upsampler mirrored", "ddpm_hf/backends/upsampling.py", "[[0.0, 0, 1], [0, 1, 1], [1, 1, 0], [1, 0, 0]]", "[[1.0, 0, 0], [1, 1, 0], [0, 1, 1], [0, 0, 1]]"),
    ("int8: 0 is none of the levels", INT8, "np.round(low / scale) * scale", "low"),
    ("int8: one range for all channels", INT8, "np.abs(weights).max(others, keepdims=True)", "np.abs(weights).max(keepdims=True)"),
    ("int8: the range of the first input alone", INT8, "np.max(each, 0)[:, 1]", "np.array(each)[0, :, 1]"),
    ("int8: no margin", INT8, "MARGIN * ranges", "ranges"),
    ("int8: the last convolution, too", INT8, "found[1:-1]", "found[1:]"),
    ("images in [0, 1], not [−1, 1]", IMAGES, ".float() / 127.5 - 1", ".float() / 255"),
    ("[−1, 1] not moved to 0..255", IMAGES, "((batch.float() / 2 + 0.5)", "((batch.float() / 2)"),
    ("16 bits read as 8", PICTURE, "(16,))[0] - 1", "(16,))[0]"),
    ("0 is white unseen", PICTURE, "(white - values if self.negative else values)", "values"),
    ("the colour under what is transparent", PICTURE, "Image.alpha_composite(ground_image, image.convert(\"RGBA\"))", "image.convert(\"RGBA\")"),
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
