import numpy as np
import pytest

from ganzoo.bench.ladder import ladder, rungs, save_rows
from ganzoo.data.load import load_dataset
from ganzoo.errors import DataError
from ganzoo.evaluation.request import Request
from ganzoo_serve.images import png


@pytest.fixture
def climbed(measures):
    request = Request(dataset="digits", metrics={"gap": {}, "shares": {}}, samples=100)
    return list(ladder(request, measures.registry, measures.stages))


def values(climbed, name):
    return {
        rung.name: next(score.value for score in found.evaluation.scores if score.name == name)
        for rung, found, _ in climbed
    }


def test_worse_images_score_worse(climbed):
    gaps = values(climbed, "gap")
    assert gaps["test images"] < gaps["noise of 20%"] < gaps["noise of 50%"] < gaps["uniform noise"]


def test_classes_that_are_left_out_are_missing(climbed):
    seen = values(climbed, "classes_seen")
    assert (seen["test images"], seen["5 of 10 classes"], seen["one class"]) == (10, 5, 1)


def test_every_rung_is_scored_on_as_many_images_as_there_are_at_most_as_many_as_asked(climbed):
    counts = {
        found.evaluation.scored.name: score.protocol.samples
        for _, found, _ in climbed
        for score in found.evaluation.scores
    }
    assert counts.pop("one class (27 images)") == 27
    assert set(counts.values()) == {100}


def test_spoilt_images_are_those_of_the_test_split_again_and_again(measures):
    data = load_dataset("digits", measures.registry, split="test")
    for rung in rungs(data):
        spoilt, again = (rung.spoil(data, np.random.default_rng(1)) for _ in range(2))
        np.testing.assert_array_equal(spoilt.images, again.images)
        assert spoilt.images.shape[1:] == data.images.shape[1:]
        assert spoilt.images.dtype == np.uint8


def test_noise_has_the_strength_that_it_is_named_for(measures):
    data = load_dataset("digits", measures.registry, split="test")
    noisy = next(rung for rung in rungs(data) if rung.name == "noise of 20%").spoil(data, np.random.default_rng(0))
    inside = (data.images > 100) & (data.images < 155)
    difference = noisy.images[inside].astype(float) - data.images[inside]
    assert difference.std() == pytest.approx(0.2 * 255, rel=0.1)


def test_a_row_of_each_kind_makes_the_picture(climbed, tmp_path):
    save_rows({rung.name: row for rung, _, row in climbed}, tmp_path / "new" / "spoilt.png")
    rows = [row for _, _, row in climbed]
    assert (tmp_path / "new" / "spoilt.png").read_bytes() == png(np.concatenate(rows))
    assert rows[0].shape == (16, 16 * 16, 1)


def test_a_data_set_without_a_test_split_has_no_ladder(measures, tmp_path):
    np.savez(tmp_path / "few.npz", images=np.zeros((4, 8, 8, 1), np.uint8))
    with pytest.raises(DataError, match="test"):
        list(ladder(Request(dataset=f"npz:{tmp_path / 'few.npz'}"), measures.registry, measures.stages))
