"""The length of a run, and what is due after which step."""

import pytest

from ddpm_hf.errors import UserError
from ddpm_hf.training.batches import BatchShard
from ddpm_hf.training.config import TrainConfig
from ddpm_hf.training.plan import TrainingPlan

SHARD = BatchShard(4, processes=2, accumulation=2)


def plan(rows, **changes):
    return TrainingPlan(TrainConfig(**changes), SHARD, rows)


def steps(is_due, total):
    return [step for step in range(1, total + 1) if is_due(step)]


def test_an_epoch_is_rounded_up_to_whole_steps():
    assert plan(33, num_epochs=5).steps_per_epoch == 3  # of 16 images
    assert plan(33, num_epochs=5).total_steps == 15
    assert plan(33, num_epochs=5, max_train_steps=7).total_steps == 7


def test_what_is_due_after_each_step():
    of_ten = plan(32, num_epochs=5, save_images_epochs=2, save_model_epochs=3, logging_steps=5)
    assert steps(of_ten.draws_samples, 10) == [4, 6, 8]  # the last step's are drawn at the end
    assert steps(of_ten.saves_model, 10) == [6]
    assert steps(of_ten.logs, 10) == [4, 5, 6, 8, 10]
    assert steps(plan(32, checkpointing_steps=3).saves_checkpoint, 10) == [3, 6, 9]


def test_a_run_that_trains_nothing_or_never_warms_up_says_so():
    assert plan(32, num_epochs=5, lr_warmup_steps=9).notices(3) == []
    (said,) = plan(32, num_epochs=5).notices(11)  # of ten
    assert said.startswith("Nothing is left to train: ")
    assert said.endswith("--num_epochs 6, or more, continues it.")
    (said,) = plan(32, max_train_steps=4).notices(4)
    assert "is of step 4, and the run has 4 steps. --max_train_steps 5, or more" in said
    short = {"max_train_steps": 4, "learning_rate": 1e-3}
    (said,) = plan(32, **short).notices(0)
    assert "--lr_warmup_steps 500: of --learning_rate 0.001 it reaches 0.60%." in said
    assert plan(32, **short, lr_scheduler="constant").notices(0) == []


def test_a_stream_of_unknown_length_has_no_epochs():
    stream = plan(None, max_train_steps=7, save_images_epochs=1, logging_steps=4)
    assert stream.steps_per_epoch is None and steps(stream.draws_samples, 7) == []
    assert steps(stream.logs, 7) == [4, 7]
    with pytest.raises(UserError, match="give --max_train_steps"):
        _ = plan(None).total_steps
