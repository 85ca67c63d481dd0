import pytest
import torch
from torch import nn

from ganzoo.errors import ConfigError
from ganzoo.nn import DOutput, Projection, ProjectionHead, norm_of_weights, spectral, width_of_features
from ganzoo.specs import ImageShape


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def test_a_projection_head_is_a_linear_layer_and_an_inner_product_with_the_class_s_row():
    head, h, c = ProjectionHead(4, 3), torch.randn(5, 4), torch.tensor([2, 0, 1, 2, 2])
    output = head(h, c)
    for i, k in enumerate(c.tolist()):
        expected = head.to_logit.weight[0] @ h[i] + head.to_logit.bias[0] + head.projection.embedding.weight[k] @ h[i]
        torch.testing.assert_close(output.logits[i], expected)
    assert output.features is h


def test_without_classes_it_is_the_linear_layer_alone():
    head, h = ProjectionHead(4), torch.randn(5, 4)
    assert head.projection is None
    torch.testing.assert_close(head(h).logits, head.to_logit(h)[:, 0])


def test_under_spectral_norm_both_its_weights_are_divided_by_their_largest_singular_value():
    head = ProjectionHead(6, 5, norm="spectral")
    for _ in range(50):
        head(torch.randn(2, 6), torch.tensor([0, 1]))
    head.eval()
    for weight in (head.to_logit.weight, head.projection.embedding.weight):
        torch.testing.assert_close(torch.linalg.svdvals(weight)[0], torch.tensor(1.0), rtol=1e-3, atol=0)


@pytest.mark.parametrize(("init", "deviation"), [(None, 1.0), ("normal", 0.02), ("glorot", (2 / 150) ** 0.5)])
def test_a_projection_begins_as_it_is_told_before_it_is_normalised(init, deviation):
    for norm in ("none", "spectral"):
        torch.manual_seed(0)
        weight = dict(Projection(50, 100, norm=norm, init=init).named_parameters()).popitem()[1]
        torch.testing.assert_close(weight.std(), torch.tensor(deviation), rtol=0.05, atol=0)


class Flat(nn.Module):
    def __init__(self, features, norm="none"):
        super().__init__()
        self.layer, self.features = spectral(norm, nn.Linear(12, 5)), features

    def forward(self, images, c=None):
        h = self.layer(images.flatten(1))
        return DOutput(h.sum(1), h if self.features else None)


def test_the_width_of_features_is_looked_up_without_moving_anything():
    D = Flat(True, "spectral").train()
    before = {name: value.clone() for name, value in D.state_dict().items()}
    assert width_of_features(D, ImageShape(3, 2, 2), 0, "x") == 5
    assert D.training
    assert all(torch.equal(value, before[name]) for name, value in D.state_dict().items())


def test_a_discriminator_of_logits_alone_is_refused_by_name():
    with pytest.raises(ConfigError, match="'my-technique' works on the features"):
        width_of_features(Flat(False), ImageShape(3, 2, 2), 0, "my-technique")


@pytest.mark.parametrize("norm", ["none", "spectral"])
def test_what_is_laid_upon_a_discriminator_is_normed_as_it_is(norm):
    assert norm_of_weights(nn.Sequential(Flat(True, norm))) == norm
