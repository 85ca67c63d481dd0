import gc
import weakref

import pytest
import torch

from ganzoo.config import TrainConfig
from ganzoo.errors import GanzooError
from ganzoo.training.memory import fitting_rounds, memory_explained


def config(**settings):
    return TrainConfig(recipe="mlp-ns", architecture="mlp", loss="ns", batch_size=24, resolution=16, **settings)


def trial_with_room_for(samples):
    """A step that finds memory for so many samples at a time, and the rounds that it was tried with."""
    tried = []

    def trial(config):
        tried.append(config.accumulate)
        if config.batch_size // config.accumulate > samples:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    return trial, tried


@pytest.mark.parametrize(("room", "rounds"), [(12, 2), (11, 3), (8, 3), (5, 6), (2, 12), (1, None)])
def test_the_fewest_rounds_that_divide_the_batch_and_fit(room, rounds):
    trial, tried = trial_with_room_for(room)
    assert fitting_rounds(config(), trial) == rounds
    assert tried == [n for n in (2, 3, 4, 6, 8, 12) if rounds is None or n <= rounds]


def test_what_fits_is_said_after_it_was_tried():
    trial, _ = trial_with_room_for(8)
    with pytest.raises(GanzooError) as failure, memory_explained(config(), trial):
        raise torch.OutOfMemoryError("CUDA out of memory.")
    text = str(failure.value)
    assert "Out of memory at batch size 24 and 16 pixels" in text
    assert "--set accumulate=3" in text
    assert "--batch-size 8" in text


def test_a_game_that_accumulates_already_is_divided_further():
    trial, tried = trial_with_room_for(5)
    assert fitting_rounds(config(accumulate=3), trial) == 6
    assert tried == [4, 6]


def test_where_nothing_fits_other_options_are_named():
    trial, _ = trial_with_room_for(0)
    with (
        pytest.raises(GanzooError, match=r"not even 2 samples at a time fit.*--resolution"),
        memory_explained(config(), trial),
    ):
        raise MemoryError


def test_what_the_failed_game_held_is_free_when_others_are_tried():
    class Held:
        pass

    held = []

    def game():
        tensor = Held()
        held.append(weakref.ref(tensor))
        raise torch.OutOfMemoryError("CUDA out of memory.")

    def trial(config):
        gc.collect()
        assert held[0]() is None

    with pytest.raises(GanzooError, match="accumulate=2"), memory_explained(config(), trial):
        game()


def test_other_errors_pass():
    with pytest.raises(RuntimeError, match="illegal memory access"), memory_explained(config(), None):
        raise RuntimeError("CUDA error: an illegal memory access")
