import re
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from filelock import FileLock

from ganzoo import ConfigError, DataError, ImageData
from ganzoo_features import classifier, training
from ganzoo_features.networks import MIDDLE, TOP


@pytest.fixture
def trainings(monkeypatch):
    """The trainings that take place: how many images each was shown."""
    shown, train = [], classifier.train

    def counted(shape, classes, images, labels, **how):
        shown.append(len(images))
        return train(shape, classes, images, labels, **how)

    monkeypatch.setattr(classifier, "train", counted)
    return shown


def only_file(folder):
    (path,) = folder.glob("*.safetensors")
    return path


def test_it_learns_digits_and_says_how_well(build, digits):
    train, test = digits(0, 600), digits(600, 1000)
    built = build("classifier", train, test, epochs=4)
    found = built.extractor(test.images)
    accuracy = float((found.probabilities.argmax(1) == test.labels).mean())
    assert accuracy > 0.8
    assert built.said[-1] == f"The classifier is right about {accuracy:.2%} of 400 test images."


def test_features_are_bounded_and_posteriors_are_such(build, digits):
    train = digits(0, 100)
    extractor = build("classifier", train, epochs=1).extractor
    features, probabilities = extractor(train.images)
    assert features.shape == (100, extractor.dim)
    assert features.dtype == probabilities.dtype == np.float32
    assert features.min() >= 0
    assert probabilities.shape == (100, extractor.num_classes) == (100, len(extractor.class_names))
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)


def test_a_long_training_says_how_long(build, digits, monkeypatch):
    monkeypatch.setattr(training, "LONG_S", 0.0)
    assert re.fullmatch(r"Epoch 1 of 2, about \d+ s to go\.", build("classifier", digits(0, 50), epochs=2).said[1])


def test_both_stages_count_by_their_number_of_features(build, digits):
    train = digits(0, 200)
    features, _ = build("classifier", train, digits(200, 250), epochs=1).extractor(train.images)
    middle, top = features[:, :MIDDLE].var(axis=0).sum(), features[:, MIDDLE:].var(axis=0).sum()
    np.testing.assert_allclose([middle, top], [MIDDLE, TOP], rtol=1e-3)


def test_images_that_are_all_alike_leave_the_features_finite(build):
    images = np.full((40, 8, 8, 1), 128, np.uint8)
    data = ImageData(images=images, labels=np.arange(40) % 2, class_names=("a", "b"))
    assert np.isfinite(build("classifier", data, epochs=1).extractor(images).features).all()


def test_an_images_features_do_not_depend_on_its_neighbours(build, digits):
    train = digits(0, 300)
    extractor = build("classifier", train, epochs=1).extractor
    together, alone = extractor(train.images), extractor(train.images[150:151])
    np.testing.assert_allclose(together.features[150:151], alone.features, rtol=1e-4, atol=1e-5)
    assert extractor(train.images[:0]).features.shape == (0, extractor.dim)


def test_an_image_of_another_size_is_refused(build, digits):
    extractor = build("classifier", digits(0, 50), epochs=1).extractor
    with pytest.raises(ValueError, match=r"expected images \(8, 8, 1\), got \(16, 16, 1\)"):
        extractor(np.zeros((2, 16, 16, 1), np.uint8))


def test_it_is_trained_once_and_then_found(build, digits, trainings):
    train, test = digits(0, 100), digits(100, 150)
    first, second = (build("classifier", train, test, epochs=1) for _ in range(2))
    assert trainings == [100]
    assert first.extractor.identity == second.extractor.identity
    assert second.said == first.said[-1:]
    for mine, its in zip(first.extractor(test.images), second.extractor(test.images), strict=True):
        np.testing.assert_array_equal(mine, its)


