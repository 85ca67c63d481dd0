"""Packing, statistics of the batch, and spectral norms: regularizers that wrap a discriminator."""

import pytest
import torch
from torch import nn

from ganzoo import ConfigError, ImageShape
from ganzoo.nn import DOutput, mean_deviation, mixes_samples
from ganzoo_regularizers.minibatch import MinibatchDeviation, MinibatchDiscrimination

SHAPE = ImageShape(3, 4, 4)


@pytest.fixture
def wrap(registry):
    """``wrap("packing", build, size=2)``: the discriminator of SHAPE that the regularizer makes out of others."""

    def wrapped(name, build, num_classes=0, **options):
        regularizer = registry.regularizers.get(name)
        return regularizer.wrap(regularizer.options(**options), build, num_classes)(SHAPE)

    return wrapped


def images_like(n=6):
    return torch.rand(n, 3, 4, 4) * 2 - 1


class Flat(nn.Module):
    """Features are the pixels, the logit their sum."""

    def __init__(self, shape):
        super().__init__()
        self.shape, self.weight = shape, nn.Parameter(torch.ones(1))

    def forward(self, images, c=None):
        assert images.shape[1:] == self.shape
        features = images.flatten(1)
        return DOutput(self.weight * features.sum(1), features)


@pytest.mark.parametrize("size", [2, 3])
def test_images_are_judged_in_packs(wrap, size):
    D, images = wrap("packing", Flat, size=size), images_like(6)
    sums = images.flatten(1).sum(1).view(-1, size).sum(1)
    torch.testing.assert_close(D(images).logits, sums.repeat_interleave(size))
    assert D(images).features.shape == (6, size * 48)
    assert mixes_samples(D)


def test_a_pack_that_is_not_full_is_filled_with_the_first_images(wrap):
    D, images = wrap("packing", Flat, size=4), images_like(6)
    logits = D(images).logits
    assert logits.shape == (6,)
    torch.testing.assert_close(logits[5], images[[4, 5, 0, 1]].sum())


def test_packs_of_several_classes_are_refused(wrap):
    with pytest.raises(ConfigError, match="without '--conditional'"):
        wrap("packing", Flat, num_classes=3)


def test_minibatch_discrimination_by_loops():
    torch.manual_seed(0)
    inner, images = Flat(SHAPE), images_like(5)
    D = MinibatchDiscrimination(inner, 48, kernels=3, width=2)
    tensor = D.closeness.to_rows.weight.T.view(48, 3, 2)
    found = torch.zeros(5, 3)
    for i in range(5):
        for j in range(5):
            for b in range(3):
                difference = (images[i] - images[j]).flatten() @ tensor[:, b]
                found[i, b] += torch.exp(-difference.abs().sum()) if i != j else 0
    output = D(images)
    torch.testing.assert_close(output.features, torch.cat([images.flatten(1), found], 1))
    torch.testing.assert_close(output.logits, inner(images).logits + found @ D.to_logit.weight[0])


def test_the_deviation_is_of_groups_and_the_same_for_all_in_one():
    features = torch.randn(8, 5)
    found = mean_deviation(features, 4)
    for group in (slice(0, 4), slice(4, 8)):
        expected = features[group].std(0, correction=0).mean().expand(4, 1)
        torch.testing.assert_close(found[group], expected)
    torch.testing.assert_close(mean_deviation(features[:6], 4), features[:6].std(0, correction=0).mean().expand(6, 1))


def test_equal_images_have_no_deviation_and_a_finite_gradient():
    features = torch.ones(4, 5, requires_grad=True)
    found = mean_deviation(features, 4)
    assert (found < 1e-3).all()
    (gradient,) = torch.autograd.grad(found.sum(), features)
    assert gradient.isfinite().all()


@pytest.mark.parametrize("name", ["minibatch-discrimination", "minibatch-deviation"])
def test_any_discriminator_with_features_can_see_its_batch(wrap, critics, name):
    D = wrap(name, lambda shape: critics.Smooth())
    images = images_like(8)
    alike = images[:1].expand(8, -1, -1, -1)
    assert mixes_samples(D)
    assert not torch.allclose(D(images).features[:, 6:], D(alike).features[:, 6:])
    D(images).logits.sum().backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in D.parameters() if p.requires_grad)
    with pytest.raises(ConfigError, match=rf"'{name}' works on the features"):
        wrap(name, lambda shape: critics.Linear(torch.ones(3, 4, 4)))


def test_deviation_wraps_what_it_is_given():
    inner, images = Flat(SHAPE), images_like(4)
    D = MinibatchDeviation(inner, group=4)
    extra = D(images).logits - inner(images).logits
    torch.testing.assert_close(extra, (mean_deviation(images.flatten(1), 4) @ D.to_logit.weight.T)[:, 0])


def test_every_layer_is_divided_by_its_largest_singular_value(wrap, critics):
    torch.manual_seed(0)
    D = wrap("spectral-norm", lambda shape: critics.Smooth(scale=30.0))
    for _ in range(60):
        D(images_like(4))
    for layer in (D.body[0], D.body[3], D.to_logit):
        torch.testing.assert_close(
            torch.linalg.svdvals(layer.weight.flatten(1))[0], torch.tensor(1.0), rtol=1e-3, atol=1e-3
        )


def test_what_is_normalised_already_stays_so(wrap):
    layer = nn.utils.parametrizations.spectral_norm(nn.Linear(4, 4))
    assert wrap("spectral-norm", lambda shape: nn.Sequential(layer))[0] is layer
    assert len(layer.parametrizations.weight) == 1


class Own(nn.Module):
    """A layer of somebody's own around torch's."""

    def __init__(self, *shape, name="weight"):
        super().__init__()
        self.inner = nn.Linear(4, 4)
        self.register_parameter(name, nn.Parameter(torch.ones(shape)))


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (Own(2, 2), "Own"),
        (Own(2, 2, name="in_weight"), "Own"),
        (nn.utils.parametrizations.weight_norm(Own(2, 2)), "ParametrizedOwn"),
        (nn.MultiheadAttention(4, 2), "MultiheadAttention"),
        (nn.Bilinear(2, 2, 2), "Bilinear"),
    ],
)
def test_weights_that_would_stay_as_they_are_are_refused_before_any_is_normalised(wrap, layer, said):
    D = nn.Sequential(nn.Linear(4, 4), layer)
    with pytest.raises(ConfigError, match=rf"leave as they are: {said}\.\nLeave it out"):
        wrap("spectral-norm", lambda shape: D)
    assert not nn.utils.parametrize.is_parametrized(D[0])


@pytest.mark.parametrize(
    "layer", [Own(4), Own(1, 2, 2, name="positions"), nn.LayerNorm((3, 4, 4)), nn.BatchNorm2d(3), nn.PReLU()]
)
def test_what_is_no_matrix_is_left_alone(wrap, layer):
    before = {name: parameter.clone() for name, parameter in layer.named_parameters(recurse=False)}
    wrap("spectral-norm", lambda shape: layer)
    assert all(torch.equal(dict(layer.named_parameters())[name], value) for name, value in before.items())


def test_what_is_under_another_norm_is_normalised_all_the_same(wrap):
    layer = wrap("spectral-norm", lambda shape: nn.utils.parametrizations.weight_norm(nn.Linear(4, 4)))
    for _ in range(60):
        weight = layer.weight
    assert torch.linalg.matrix_norm(weight, 2).item() == pytest.approx(1, abs=1e-3)
