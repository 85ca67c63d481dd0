"""InfoGAN's codes: what they are, what is said of them, and what that costs."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganzoo import ConfigError
from ganzoo.config import Layer, resolve
from ganzoo.training.setup import Setup
from ganzoo_conditioning.info import LEAST, categorical_loss, gaussian_loss, variance_of

quick = settings(deadline=None, max_examples=50)


def numbers(*shape):
    torch.manual_seed(0)
    return torch.randn(*shape, dtype=torch.float64)


def test_the_gaussian_loss_is_torchs_log_likelihood():
    mean, raw, codes = numbers(5, 3), numbers(5, 3) * 2, numbers(5, 3) + 1
    variance = variance_of(raw)
    expected = -torch.distributions.Normal(mean, variance.sqrt()).log_prob(codes).sum(1)
    torch.testing.assert_close(gaussian_loss(mean=mean, variance=variance, codes=codes), expected)


def test_the_best_mean_and_variance_are_those_of_the_codes():
    codes = numbers(1, 400).T * 0.3 + 0.5

    def cost(mean, variance):
        return gaussian_loss(mean=torch.full_like(codes, mean), variance=variance, codes=codes).mean()

    best = cost(codes.mean().item(), codes.var(correction=0).expand_as(codes))
    for mean, factor in ((0.01, 1.0), (-0.01, 1.0), (0.0, 1.02), (0.0, 0.98)):
        assert cost(codes.mean().item() + mean, factor * codes.var(correction=0).expand_as(codes)) > best


@quick
@given(st.floats(-1e4, 1e4))
def test_a_variance_is_positive_and_at_first_one(raw):
    found = variance_of(torch.tensor([raw, 0.0]))
    assert LEAST <= found[0] <= max(raw, 0) + 2
    torch.testing.assert_close(found[1], torch.tensor(1 + LEAST))


@pytest.mark.parametrize("mean", [-1e4, 0.0, 1e4])
@pytest.mark.parametrize("raw", [-1e4, 0.0, 1e4])
def test_information_is_finite_at_extremes(mean, raw):
    said = torch.tensor([[mean, raw]], requires_grad=True)
    loss = gaussian_loss(mean=said[:, :1], variance=variance_of(said[:, 1:]), codes=torch.tensor([[0.5]]))
    loss = loss + categorical_loss(code_logits=said * torch.tensor([1.0, -1.0]), codes=torch.tensor([1]))
    (gradient,) = torch.autograd.grad(loss.sum(), said)
    assert loss.isfinite()
    assert gradient.isfinite().all()


def test_gradients_equal_finite_differences():
    asked = [numbers(4, 2).requires_grad_(True) for _ in range(2)]
    codes = numbers(4, 2) + 1
    assert torch.autograd.gradcheck(lambda m, r: gaussian_loss(mean=m, variance=variance_of(r), codes=codes), asked)


def test_labels_are_codes(registry):
    settings = {"conditional": True, "dataset": "digits", "regularizers.infogan.categories": 7}
    resolved = resolve("mlp-ns", registry, [Layer("test", settings)])
    data = Setup.load(resolved, registry, torch.device("cpu")).data
    assert data.class_names == tuple(f"code {k}" for k in range(7))
    counts = np.bincount(data.labels)
    assert len(counts) == 7
    assert counts.max() - counts.min() <= 1


def test_codes_without_classes_are_refused(registry):
    resolved = resolve("mlp-ns", registry, [Layer("test", {"dataset": "digits", "regularizers.infogan": {}})])
    with pytest.raises(ConfigError, match="'infogan' is about classes: add '--conditional'"):
        Setup.load(resolved, registry, torch.device("cpu"))


def test_more_codes_than_numbers_are_refused(build, networks):
    with pytest.raises(ConfigError, match=r"the last 9 numbers of z(.|\n)*has 8(.|\n)*continuous=8' or fewer"):
        build("infogan", networks.Smooth(), z_dim=8, continuous=9)
    build("infogan", networks.Smooth(), z_dim=8, continuous=8)


@pytest.mark.parametrize("learned", [False, True])
def test_the_last_numbers_of_z_are_to_be_read_and_no_others(build, networks, make_step, learned):
    D, G = networks.Smooth(), networks.Generator()
    technique = build("infogan", D, continuous=2, learned_variance=learned)
    step = make_step(D, G, "d")
    base = technique.d_penalty(step)
    other, last = step.z.clone(), step.z.clone()
    other[:, :6] += 1
    last[:, 6:] += 1
    torch.testing.assert_close(technique.d_penalty(replace(step, z=other)), base, rtol=0, atol=0)
    assert (technique.d_penalty(replace(step, z=last)) != base).all()


def test_without_numbers_the_class_alone_is_read(build, networks, make_step):
    D = networks.Smooth()
    technique, step = build("infogan", D, continuous=0, hidden=0), make_step(D, networks.Generator(), "d")
    expected = categorical_loss(code_logits=technique.Q(step.fake_output.features), codes=step.labels)
    torch.testing.assert_close(technique.d_penalty(step), expected)
    assert technique.Q.weight.shape == (3, 6)


def test_each_kind_of_code_has_its_weight(build, networks, make_step):
    D = networks.Smooth()
    step = make_step(D, networks.Generator(), "d")
    technique = build("infogan", D, lambda_categorical=2.0, lambda_continuous=0.5)
    said = technique.Q(step.fake_output.features)
    categorical = categorical_loss(code_logits=said[:, :3], codes=step.labels)
    continuous = gaussian_loss(mean=said[:, 3:], variance=torch.ones(6, 2), codes=step.z[:, -2:])
    torch.testing.assert_close(technique.d_penalty(step), 2 * categorical + 0.5 * continuous)
