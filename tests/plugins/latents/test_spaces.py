"""Walking and mixing in z and in w."""

import numpy as np
import pytest

from ganzoo import ConfigError
from ganzoo_latents.cut import Graph
from ganzoo_latents.directions import find_directions
from ganzoo_latents.space import W, Z, open_space
from ganzoo_latents.walks import mixed, moved, walked
from ganzoo_latents.weights import weights_on
from ganzoo_serve.generator import Generator
from ganzoo_serve.testing import make_metadata, write_model


@pytest.fixture
def styled(styled_file):
    return Generator.load(styled_file, device="cpu")


def test_the_file_tells_of_its_styles_and_can_be_cut_there(styled, styled_file):
    assert (styled.metadata.styles.layers, styled.metadata.styles.dim) == (3, 5)
    space = open_space(styled, Graph(styled_file), None, "cpu")
    labels = styled.labels(range(4))
    for truncation in (None, 0.5):
        w = space.points(range(4), labels, truncation)
        assert w.shape == (4, 3, 5)
        np.testing.assert_array_equal(space.images(w, None, None), styled.sample(range(4), truncation=truncation))


def test_truncation_is_in_w_already(styled, styled_file):
    space = W(styled, Graph(styled_file), "cpu")
    labels = styled.labels(range(4))
    full, half = (space.points(range(4), labels, truncation) for truncation in (None, 0.5))
    np.testing.assert_allclose(half, full / 2, rtol=1e-5)


@pytest.mark.parametrize("name", ["z", "w"])
def test_a_walk_begins_and_ends_with_the_images_of_its_seeds(styled, styled_file, name):
    seeds = [3, 8, 2]
    labels = styled.labels(seeds, "bee" if styled.metadata.classes else None)
    space = open_space(styled, Graph(styled_file), name, "cpu")
    ways = walked(space, seeds, labels, steps=5)
    assert ways.shape == (2, 5, 8, 8, 3)
    own = styled.sample(seeds, classes="bee" if styled.metadata.classes else None)
    np.testing.assert_array_equal(ways[:, 0], own[:2])
    np.testing.assert_array_equal(ways[:, -1], own[1:])
    steps = np.abs(np.diff(ways.astype(int), axis=1)).mean((0, 2, 3, 4))
    assert steps.min() > 0
    assert steps.max() < 0.6 * np.abs(ways[:, 0].astype(int) - ways[:, -1]).mean()  # nothing jumps


@pytest.mark.parametrize("styled_file", [("ant", "bee")], indirect=True, scope="session")
def test_between_two_classes_z_keeps_the_first_and_w_walks_over(styled, styled_file):
    labels = np.array([0, 1])
    ends = {
        name: walked(open_space(styled, Graph(styled_file), name, "cpu"), [1, 2], labels, steps=3)[0, -1]
        for name in "zw"
    }
    np.testing.assert_array_equal(ends["z"], styled.sample([2], classes=0)[0])
    np.testing.assert_array_equal(ends["w"], styled.sample([2], classes=1)[0])


def test_mixing_takes_exactly_the_layers_that_are_named(styled, styled_file):
    space = W(styled, Graph(styled_file), "cpu")
    rows, columns = [0, 1], [5, 6, 7]
    labels = [styled.labels(seeds) for seeds in (rows, columns)]
    images = mixed(space, rows, columns, *labels, layers=[0, 2])
    own, theirs = styled.sample(rows), styled.sample(columns)
    for r in range(2):
        for k in range(3):  # layer i decides channel i
            np.testing.assert_array_equal(images[r, k, :, :, [0, 2]], theirs[k, :, :, [0, 2]])
            np.testing.assert_array_equal(images[r, k, :, :, 1], own[r, :, :, 1])


def test_a_layer_that_there_is_not_is_refused(styled, styled_file):
    with pytest.raises(ConfigError, match="no layer 3: the model has 3, 0 to 2"):
        mixed(W(styled, Graph(styled_file), "cpu"), [0], [1], None, None, layers=[1, 3])


def test_the_weights_of_every_layer_meet_w(styled, styled_file):
    assert weights_on(Graph(styled_file), "w", 5).shape == (3 * 64, 5)
    space = W(styled, Graph(styled_file), "cpu")
    for method in ("sefa", "pca"):
        found = find_directions(styled, Graph(styled_file), space, method=method, count=2, device="cpu")
        assert found.vectors.shape == (2, 5)


def test_moved_images_go_through_their_own(styled, styled_file):
    space = Z(styled)
    labels = styled.labels([4, 5])
    rows = moved(space, [4, 5], labels, np.eye(4)[:3], reach=2.0, steps=5)
    assert rows.shape == (6, 5, 8, 8, 3)
    for k in range(3):
        np.testing.assert_array_equal(rows[2 * k : 2 * k + 2, 2], styled.sample([4, 5]))
    z = styled.latents([4]) + np.float32([[0, -2, 0, 0]])
    np.testing.assert_array_equal(rows[2, 0], styled.run(z, None if labels is None else labels[:1])[0])


def test_a_model_without_styles_is_walked_in_z_and_refused_in_w(tmp_path):
    file = write_model(tmp_path / "m.onnx", make_metadata("plain"))
    generator = Generator.load(file, device="cpu")
    assert open_space(generator, Graph(file), None, "cpu").name == "z"
    with pytest.raises(ConfigError, match="'plain' has no intermediate latent w"):
        open_space(generator, Graph(file), "w", "cpu")
    with pytest.raises(ConfigError, match="at least two"):
        walked(Z(generator), [1], None, steps=3)
