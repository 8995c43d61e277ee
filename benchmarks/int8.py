"""The network with its convolutions in int8: its error, its speed, and the cats that it draws.

`ONEDNN_MAX_CPU_ISA=AVX512_CORE_VNNI OMP_NUM_THREADS=1 python benchmarks/int8.py --model cats-32-v`
stands for a CPU that has VNNI and no bf16. The inputs of all convolutions but the first and the
last are quantised to 256 levels of the range that they have along a chain of 50 steps, the weights
to 255 levels for each channel. All else stays in float32. Samples are kept in the folder.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openvino
import openvino.opset13 as ops
import tyro
from interleave import machine

from ddpm_hf import DDPMPipeline
from ddpm_hf.backends import conversion
from ddpm_hf.backends import openvino as backend
from ddpm_hf.bundled import PRETRAINED
from ddpm_hf.distributed import make_accelerator
from ddpm_hf.evaluation.nearest_cat import CatIndex
from ddpm_hf.noise import image_generators
from ddpm_hf.sampling.config import SampleConfig
from ddpm_hf.sampling.files import read_samples
from ddpm_hf.sampling.run import sample

IMAGE, BATCH, ROUNDS = (3, 32, 32), 4, 15
OUTPUT_CHANNELS = {"Convolution": 0, "ConvolutionBackpropData": 1}
"""Kinds of convolution, and which axis of their weights is the output."""
THREAD = {"NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}


@dataclass(frozen=True)
class Config:
    """Compare int8 with float32."""

    model: str = "cats-32-v"
    """A bundled model."""
    output_dir: str = "int8"
    """The folder for samples and figures."""
    num_samples: int = 256
    """Samples of each, in 50 steps from the same noise; 0 for none."""


def chain(pipeline, seed):
    """The inputs of the network along a chain: (x_t, timestep) of each of 50 steps."""
    generators = image_generators(seed, range(BATCH))
    for step in pipeline.stream(BATCH, generators, num_inference_steps=50, backend="openvino"):
        yield step.noisy_sample.numpy().copy(), np.float32(step.timestep)


def converted(unet):
    """The network in float32, for images of any number."""
    return conversion.converted(unet).clone()


def compiled(model, batch):
    """The network for one thread; it still works in float32 where nothing is quantised."""
    model.reshape({0: [batch, *IMAGE], 1: []})
    return conversion.core().compile_model(model, "CPU", THREAD)


def inner_convolutions(model):
    found = [op for op in model.get_ordered_ops() if op.get_type_name() in OUTPUT_CHANNELS]
    return found[1:-1]


def ranges(unet, inputs):
    """The least and the most of each inner convolution's input, over all network inputs."""
    model = converted(unet)
    model.reshape({0: [BATCH, *IMAGE], 1: []})
    taps = [op.input_value(0) for op in inner_convolutions(model)]
    run = conversion.core().compile_model(
        openvino.Model(taps, model.get_parameters(), "taps"), "CPU", THREAD
    )
    each = [[(out.min(), out.max()) for out in run(one).to_tuple()] for one in inputs]
    return np.array(each, np.float32)  # (inputs, convolutions, 2)


def quantised(unet, inputs):
    """The network with its inner convolutions in int8."""
    found, model = ranges(unet, inputs), converted(unet)
    least, most = found[..., 0].min(0), found[..., 1].max(0)
    for op, low, high in zip(inner_convolutions(model), least, most, strict=True):
        scale = (high - low) / 255
        low = round(low / scale) * scale  # so that 0 stays 0
        ends = [np.float32(end) for end in (low, low + 255 * scale)]
        taken = ops.fake_quantize(op.input_value(0), *ends, *ends, 256)
        weights = op.input_value(1).get_node().get_data()
        others = tuple({0, 1, 2, 3} - {OUTPUT_CHANNELS[op.get_type_name()]})
        size = np.abs(weights).max(others, keepdims=True)
        rounded = ops.fake_quantize(op.input_value(1), -size, size, -size, size, 255)
        op.input(0).replace_source_output(taken.output(0))
        op.input(1).replace_source_output(rounded.output(0))
    return model


def milliseconds(models):
    """The least processor time of a call of each by batch, in turns."""
    found, rng = {}, np.random.default_rng(0)
    for batch in (1, 4, 16):
        calls = {name: compiled(model, batch) for name, model in models.items()}
        x = rng.normal(size=(batch, *IMAGE)).astype(np.float32)
        times = {name: [] for name in calls}
        for _ in range(ROUNDS):
            for name, call in calls.items():
                start = time.process_time()
                call([x, np.float32(500)])
                times[name].append(1e3 * (time.process_time() - start))
        found[batch] = {name: min(each) for name, each in times.items()}
        found[batch]["gain"] = found[batch]["f32"] / found[batch]["int8"]
    return found


def errors(models, inputs):
    """The root mean square of the difference between the two networks' outputs, by timestep."""
    f32, int8 = (compiled(models[name], BATCH) for name in ("f32", "int8"))
    return {
        int(t): float(np.sqrt(np.mean((int8([x, t])[0] - f32([x, t])[0]) ** 2))) for x, t in inputs
    }


def samples(config, name, model):
    """Drawn with this network in the place of the converted one."""
    backend.converted = lambda unet: model
    backend._converted_unets = type(backend._converted_unets)(backend._ConvertedUNet)
    folder = str(Path(config.output_dir) / f"{config.model}-{name}")
    chosen = SampleConfig(
        config.model, folder, config.num_samples, num_inference_steps=50, backend="openvino"
    )
    sample(chosen, make_accelerator())
    return read_samples(chosen)


def cats(drawn):
    """How good the samples of each are."""
    index = CatIndex()
    nearest = index.nearest(np.concatenate(list(drawn.values())))
    parts = zip(drawn, *(np.split(each, len(drawn)) for each in nearest), strict=True)
    return {
        name: {
            "n": len(rmse),
            "median_rmse": float(np.median(rmse)),
            "p95_rmse": float(np.quantile(rmse, 0.95)),
            "share_within_8": float((rmse <= 8).mean()),
            "total_variation": index.total_variation(indices),
        }
        for name, indices, rmse in parts
    }


def main():
    config = tyro.cli(Config, use_underscores=True)
    pipeline = DDPMPipeline.from_pretrained(PRETRAINED / config.model)
    calibration, others = (list(chain(pipeline, seed)) for seed in (7, 8))
    models = {"f32": converted(pipeline.unet), "int8": quantised(pipeline.unet, calibration)}
    by_t = errors(models, others)
    rms = float(np.sqrt(np.mean(np.square(list(by_t.values())))))
    result = {"rms": rms, "rms_by_t": by_t, "milliseconds": milliseconds(models)}
    if config.num_samples:
        result["cats"] = cats({name: samples(config, name, m) for name, m in models.items()})
    text = json.dumps({**result, "machine": machine()}, indent=2)
    Path(config.output_dir).mkdir(parents=True, exist_ok=True)
    (Path(config.output_dir) / f"{config.model}.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
