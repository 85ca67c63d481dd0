"""Orthogonal weights, and weights near their own past."""

import pytest
import torch
from torch import nn

from ganzoo_regularizers.orthogonal import orthogonal_penalty


def images_like(n=4):
    return torch.rand(n, 3, 4, 4) * 2 - 1


def test_it_is_the_sum_of_squared_products_of_different_rows():
    network = nn.Sequential(nn.Conv2d(2, 3, 2), nn.BatchNorm2d(3), nn.Linear(4, 5), nn.Embedding(3, 2))
    expected = 0.0
    for weight in (network[0].weight.flatten(1), network[2].weight):
        for i, row in enumerate(weight):
            for j, other in enumerate(weight):
                expected += (row @ other).square() if i != j else 0
    torch.testing.assert_close(orthogonal_penalty(network), expected)


def test_orthogonal_rows_of_any_length_cost_nothing():
    layer = nn.Linear(6, 4)
    nn.init.orthogonal_(layer.weight)
    layer.weight.data *= torch.tensor([1.0, 2.0, 3.0, 4.0])[:, None]
    assert orthogonal_penalty(layer) < 1e-8


@pytest.mark.parametrize(("player", "pays"), [("generator", "g"), ("discriminator", "d"), ("both", "dg")])
def test_whose_weights_are_asked_for(build, make_step, critics, player, pays):
    D, G = critics.Smooth(), critics.Generator()
    technique = build("orthogonal", D, G, player=player, weight=3.0)
    step = make_step(D, images_like(), images_like(), generator=G)
    for side, penalty, network in (("d", technique.d_penalty(step), D), ("g", technique.g_penalty(step), G)):
        if side in pays:
            torch.testing.assert_close(penalty, 3 * orthogonal_penalty(network))
        else:
            assert penalty is None


def test_weights_are_held_at_the_mean_of_all_so_far(build, make_step, critics):
    D, G = critics.Smooth(), critics.Generator()
    technique = build("historical-averaging", D, G, weight=2.0)
    step, past = make_step(D, images_like(), images_like(), generator=G), []
    for _ in range(4):
        past.append(torch.cat([p.detach().flatten() for p in D.parameters()]))
        penalty = technique.d_penalty(step)
        torch.testing.assert_close(penalty, 2 * (past[-1] - torch.stack(past).mean(0)).square().sum())
        with torch.no_grad():
            for p in D.parameters():
                p.add_(torch.randn_like(p))
    torch.testing.assert_close(technique.g_penalty(step), torch.tensor(0.0))  # of G there is no past yet


def test_a_transposed_convolution_has_its_outputs_second():
    straight, transposed = nn.Conv2d(4, 2, 3, bias=False), nn.ConvTranspose2d(4, 2, 3, bias=False)
    nn.init.orthogonal_(straight.weight)
    with torch.no_grad():
        transposed.weight.copy_(straight.weight.transpose(0, 1))
    assert orthogonal_penalty(straight) < 1e-10
    assert orthogonal_penalty(transposed) < 1e-10
