"""What is told of other libraries' errors: always a reason."""

import errno

import accelerate
import pytest
from safetensors import SafetensorError

from ddpm_hf.distributed import on_main
from ddpm_hf.errors import UserError, as_text, first_sentence
from ddpm_hf.training import checkpoint
from ddpm_hf.training.config import TrainConfig
from ddpm_hf.training.export import save_checkpoint
from ddpm_hf.training.preflight import check_output_dir


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "x"), "No space left on device"),
        (OSError("encoder error -2 when writing image file"), "encoder error -2 when writing"),
        (OSError(), "OSError"),
        (SafetensorError("I/O error. (os error 28)"), "I/O error"),
        (KeyError("a"), "'a'"),
    ],
)
def test_no_reason_is_none(error, reason, small_state, monkeypatch):
    assert first_sentence(error).startswith(reason)

    def fails(*_):
        raise error

    if isinstance(error, OSError):
        state = small_state()
        monkeypatch.setattr(checkpoint, "save", fails)
        with pytest.raises(UserError, match=f"Can't write checkpoint-0 to .*: {reason}"):
            save_checkpoint(state)
        with pytest.raises(UserError, match=f"^{reason}"):
            on_main(accelerate.Accelerator(cpu=True), fails)


def test_names_that_are_not_utf_8_can_be_told(tmp_path):
    """In the card, the log and what is printed; a log's own folder is refused before."""
    assert as_text("F\udcf6tos · Fötos") == "Fötos · Fötos"
    config = TrainConfig(dataset_name="cats", output_dir=f"{tmp_path}/\udcf6ut")
    with pytest.raises(UserError, match=r"The log can't be in .*/öut, whose name is not UTF-8"):
        check_output_dir(config)
