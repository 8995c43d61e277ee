"""The models to sample from: the bundled ones, and others from the Hub or a local folder.

Others are off unless DDPM_ALLOW_MODELS=1. Of them, nothing but JSON and safetensors is read,
no code that comes with a model is run, and nothing is downloaded before its size and its kind are
known.
"""

import json
import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import gradio as gr
import torch
from diffusers import UNet2DModel
from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError

from ddpm_hf.backends.denoiser import check_backend
from ddpm_hf.bundled import bundled_models
from ddpm_hf.demo.service.limits import MAX_PICTURES, MIN_STEPS, refusal
from ddpm_hf.loading import try_network
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.scheduler import DDPMScheduler
from ddpm_hf.unet import attention_tokens, height_width

MODEL = "cats-32"
"""The bundled model that the page begins with."""
ALLOWED = os.environ.get("DDPM_ALLOW_MODELS") == "1"
MAX_MEGABYTES = 500
"""The largest weights file."""
MAX_JSON_BYTES = 100_000
MAX_SIDE = 256
MAX_PIXELS = 16 * 64 * 64
"""The most pixels of one run, all its pictures together."""
MAX_ATTENTION = 32 * 32
"""The most tokens of an attention layer: time and memory grow with their square."""
MAX_BLOCKS, MAX_LAYERS, MAX_STEPS = 8, 8, 10_000
MAX_CLASSES = 1000
KEPT = 2
"""How many models stay in memory beside the bundled ones."""
SCHEDULERS = (
    "DDPMScheduler",
    "DDIMScheduler",
    "DPMSolverMultistepScheduler",
    "EulerAncestralDiscreteScheduler",
    "EulerDiscreteScheduler",
    "PNDMScheduler",
    "UniPCMultistepScheduler",
)
"""Schedulers whose config gives ours the same noise schedule; ours takes the steps."""
WEIGHTS = "diffusion_pytorch_model.safetensors"
Sizes = dict[str, int | None]
"""A repository's files and their sizes in bytes."""
Fetch = Callable[[list[str]], Path]
"""Downloads these files and returns their folder."""


