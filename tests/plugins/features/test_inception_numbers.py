"""The Inception network beside torch-fidelity's own, on weights drawn at random: no image of the real ones is needed."""

import numpy as np
import pytest
import torch

from ganzoo import DataError
from ganzoo.data import to_channels


@pytest.fixture(scope="module")
def weights(torch_fidelity, tmp_path_factory):
    """A file of random weights under which every layer's activations stay near 1."""
    from torch_fidelity import feature_extractor_inceptionv3 as module

    network_class = module.FeatureExtractorInceptionV3
    with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        patch.setattr(module, "load_state_dict_from_url", lambda *_, **__: {})
        patch.setattr(network_class, "load_state_dict", lambda *_: None)
        network = network_class("random", ["2048"], verbose=False)
        for layer in network.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                torch.nn.init.uniform_(layer.weight, 0.5, 1.5)
                torch.nn.init.uniform_(layer.bias, -0.3, 0.3)
                layer.momentum = None  # the statistics of the one batch that is seen
                layer.train()
        network(torch.randint(0, 256, (4, 3, 64, 64), dtype=torch.uint8))
    path = tmp_path_factory.mktemp("inception") / "random.pth"
    torch.save(network.state_dict(), path)
    return path


@pytest.fixture(scope="module")
def judge(torch_fidelity, weights):
    """images uint8 (N, H, W, 3) -> features and probabilities, by torch-fidelity alone."""
    network = torch_fidelity.FeatureExtractorInceptionV3(
        "judge", ["2048", "logits_unbiased"], feature_extractor_weights_path=str(weights)
    )

    def look(images):
        features, logits = network(torch.from_numpy(images).permute(0, 3, 1, 2))
        return features.numpy(), logits.softmax(dim=1).numpy()

    return look


def pixels(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("shape", [(2, 32, 32, 3), (1, 28, 40, 1), (1, 64, 64, 4)])
def test_features_and_posteriors_are_torch_fidelitys(build, weights, judge, shape):
    images = pixels(*shape)
    extractor = build("inception", None, weights=weights).extractor
    features, probabilities = extractor(images)
    expected_features, expected_probabilities = judge(to_channels(images, 3))
    assert expected_features.std() > 0.1  # else anything would be near
    assert expected_probabilities.max() > 2 / 1008
    assert features.shape == (len(images), extractor.dim) == expected_features.shape
    assert probabilities.shape == (len(images), extractor.num_classes) == expected_probabilities.shape
    assert np.linalg.norm(features - expected_features) < 1e-5 * np.linalg.norm(expected_features)
    assert np.abs(probabilities - expected_probabilities).sum(axis=1).max() < 1e-4  # twice the total variation


def test_weights_of_another_network_are_refused(build, tmp_path, torch_fidelity):
    torch.save(torch.nn.Linear(2, 2).state_dict(), tmp_path / "other.pth")
    with pytest.raises(DataError, match=r"other\.pth holds no weights of the Inception network: (.|\n)*Missing key"):
        build("inception", None, weights=tmp_path / "other.pth")


def test_other_weights_are_said_and_torchs_random_numbers_left_alone(build, weights):
    state = torch.get_rng_state()
    built = build("inception", None, weights=weights)
    assert torch.equal(torch.get_rng_state(), state)
    assert "holds other weights than those of published scores" in built.said[0]
