"""A model: a UNet2DModel with its scheduler and the names of its classes, loaded and saved."""

from pathlib import Path
from textwrap import shorten
from typing import Any, Self

import diffusers
from huggingface_hub import CommitInfo

from ddpm_hf.bundled import located
from ddpm_hf.hub.saving import CardedPipeline
from ddpm_hf.scheduler import DDPMScheduler


class ModelPipeline(CardedPipeline):
    """What `DDPMPipeline` is made of, and the folder it is kept in.

    diffusers' DDPMScheduler is replaced by ours; its other schedulers stay as they are.
    """

    model_cpu_offload_seq = "unet"

    def __init__(
        self,
        unet: diffusers.UNet2DModel,
        scheduler: Any,
        id2label: dict[Any, str] | None = None,
    ) -> None:
        """`id2label`: the names of the classes, by number; for a model that draws by class.

        If the UNet knows one class more than there are names, that one, the last, stands for none
        in particular: the model can draw without a class, and be guided.
        Raises ValueError for names that are not of the UNet's classes.
        """
        super().__init__()
        if type(scheduler) is diffusers.DDPMScheduler:
            scheduler = DDPMScheduler.from_config(scheduler.config)
        self.register_modules(unet=unet.eval(), scheduler=scheduler)
        if id2label is not None:
            names = {str(i): name for i, name in id2label.items()}  # JSON has no numbers as keys
            known = unet.config.num_class_embeds or 0
            if names.keys() != {str(i) for i in range(len(names))} or not (
                names and known - len(names) in (0, 1)
            ):
                raise ValueError(
                    f"id2label must name the classes 0, 1, …, all {known} of the UNet or all but"
                    f" the last; got {', '.join(names) or 'none'}."
                )
            self.register_to_config(id2label=names)
        self._name_stock_scheduler()

    def _name_stock_scheduler(self) -> None:
        """Record our scheduler as diffusers' class that reads the same config."""
        if isinstance(self.scheduler, DDPMScheduler):
            self.register_to_config(scheduler=("diffusers", "DDPMScheduler"))

    @classmethod
    def from_pretrained(cls, name: str | Path, **kwargs: Any) -> Self:
        """Load a pipeline: a local folder wins, then a bundled model, then the Hub.

        The keyword arguments are diffusers' (`variant`, `torch_dtype`, `revision`, `token`, …).
        Weights are read from safetensors only, unless `use_safetensors=False` allows pickles.
        Raises OSError if there is no such model.
        """
        kwargs.setdefault("use_safetensors", True)
        pipeline: Self = super().from_pretrained(located(name), **kwargs)
        return pipeline

    def save_pretrained(self, save_directory: str | Path, **kwargs: Any) -> CommitInfo | None:
        """Write the folder that ours and diffusers load, with a card; safetensors only.

        With `push_to_hub=True` it goes to the Hub, too. diffusers can't sample with our
        scheduler's `timestep_spacing` "quadratic" or "visible".
        """
        self._name_stock_scheduler()
        return super().save_pretrained(save_directory, **kwargs)

    def with_scheduler(self, scheduler: Any) -> Self:
        """The same network, shared, with another scheduler."""
        other = type(self)(self.unet, scheduler, self.config.get("id2label"))
        other.register_to_config(_name_or_path=self.name_or_path)
        return other

    @property
    def num_train_timesteps(self) -> int:
        """T, the number of steps the model was trained on."""
        return len(self.scheduler)

    @property
    def class_names(self) -> list[str]:
        """The names of the classes that can be asked for, by number; their numbers if unnamed."""
        names: dict[str, str] | None = self.config.get("id2label")
        classes = range(self.unet.config.num_class_embeds or 0)
        if names is None:
            return [str(i) for i in classes]
        return [names[str(i)] for i in range(len(names))]

    def class_called(self, label: str) -> int:
        """The number of the class that `label` names, or is the number of.

        An exact name wins. Raises ValueError, which gives the readings or lists the classes, if two
        are called so, if a number could be either, or if there is no such class.
        """
        names = self.class_names
        called = [number for number, name in enumerate(names) if name == label]
        if len(called) == 1:
            return called[0]
        number = int(label) if label.isdecimal() else len(names)
        if called:
            reason = f"classes {', '.join(map(str, called))} are called {label}: give a number"
        elif number < len(names) and any(name.isdecimal() for name in names):
            reason = f"no class is called {label}, and number {number} is called {names[number]}"
            reason += ": give the name"
        elif number < len(names):
            return number
        else:
            known = f"its classes are 0..{len(names) - 1}: {', '.join(names)}"
            reason = shorten(known, 200, placeholder=" …") if names else "it has no classes"
        raise ValueError(reason)

    @property
    def null_class(self) -> int | None:
        """The class that stands for none in particular; None if the model knows no such class."""
        known, named = self.unet.config.num_class_embeds, len(self.class_names)
        return named if known is not None and known > named else None