class RefusedError(Exception):
    """A model is refused: the key of the sentence that says why, and its values."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


class Models:
    """The bundled models, loaded when first asked for, and the last few others."""

    def __init__(self, first: DDPMPipeline | None = None) -> None:
        """first: the model that the page begins with; the bundled one if none is given."""
        self.in_page = bundled_models() if first is None else []
        """The models whose files the page can have, to run them by itself."""
        self._bundled = {MODEL: first or DDPMPipeline.from_pretrained(MODEL)}
        self._kept: dict[str, DDPMPipeline] = {}
        self._loading, self._loading_bundled = Lock(), Lock()

    def get(self, name: Any, request: gr.Request | None = None) -> DDPMPipeline:
        """The model of this name, loaded if need be.

        Raises gr.Error, one sentence in the browser's language, for one that is not taken.
        """
        name = str(name).strip()
        try:
            return self._bundled.get(name) or self._kept.get(name) or self._load(name)
        except RefusedError as why:
            raise refusal(request, why.key, name=name, **why.values) from None

    def load_bundled(self) -> None:
        """Load all the bundled models, to where the first one is."""
        for name in bundled_models():
            self.get(name)

    def _load(self, name: str) -> DDPMPipeline:
        if name in bundled_models():
            with self._loading_bundled:
                pipeline = self._bundled.get(name) or DDPMPipeline.from_pretrained(name)
                return self._bundled.setdefault(name, pipeline.to(self._bundled[MODEL].device))
        if not ALLOWED:
            raise RefusedError("limits_model_off")
        with self._loading:
            kept = self._kept.get(name) or load(name).to(self._bundled[MODEL].device)
            self._kept[name] = kept
            while len(self._kept) > KEPT:
                del self._kept[next(iter(self._kept))]
            return kept


def exact_backend(pipeline: DDPMPipeline) -> str:
    """The fastest backend that draws what `eager` draws, to a grey level, as the page promises."""
    try:
        check_backend(pipeline.unet, "openvino", pipeline.device)
    except ValueError:
        return "eager"
    return "openvino"


def most_pictures(pipeline: DDPMPipeline) -> int:
    """The most pictures of one run of this model."""
    height, width = height_width(pipeline.unet.config.sample_size)
    return max(1, min(MAX_PICTURES, MAX_PIXELS // (height * width)))


def load(name: str) -> DDPMPipeline:
    """The model of this name, checked and tried. Raises RefusedError."""
    with tempfile.TemporaryDirectory() as temporary:
        sizes, fetch = _local(Path(name)) or _on_hub(name, temporary)
        if any(file.endswith(".py") for file in sizes):
            raise RefusedError("limits_model_code")
        unet = "unet/" if "unet/config.json" in sizes else ""  # older ones have all in one folder
        scheduler = "scheduler/" if "scheduler/scheduler_config.json" in sizes else ""
        weights = unet + WEIGHTS
        files = ["model_index.json", f"{unet}config.json", f"{scheduler}scheduler_config.json"]
        _check_sizes(sizes, files, weights)
        try:
            folder = fetch(files)
            configs = [json.loads((folder / file).read_text()) for file in files]
            _check_kind(*configs, weight_bytes=sizes[weights] or 0)
            fetch([*files, weights])
            network = UNet2DModel.from_pretrained(folder / unet, use_safetensors=True)
            scheduler = DDPMScheduler.from_config(configs[2])
            pipeline = DDPMPipeline(network, scheduler, configs[0].get("id2label"))
            try_network(name, pipeline)
            label = 0 if pipeline.class_names else None
            (only,) = pipeline.stream(1, num_inference_steps=1, class_labels=label, backend="auto")
            if not only.sample.isfinite().all():  # the scheduler's numbers may be wild
                raise RefusedError("limits_model_broken")
        except RefusedError:
            raise
        except Exception as error:  # a stranger's files can be broken in any way
            raise RefusedError("limits_model_broken") from error
    return pipeline


def _local(folder: Path) -> tuple[Sizes, Fetch] | None:
    try:
        if not (folder / "model_index.json").is_file():
            return None
    except (OSError, ValueError):  # not a path
        return None
    files = [path for path in folder.rglob("*") if path.is_file()]
    sizes: Sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}
    return sizes, lambda _: folder


def _on_hub(name: str, temporary: str) -> tuple[Sizes, Fetch]:
    """Without a token: visitors must not reach the private models of whoever runs the server."""
    try:
        info = HfApi(token=False).model_info(name, files_metadata=True)
    except (HFValidationError, RepositoryNotFoundError):
        raise RefusedError("limits_model_missing") from None
    except Exception as error:
        raise RefusedError("limits_model_unreachable") from error
    fetch = partial(_download, name, info.sha, temporary)
    return {file.rfilename: file.size for file in info.siblings or []}, fetch


def _download(name: str, revision: str | None, temporary: str, files: list[str]) -> Path:
    folder = snapshot_download(
        name, revision=revision, local_dir=temporary, allow_patterns=files, token=False
    )
    return Path(folder)


def _check_sizes(sizes: Sizes, files: list[str], weights: str) -> None:
    if not set(files) <= set(sizes):
        raise RefusedError("limits_model_broken")
    if weights not in sizes:
        raise RefusedError("limits_model_pickle")
    limits = {**dict.fromkeys(files, MAX_JSON_BYTES), weights: MAX_MEGABYTES * 10**6}
    for file, limit in limits.items():
        size = sizes[file]
        if size is None or size > limit:
            raise RefusedError("limits_model_too_large", limit=MAX_MEGABYTES)


def _check_kind(index: Any, unet: Any, scheduler: Any, *, weight_bytes: int) -> None:
    """Check classes, sizes and parts by the configs alone. Raises RefusedError."""
    parts = {key: part for key, part in index.items() if key[0] != "_" and part != [None, None]}
    names = parts.pop("id2label", None)
    classes = unet.get("num_class_embeds") or 0
    if names is not None and not (
        isinstance(names, dict)
        and set(names) == {str(i) for i in range(len(names))}
        and len(names) in (classes, classes - 1)
        and all(isinstance(name, str) for name in names.values())
    ):
        raise RefusedError("limits_model_broken")
    library, kind = parts.pop("scheduler")
    known = library == "diffusers" and kind in SCHEDULERS
    if parts != {"unet": ["diffusers", "UNet2DModel"]} or not known:
        raise RefusedError("limits_model_other_kind")
    channels = unet.get("in_channels", 3)
    if unet["_class_name"] != "UNet2DModel" or channels not in (1, 3, 4):
        raise RefusedError("limits_model_other_kind")
    if unet.get("out_channels", 3) not in (channels, 2 * channels):  # twice: a learned variance
        raise RefusedError("limits_model_other_kind")
    if unet.get("class_embed_type") or (unet.get("num_class_embeds") or 0) > MAX_CLASSES + 1:
        raise RefusedError("limits_model_classes")
    if not all(8 <= side <= MAX_SIDE for side in height_width(unet["sample_size"])):
        raise RefusedError("limits_model_too_wide", limit=MAX_SIDE)
    blocks, layers = len(unet["down_block_types"]), unet.get("layers_per_block", 2)
    T = len(scheduler.get("trained_betas") or range(scheduler.get("num_train_timesteps", 1000)))
    if blocks > MAX_BLOCKS or layers > MAX_LAYERS or not MIN_STEPS <= T <= MAX_STEPS:
        raise RefusedError("limits_model_broken")
    with torch.device("meta"):  # a small config must not allocate a large network
        network = UNet2DModel.from_config(unet)
    if attention_tokens(network) > MAX_ATTENTION:
        raise RefusedError("limits_model_attention")
    if 2 * sum(p.numel() for p in network.parameters()) > weight_bytes:
        raise RefusedError("limits_model_broken")
