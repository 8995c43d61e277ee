"""Publishing the page on the Hub: `python -m ddpm_hf.hub space ME/name`."""

import time
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Annotated, Literal

import tyro
from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationDelete,
    HfApi,
    RepoUrl,
    SpaceHardware,
    SpaceStage,
)
from huggingface_hub.errors import RepositoryNotFoundError

from ddpm_hf.cli import command_line, options
from ddpm_hf.errors import UserError
from ddpm_hf.hub import static_space
from ddpm_hf.hub.client import hub_errors, require_token
from ddpm_hf.hub.space_files import contents

SECONDS_BETWEEN_LOOKS = 5.0
MARK = "ddpm_hf/__init__.py"
"""A Space with this file is one of ours."""
STATIC_MARK = "ddpm.js"
"""And a static one with this file."""
EMPTY = {".gitattributes", "README.md"}
"""The files of a Space that was just created."""
FAILED = {
    SpaceStage.BUILD_ERROR: "it can't be built",
    SpaceStage.RUNTIME_ERROR: "the page did not start",
    SpaceStage.CONFIG_ERROR: "its README's front matter is refused",
    SpaceStage.NO_APP_FILE: "it has no app.py",
}
CREATING = {
    402: (
        "this hardware needs a PRO subscription; a free account may have a ZeroGPU Space"
        " (--hardware zero-a10g) once it is 30 days old"
    ),
    403: "this account or token may not create such a Space: it needs write access there",
}


@dataclass(frozen=True)
class SpaceConfig:
    """Publish the page on the Hub as a Space, or update your Space.

    Example: python -m ddpm_hf.hub space ME/ddpm --dry_run
    """

    space_id: Annotated[str, tyro.conf.Positional]
    """The Space's id on the Hub, ME/name; created if it does not exist."""
    hardware: Literal["zero-a10g", "cpu-basic"] = "zero-a10g"
    """zero-a10g: ZeroGPU, which a free account may have; cpu-basic needs a PRO subscription."""
    static: bool = False
    """The page as plain files, which need no hardware: free for every account."""
    gradio_space: str | None = None
    """With --static: a Gradio Space, ME/name, to link to for what plain files can't do."""
    private: bool = False
    """Create a private Space."""
    dry_run: bool = False
    """List the files and their bytes; send nothing."""
    torch_index: str | None = None
    """For cpu-basic: a package index with CPU builds of torch (PyTorch's documentation names one),
    which saves the Space 2.5 GB of CUDA."""
    token: str | None = field(default=None, repr=False)
    """By default $HF_TOKEN, or the token of `hf auth login`."""


def _files_there(api: HfApi, config: SpaceConfig) -> set[str] | None:
    """The files of the Space; None if there is no such Space.

    Raises UserError if it is something else than the page.
    """
    with hub_errors(f"look at the Space {config.space_id}"):
        try:
            files = set(api.list_repo_files(config.space_id, repo_type="space"))
        except RepositoryNotFoundError:
            return None
    mark = STATIC_MARK if config.static else MARK
    if mark not in files and not files <= EMPTY:
        raise UserError(
            f"The Space {config.space_id} holds something else, which this would overwrite: choose"
            " another name."
        )
    return files


def _upload(api: HfApi, space_id: str, files: dict[str, bytes], there: set[str]) -> None:
    """One commit: all files, and the removal of our own that are no longer part of the page.

    What was sent before an upload was cut off is not sent again.
    """
    ours = {PurePosixPath(path).parts[0] for path in files if "/" in path}
    stale = [path for path in there - files.keys() if PurePosixPath(path).parts[0] in ours]
    operations: list[CommitOperationAdd | CommitOperationDelete] = [
        *(CommitOperationAdd(path, content) for path, content in sorted(files.items())),
        *(CommitOperationDelete(path) for path in sorted(stale)),
    ]
    with hub_errors(f"upload to the Space {space_id}"):
        api.create_commit(space_id, operations, commit_message="Upload the page", repo_type="space")


def _wait(api: HfApi, space_id: str) -> None:
    """Until the Space runs. Raises UserError if it fails to."""
    told = None
    while True:
        with hub_errors(f"ask how the Space {space_id} is doing"):
            stage = api.get_space_runtime(space_id).stage
        if stage == SpaceStage.RUNNING:
            return
        if stage in FAILED:
            raise UserError(
                f"The Space {space_id} does not run: {FAILED[SpaceStage(stage)]}; its page on the"
                " Hub has the log."
            )
        if stage in (SpaceStage.PAUSED, SpaceStage.STOPPED):
            raise UserError(f"The Space {space_id} is {stage.lower()}: restart it on its page.")
        if stage != told:
            print(f"The Space is {stage.lower().replace('_', ' ')} …", flush=True)
            told = stage
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _request_hardware(api: HfApi, space_id: str, hardware: SpaceHardware) -> None:
    runtime = api.get_space_runtime(space_id)
    if hardware not in (runtime.hardware, runtime.requested_hardware):
        api.request_space_hardware(space_id, hardware)


def _create(api: HfApi, config: SpaceConfig) -> RepoUrl:
    """The Space, created if need be, on the hardware that is asked for.

    Raises UserError if it is public although `private` is asked for.
    """
    with hub_errors(f"create the Space {config.space_id}", CREATING):
        # Not private is left to the Hub: an organisation may have another default than public.
        space = api.create_repo(
            config.space_id,
            repo_type="space",
            space_sdk="static" if config.static else "gradio",
            space_hardware=None if config.static else SpaceHardware(config.hardware),
            private=config.private or None,
            exist_ok=True,
        )
        is_public = not api.space_info(space.repo_id).private
        if not config.static:
            _request_hardware(api, space.repo_id, SpaceHardware(config.hardware))
    if config.private and is_public:
        raise UserError(
            f"{space.repo_id} already exists and is public; make it private on the Hub, or choose"
            " another name."
        )
    return space


def publish(config: SpaceConfig) -> None:
    """Create the Space if need be, upload the page, wait until it runs, and print its address.

    Raises UserError, one sentence that says what to do. Run again, it continues.
    """
    if config.static:
        files = static_space.contents(config.gradio_space)
    else:
        files = contents(config.hardware, config.torch_index)
    if config.dry_run:
        for path, content in sorted(files.items()):
            print(f"{len(content):>10,}  {path}")
        total = sum(map(len, files.values()))
        print(f"{total:>10,}  bytes in {len(files)} files; nothing was sent.")
        return
    require_token(config.token, f"publish {config.space_id}")
    api = HfApi(token=config.token)
    there = _files_there(api, config)
    space = _create(api, config)
    print(f"Uploading {len(files)} files to {space.repo_id} …", flush=True)
    _upload(api, space.repo_id, files, there or set())
    _wait(api, space.repo_id)
    print(f"It runs: {space}")


def main(arguments: list[str]) -> None:
    """The command line, after `space`."""
    with command_line("ddpm_hf.hub", "Stopped; run it again to continue."):
        publish(options(SpaceConfig, "ddpm_hf.hub space", arguments))
