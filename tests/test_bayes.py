"""The numbers of the Bayes view by Node, beside Python's equations."""

import json
import random
import shutil
import subprocess

import pytest
import torch

from ddpm_hf import equations
from ddpm_hf.demo.web.modules import ROOT
from ddpm_hf.schedules import SCHEDULES, NoiseSchedule, rescale_zero_terminal_snr

CANCELLED = ("meanN10", "x0Hat")
"""Differences of two large numbers, up to x_t/√ᾱ_t, and no more exact than these."""
NUMBERS = """
import { readFileSync } from "node:fs";
import { factsOf } from "./facts.js";
console.log(JSON.stringify(JSON.parse(readFileSync(0)).map(factsOf)));
"""


def by_node(cases):
    """What the view makes of each of these settings."""
    if (found := shutil.which("node")) is None:
        pytest.skip("Node.js is not installed")
    command = [found, "--input-type=module", "--eval", NUMBERS]
    folder = ROOT / "views" / "bayes"
    asked = json.dumps(cases).encode()
    done = subprocess.run(command, input=asked, check=True, capture_output=True, cwd=folder)
    return json.loads(done.stdout)


def drawn(n):
    """n schedules, each with a pair of steps s < t, an x_0 and an x_t."""
    draw = random.Random(0)
    for _ in range(n):
        T = draw.randint(10, 4000)
        kind = draw.choice(sorted(SCHEDULES))
        betas = SCHEDULES[kind](T, draw.uniform(1e-5, 1e-3), draw.uniform(1e-3, 0.1))
        if draw.random() < 0.3:
            betas = rescale_zero_terminal_snr(betas)
        s, t = sorted(draw.sample(range(1, T), 2))  # at T there may be nothing left of x_0
        if draw.random() < 0.3:
            s = t - 1 or 1
            t = s + 1 if s == t else t
        yield NoiseSchedule.from_betas(betas), s, t, draw.uniform(-1, 1), draw.gauss(0, 1)


def test_the_numbers_are_pythons():
    settings = list(drawn(50))
    cases = [
        {"table": schedule.log_alpha_bar[: t + 1].tolist(), "s": s, "t": t, "x0": x_0, "xt": x_t}
        for schedule, s, t, x_0, x_t in settings
    ]
    farthest = 0.0
    for found, (schedule, s, t, *pixels) in zip(by_node(cases), settings, strict=True):
        x_0, x_t = (torch.tensor(pixel, dtype=torch.float64) for pixel in pixels)
        A, B = equations.bayes_quadratic(schedule, x_t, x_0, s, t)
        z_hat = equations.predict_noise(schedule, x_t, x_0, t)
        mean = equations.posterior_mean(schedule, x_t, x_0, s, t)
        weight_xt, weight_x0 = equations.posterior_weights(schedule, s, t)
        variance = equations.posterior_var(schedule, s, t)
        expected = {
            "A": A,
            "B": B,
            "mean": mean,
            "meanN9": mean,
            "meanN10": equations.posterior_mean_from_noise(schedule, x_t, z_hat, s, t),
            "variance": variance,
            "varianceN8": variance,
            "weightXt": weight_xt,
            "weightX0": weight_x0,
            "zHat": z_hat,
            "x0Hat": equations.predict_x0(schedule, x_t, z_hat, t),
        }
        for name, value in expected.items():
            scale = max(1, abs(float(value)))
            if name in CANCELLED:
                scale = max(scale, abs(float(x_t / schedule.alpha_bar(t).sqrt())))
            off = abs(found[name] - float(value)) / scale
            farthest = max(farthest, off)
            assert off <= 1e-9, (name, s, t)
    print(f"farthest from Python: {farthest:.1e}")
