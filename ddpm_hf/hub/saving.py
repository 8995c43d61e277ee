"""Saving a pipeline, or pushing it to the Hub, with a card of its own."""

import tempfile
from pathlib import Path
from typing import Any

from diffusers import DiffusionPipeline
from huggingface_hub import CommitInfo, HfApi

from ddpm_hf.hub.pipeline_card import write_card
from ddpm_hf.hub.upload import upload


class CardedPipeline(DiffusionPipeline):
    """A pipeline that goes to a folder or to the Hub with its card.

    The card is that of the model that the pipeline was loaded from, with its licence, data and
    attribution; else a plain one. A card that the folder or the repository has is kept.
    """

    def save_pretrained(
        self,
        save_directory: str | Path,
        *,
        push_to_hub: bool = False,
        repo_id: str | None = None,
        private: bool | None = None,
        token: str | None = None,
        subfolder: str | None = None,
        commit_message: str | None = None,
        create_pr: bool = False,
        **kwargs: Any,
    ) -> CommitInfo | None:
        """As diffusers does it. Only what belongs to the pipeline is pushed.

        repo_id: by default the folder's name. Returns the commit if it was pushed.
        Raises ValueError for a push without safetensors, and what the Hub's client raises.
        """
        api, folder = HfApi(token=token), Path(save_directory)
        name = repo_id or folder.resolve().name
        if push_to_hub:
            if kwargs.get("safe_serialization") is False:
                raise ValueError("Only safetensors are pushed: leave safe_serialization at True.")
            name = api.create_repo(name, private=private, exist_ok=True).repo_id
        super().save_pretrained(str(folder), **kwargs)
        write_card(self, folder, name, online=push_to_hub, token=token)
        if not push_to_hub:
            return None
        return upload(
            folder,
            name,
            token=token,
            commit_message=commit_message,
            create_pr=create_pr,
            subfolder=subfolder,
            keep_card=subfolder is not None or api.file_exists(name, "README.md"),
        )

    def push_to_hub(
        self,
        repo_id: str,
        commit_message: str | None = None,
        private: bool | None = None,
        token: str | None = None,
        create_pr: bool = False,
        safe_serialization: bool = True,
        variant: str | None = None,
        subfolder: str | None = None,
    ) -> CommitInfo | None:
        """As `save_pretrained(push_to_hub=True)`, leaving nothing on disk."""
        with tempfile.TemporaryDirectory() as temporary:
            return self.save_pretrained(
                temporary,
                push_to_hub=True,
                repo_id=repo_id,
                commit_message=commit_message,
                private=private,
                token=token,
                create_pr=create_pr,
                safe_serialization=safe_serialization,
                variant=variant,
                subfolder=subfolder,
            )
