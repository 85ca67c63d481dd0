import torch

from ganzoo.training.averages import Averages


def test_means_are_over_the_steps_that_gave_a_scalar():
    averages = Averages()
    for i in range(4):
        averages.add({"loss": torch.tensor(float(i))} | ({"penalty": torch.tensor(10.0 * i)} if i % 2 else {}))
    assert averages.read() == {"loss": 1.5, "penalty": 20.0}


def test_reading_begins_anew():
    averages = Averages()
    assert averages.read() == {}
    averages.add({"loss": torch.tensor(1.0)})
    averages.read()
    averages.add({"loss": torch.tensor(3.0)})
    assert averages.read() == {"loss": 3.0}


def test_a_scalar_that_is_written_over_later_was_counted_as_it_was():
    """As those of a recorded step are."""
    averages, held = Averages(), torch.tensor(1.0)
    averages.add({"loss": held})
    held.fill_(5.0)
    averages.add({"loss": held})
    assert averages.read() == {"loss": 3.0}