def test_equal_seeds_give_equal_networks_and_equal_files(build, digits, tmp_path):
    train = digits(0, 100)
    ids = [
        build("classifier", train, epochs=1, cache=tmp_path / str(i), seed=i // 2).extractor.identity for i in range(3)
    ]
    assert ids[0] == ids[1] != ids[2]
    assert only_file(tmp_path / "0").read_bytes() == only_file(tmp_path / "1").read_bytes()


def test_torchs_and_numpys_random_numbers_are_left_alone(build, digits):
    state, legacy = torch.get_rng_state(), np.random.get_state()[1].copy()
    build("classifier", digits(0, 50), epochs=1)
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(np.random.get_state()[1], legacy)


def altered(data, what):
    if what == "a pixel":
        images = data.images.copy()
        images[3, 4, 4, 0] ^= 1
        return replace(data, images=images)
    if what == "a label":
        labels = data.labels.copy()
        labels[3] = (labels[3] + 1) % 10
        return replace(data, labels=labels)
    return replace(data, class_names=tuple("abcdefghij"))


@pytest.mark.parametrize("what", ["a pixel", "a label", "the names"])
def test_other_data_are_another_classifier(build, digits, trainings, what):
    train = digits(0, 50)
    build("classifier", train, epochs=1)
    built = build("classifier", altered(train, what), epochs=1)
    assert len(trainings) == 2
    assert built.extractor.class_names == altered(train, what).class_names


def test_other_options_and_another_version_are_another_classifier(build, digits, trainings, monkeypatch):
    train = digits(0, 50)
    ids = {
        build("classifier", train, epochs=epochs, seed=seed).extractor.identity
        for epochs, seed in [(1, 0), (1, 1), (2, 0)]
    }
    monkeypatch.setattr(classifier, "VERSION", classifier.VERSION + 1)
    ids.add(build("classifier", train, epochs=1).extractor.identity)
    assert len(trainings) == len(ids) == 4


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b[:-1] + bytes([b[-1] ^ 1]), lambda b: b""])
def test_a_damaged_file_is_named_and_the_classifier_trained_again(build, digits, trainings, tmp_path, damage):
    train = digits(0, 50)
    identity = build("classifier", train, epochs=1).extractor.identity
    path = only_file(tmp_path / "kept")
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    built = build("classifier", train, epochs=1)
    assert str(path) in built.said[0]
    assert [line for line in built.said if "trained again" in line] == built.said[:1]
    assert built.extractor.identity == identity
    assert len(trainings) == 2
    assert path.read_bytes() == whole


def test_a_second_process_waits_for_the_first_ones_training(build, digits, trainings, tmp_path):
    train = digits(0, 50)
    identity = build("classifier", train, epochs=1).extractor.identity
    path = only_file(tmp_path / "kept")
    content = path.read_bytes()
    path.unlink()  # as if the one that holds the lock were not done yet
    found = []
    with FileLock(path.with_name(f".{path.name}.lock")):
        second = threading.Thread(target=lambda: found.append(build("classifier", train, epochs=1)))
        second.start()
        second.join(timeout=0.5)
        assert not found
        path.write_bytes(content)
    second.join(timeout=60)
    assert found[0].said[0] == "Another process trains this classifier; waiting for it."
    assert found[0].extractor.identity == identity
    assert trainings == [45]


def test_without_a_test_split_a_tenth_is_held_out(build, digits, trainings):
    built = build("classifier", digits(0, 200), epochs=1)
    assert trainings == [180]
    assert built.said[-1].endswith(" of 20 training images that it was not shown.")


def test_a_test_split_of_other_classes_is_no_measure(build, digits, trainings):
    test = digits(200, 260)
    build("classifier", digits(0, 200), replace(test, class_names=tuple("abcdefghij")), epochs=1)
    build("classifier", digits(10, 210), replace(test, labels=None, class_names=()), epochs=1)
    assert trainings == [180, 180]


def test_images_without_labels_are_refused_with_another_way(build, digits):
    unlabelled = ImageData(images=digits(0, 50).images)
    with pytest.raises(ConfigError, match=r"'toy' has no labels\.\nTake others, such as '--features inception'"):
        build("classifier", unlabelled)
    with pytest.raises(ConfigError, match="has 1 class"):
        build("classifier", replace(unlabelled, labels=np.zeros(50, np.int64), class_names=("all",)))


def test_a_classifier_that_cannot_be_kept_is_used_all_the_same(build, digits, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(classifier, "write_sealed", full)
    built = build("classifier", digits(0, 50), epochs=1)
    assert any("could not be kept as" in line and "No space left" in line for line in built.said)
    assert built.extractor(digits(0, 5).images).features.shape == (5, built.extractor.dim)


def test_a_cache_that_is_no_folder_is_an_error_before_the_training(build, digits, trainings, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match=r"cannot be kept in .*file.*\n.*GANZOO_CACHE"):
        build("classifier", digits(0, 50), epochs=1, cache=tmp_path / "file" / "below")
    assert trainings == []
