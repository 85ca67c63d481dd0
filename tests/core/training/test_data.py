import numpy as np
import pytest
import torch

from ganzoo import ImageData
from ganzoo.techniques import Random
from ganzoo.training.data import READ_AHEAD, ResidentData, StreamedData, Taken, training_data

CPU = torch.device("cpu")


def data(n=10, *, seed=0, conditional=True):
    images = np.arange(n, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1), np.uint8)
    names = tuple(map(str, range(n)))
    return ResidentData(
        ImageData(images=images, labels=np.arange(n), class_names=names), conditional=conditional, seed=seed, device=CPU
    )


def batch(source, size):
    taken = source.take(size)
    return source.images(taken), source.labels_of(taken)


def identities(images):
    return ((images[:, 0, 0, 0] + 1) * 127.5).round().int().tolist()


def test_an_epoch_shows_every_image_once_whatever_the_batch_size():
    source = data()
    seen = [i for _ in range(10) for i in identities(batch(source, 3)[0])]
    for epoch in range(3):
        assert sorted(seen[10 * epoch : 10 * epoch + 10]) == list(range(10))
    assert seen[:10] != seen[10:20]


def test_the_position_is_the_whole_state():
    first, second = data(), data()
    batch(first, 7)
    second.position = 7
    torch.testing.assert_close(batch(first, 8)[0], batch(second, 8)[0])


def test_labels_go_with_their_images():
    images, labels = batch(data(), 10)
    assert identities(images) == labels.tolist()


def test_the_order_depends_on_the_seed():
    assert batch(data(100), 100)[1].tolist() != batch(data(100, seed=1), 100)[1].tolist()


def test_pixels_0_and_255_are_minus_1_and_1():
    images = np.array([0, 255], np.uint8).reshape(2, 1, 1, 1)
    source = ResidentData(ImageData(images=images), conditional=False, seed=0, device=CPU)
    assert sorted(batch(source, 2)[0].flatten().tolist()) == [-1.0, 1.0]


def test_read_only_images_are_taken_without_a_warning_and_stay_as_they_are():
    images = np.zeros((4, 2, 2, 1), np.uint8)
    images.flags.writeable = False
    source = ResidentData(ImageData(images=images), conditional=False, seed=0, device=CPU)
    source.pixels.fill_(7)
    assert not images.any()


def test_a_batch_larger_than_the_data_goes_round():
    assert len(batch(data(3), 8)[0]) == 8


def test_an_unconditional_game_sees_no_labels():
    source = data(conditional=False)
    assert batch(source, 2)[1] is None
    assert source.draw_labels(2, Random(CPU, 0)) is None


def test_labels_are_drawn_as_often_as_they_occur():
    images = np.zeros((4, 1, 1, 1), np.uint8)
    source = ResidentData(
        ImageData(images=images, labels=np.array([0, 1, 1, 1]), class_names=("a", "b")),
        conditional=True,
        seed=0,
        device=CPU,
    )
    labels = source.draw_labels(4000, Random(CPU, 0))
    assert abs(labels.float().mean().item() - 0.75) < 0.03


@pytest.fixture
def mapped(tmp_path):
    """A hundred images in a file, each of its own number, as a packed data set gives them."""
    images = np.arange(100, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1), np.uint8)
    np.save(tmp_path / "images.npy", images)
    names = tuple(map(str, range(100)))
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    return ImageData(images=mapped, labels=np.arange(100), class_names=names)


def test_images_in_a_file_are_streamed_in_the_order_of_those_in_memory(mapped):
    streamed = training_data(mapped, conditional=True, seed=0, device=CPU)
    resident = data(100)
    assert isinstance(streamed, StreamedData)
    for size in (7, 7, 30, 64, 5):
        for found, expected in zip(batch(streamed, size), batch(resident, size), strict=True):
            torch.testing.assert_close(found, expected, rtol=0, atol=0)
        assert streamed.position == resident.position


def test_what_was_read_ahead_is_dropped_when_the_position_changes(mapped):
    streamed, resident = StreamedData(mapped, conditional=False, seed=0, device=CPU), data(100, conditional=False)
    batch(streamed, 8)
    streamed.position = resident.position = 56
    torch.testing.assert_close(batch(streamed, 8)[0], batch(resident, 8)[0], rtol=0, atol=0)


@pytest.mark.parametrize("source", [ResidentData, StreamedData])
@pytest.mark.parametrize("rounds", [1, 3])
def test_processes_share_a_batch_and_go_on_together(source, rounds, mapped, monkeypatch):
    whole = data(100).take(24).places.view(rounds, -1)
    parts = []
    for rank in range(4):
        monkeypatch.setattr("ganzoo.ranks.rank", lambda rank=rank: rank)
        monkeypatch.setattr("ganzoo.ranks.world", lambda: 4)
        images = mapped if source is StreamedData else ImageData(images=np.array(mapped.images), labels=mapped.labels)
        own = source(images, conditional=True, seed=0, device=CPU)
        taken = own.take(24, rounds)
        assert identities(own.images(taken)) == own.labels_of(taken).tolist() == taken.places.tolist()
        assert own.position == 24
        parts.append(taken.places.view(rounds, -1))
    assert torch.equal(
        torch.cat(parts, dim=1), whole
    )  # each round is the batch's next part, in the order of the processes


def test_reading_ahead_goes_no_further_than_it_must(mapped, monkeypatch):
    reads = []
    monkeypatch.setattr(StreamedData, "_read", lambda self, places: reads.append(places) or Taken(places))
    streamed = StreamedData(mapped, conditional=False, seed=0, device=CPU)
    for _ in range(10):
        streamed.take(8)
    assert len(reads) <= 10 + READ_AHEAD
