"""Random draws, above all of training: the same wherever and whenever they are made."""

import pytest
import torch

from ddpm_hf.data.examples import Example
from ddpm_hf.noise import image_generators
from ddpm_hf.training.batches import BatchShard, batches
from ddpm_hf.training.randomness import BatchRandomness, image_index


def examples(n=10):
    return [Example(torch.full((1, 2, 2), i, dtype=torch.uint8), i) for i in range(n)]


def draw(positions, step=3, seed=0):
    randomness = BatchRandomness(seed, 2000, 2, random_flip=True)
    return randomness.training_batch(step, positions, (examples()[p % 10] for p in positions))


def test_draws_depend_on_the_position_alone():
    whole = draw(range(8))
    halves = draw(range(4)), draw(range(4, 8))
    for name in ("x_0", "t", "epsilon", "labels"):
        parts = torch.cat([getattr(half, name) for half in halves])
        assert torch.equal(getattr(whole, name), parts)
    assert not torch.equal(whole.epsilon, draw(range(8), step=4).epsilon)
    assert not torch.equal(whole.epsilon, draw(range(8), seed=1).epsilon)


def test_draws_have_the_right_distributions():
    batch = draw(range(4000))
    assert int(batch.t.min()) >= 1 and int(batch.t.max()) <= 2000
    assert float(batch.t.double().mean()) == pytest.approx(1000.5, abs=3 * 577 / 4000**0.5)
    assert float(batch.epsilon.mean()) == pytest.approx(0, abs=3 / 16000**0.5)
    assert float(batch.epsilon.var()) == pytest.approx(1, rel=3 * (2 / 16000) ** 0.5)


def test_half_of_the_pictures_are_mirrored_left_to_right_in_training_alone():
    picture = torch.tensor([[[0, 0], [255, 51]]], dtype=torch.uint8)
    randomness, pictures = (
        BatchRandomness(0, 2000, 2, random_flip=True),
        [Example(picture, 0)] * 4000,
    )
    bottom = randomness.training_batch(3, range(4000), pictures).x_0[:, 0, 1]
    mirrored = bottom[:, 1] == 1
    assert float(mirrored.double().mean()) == pytest.approx(0.5, abs=3 * (0.25 / 4000) ** 0.5)
    assert (bottom[~mirrored, 0] == 1).all(), "never upside down"
    assert (randomness.validation_batch(range(100), pictures[:100]).x_0[:, 0, 1, 0] == 1).all()


def test_a_validation_set_has_noise_of_its_own_and_an_epoch_an_order_by_the_seed():
    randomness, pictures = BatchRandomness(0, 2000, 2), examples()
    held_out, trained = (
        randomness.validation_batch(range(10), pictures),
        randomness.training_batch(0, range(10), pictures),
    )
    assert not torch.equal(held_out.epsilon, trained.epsilon)
    orders = [[image_index(seed, 100, place) for place in range(100)] for seed in (0, 1)]
    assert orders[0] != orders[1]


def test_classes_are_hidden_by_chance_and_nothing_else_changes():
    plain, hiding = (
        BatchRandomness(0, 2000, 2, class_dropout=p, null_class=10) for p in (0.0, 0.25)
    )
    pictures = examples() * 400
    seen, hidden = (d.training_batch(3, range(4000), pictures) for d in (plain, hiding))
    assert all(torch.equal(a, b) for a, b in zip(seen[:3], hidden[:3], strict=True))
    gone = hidden.labels == 10
    assert float(gone.double().mean()) == pytest.approx(0.25, abs=3 * (0.1875 / 4000) ** 0.5)
    assert torch.equal(hidden.labels[~gone], seen.labels[~gone])
    assert 10 not in hiding.validation_batch(range(4000), pictures).labels


def test_timesteps_can_be_logit_normal():
    randomness = BatchRandomness(0, 2000, 2, logit=(-2.0, 1.2))
    t = randomness.training_batch(3, range(4000), examples() * 400).t.double()
    assert int(t.min()) >= 1 and int(t.max()) <= 2000
    logit = torch.logit((t - 0.5) / 2000)
    assert float(logit.mean()) == pytest.approx(-2, abs=3 * 1.2 / 4000**0.5)
    assert float(logit.std()) == pytest.approx(1.2, rel=3 / 8000**0.5)
    wide = (
        BatchRandomness(0, 2000, 2, logit=(0.0, 50.0))
        .training_batch(3, range(4000), examples() * 400)
        .t
    )
    assert int(wide.min()) == 1 and int(wide.max()) == 2000
    held_out = randomness.validation_batch(range(4000), examples() * 400).t.double()
    assert float(held_out.mean()) == pytest.approx(1000.5, abs=3 * 577 / 4000**0.5)


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_are_the_same_on_any_number_of_processes_and_workers(workers):
    """1 × 8, 2 × 4, and 1 × 4 accumulated twice; from the start, or from step 2 on."""
    randomness = BatchRandomness(0, 50, 2)

    def steps(count, first=0, **shard):
        made = [
            batches(examples(), randomness, BatchShard(rank=rank, **shard), first, workers)
            for rank in range(shard.get("processes", 1))
        ]
        for _ in range(count):
            pieces = [next(m) for _ in range(shard.get("accumulation", 1)) for m in made]
            yield [torch.cat(parts) for parts in zip(*pieces, strict=True)]

    whole = list(steps(5, batch_size=8))
    assert len({tuple(step[1].tolist()) for step in whole}) == 5
    for other in (
        list(steps(5, batch_size=4, processes=2)),
        list(steps(5, batch_size=4, accumulation=2)),
        [*whole[:2], *steps(3, first=2, batch_size=8)],
    ):
        for one, two in zip(whole, other, strict=True):
            assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))


def test_every_epoch_shows_every_picture_once_in_a_new_order():
    epochs = [[image_index(0, 10, e * 10 + i) for i in range(10)] for e in range(3)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


def test_pictures_of_another_seed_have_other_noise():
    def first(seed, numbers):
        return [float(torch.randn((), generator=g)) for g in image_generators(seed, numbers)]

    assert len({noise for seed in range(3) for noise in first(seed, range(50))}) == 150
    assert first(0, [7]) == first(0, range(8))[7:]


def test_a_worker_killed_while_its_batch_is_fetched_is_told(monkeypatch):
    """Torch tells of it by itself, unless the system has not told torch yet."""

    def reset(*_):
        raise ConnectionResetError

    made = batches(examples(), BatchRandomness(0, 50, 2), BatchShard(4), workers=1)
    next(made)
    monkeypatch.setattr("torch.multiprocessing.reductions.rebuild_storage_fd", reset)
    with pytest.raises(RuntimeError, match="A DataLoader worker was killed"):
        next(made)
