"""What is told of other libraries' errors: always a reason."""

import errno

import accelerate
import pytest
from safetensors import SafetensorError

from ddpm_hf.distributed import on_main
from ddpm_hf.errors import UserError, first_sentence
from ddpm_hf.training import checkpoint
from ddpm_hf.training.export import save_checkpoint


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
