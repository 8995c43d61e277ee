"""The log of a run: the figures in its tables, the samples on their grid and strip."""

import accelerate
import numpy as np

from ddpm_hf import DDPMPipeline, DDPMScheduler
from ddpm_hf.noise import image_generators
from ddpm_hf.training.config import TrainConfig
from ddpm_hf.training.progress import BINS, Report
from ddpm_hf.training.run_log import RunLog
from ddpm_hf.training.samples import draw_samples
from tests.conftest import tiny_unet


def test_the_log_has_the_mean_of_a_hundred_steps_and_is_resumed(small_state, tmp_path):
    state = small_state(output_dir=str(tmp_path), logging_steps=25)
    log = RunLog(state)
    for number in range(25, 151, 25):
        log.log_report(Report(number, float(number), 1.0, 1e-3, 9.0, 5.0, [1.0] * BINS))
    assert log.loss == 112.5  # of 75, 100, 125 and 150
    state.step = 100
    log.log_validation(0.5)
    log.close()
    state.step = 150
    resumed = RunLog(state)
    assert resumed.loss == 112.5
    resumed.log_validation(0.25)
    resumed.close()
    table = np.genfromtxt(tmp_path / "validation.csv", delimiter=",", names=True)
    assert table["number"].tolist() == [100, 150]
    assert table["validation_loss"].tolist() == [0.5, 0.25]


def test_samples_are_of_the_seed_class_by_class_and_strips_begin_with_noise():
    config = TrainConfig(seed=3, eval_batch_size=4, ddpm_num_inference_steps=9)
    pipe = DDPMPipeline(tiny_unet(1, num_class_embeds=2), DDPMScheduler())
    samples = draw_samples(pipe, config, accelerate.Accelerator(cpu=True), lambda: False)
    steps = list(pipe.stream(4, image_generators(3, range(4)), 9, class_labels=[0, 1, 0, 1]))

    def tiles(picture):
        pixels = np.asarray(picture)
        return pixels.reshape(len(pixels) // 8, 8, -1, 8).swapaxes(1, 2)

    def pixels(batch):
        return np.round((batch[:, 0] / 2 + 0.5).clamp(0, 1).numpy() * 255)

    assert np.array_equal(tiles(samples.grid).reshape(4, 8, 8), pixels(steps[-1].sample))
    strip = tiles(samples.strip)
    assert strip.shape == (4, 9, 8, 8)
    for column, moment in (
        (0, steps[0].noisy_sample),
        (7, steps[8].noisy_sample),
        (8, steps[8].sample),
    ):
        assert np.array_equal(strip[:, column], pixels(moment))
