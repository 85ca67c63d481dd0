import numpy as np
import torch

from ganzoo import ImageData
from ganzoo.training.data import DeviceData

CPU = torch.device("cpu")


def data(n=10, *, seed=0, conditional=True):
    images = np.arange(n, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1), np.uint8)
    names = tuple(map(str, range(n)))
    return DeviceData(
        ImageData(images=images, labels=np.arange(n), class_names=names), conditional=conditional, seed=seed, device=CPU
    )


def identities(images):
    return ((images[:, 0, 0, 0] + 1) * 127.5).round().int().tolist()


def test_an_epoch_shows_every_image_once_whatever_the_batch_size():
    source = data()
    seen = [i for _ in range(10) for i in identities(source.batch(3)[0])]
    for epoch in range(3):
        assert sorted(seen[10 * epoch : 10 * epoch + 10]) == list(range(10))
    assert seen[:10] != seen[10:20]


def test_the_position_is_the_whole_state():
    first, second = data(), data()
    first.batch(7)
    second.position = 7
    torch.testing.assert_close(first.batch(8)[0], second.batch(8)[0])


def test_labels_go_with_their_images():
    images, labels = data().batch(10)
    assert identities(images) == labels.tolist()


def test_the_order_depends_on_the_seed():
    assert data(100).batch(100)[1].tolist() != data(100, seed=1).batch(100)[1].tolist()


def test_pixels_0_and_255_are_minus_1_and_1():
    images = np.array([0, 255], np.uint8).reshape(2, 1, 1, 1)
    batch, _ = DeviceData(ImageData(images=images), conditional=False, seed=0, device=CPU).batch(2)
    assert sorted(batch.flatten().tolist()) == [-1.0, 1.0]


def test_read_only_images_are_taken_without_a_warning_and_stay_as_they_are():
    images = np.zeros((4, 2, 2, 1), np.uint8)
    images.flags.writeable = False
    source = DeviceData(ImageData(images=images), conditional=False, seed=0, device=CPU)
    source.images.fill_(7)
    assert not images.any()


def test_a_batch_larger_than_the_data_goes_round():
    assert len(data(3).batch(8)[0]) == 8


def test_an_unconditional_game_sees_no_labels():
    source = data(conditional=False)
    assert source.batch(2)[1] is None
    assert source.draw_labels(2, torch.Generator()) is None


def test_labels_are_drawn_as_often_as_they_occur():
    images = np.zeros((4, 1, 1, 1), np.uint8)
    source = DeviceData(
        ImageData(images=images, labels=np.array([0, 1, 1, 1]), class_names=("a", "b")),
        conditional=True,
        seed=0,
        device=CPU,
    )
    labels = source.draw_labels(4000, torch.Generator().manual_seed(0))
    assert abs(labels.float().mean().item() - 0.75) < 0.03
