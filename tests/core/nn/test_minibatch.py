"""Statistics of a batch, against explicit loops."""

import torch

from ganzoo.nn import MinibatchCloseness, MinibatchDeviation2d, forbids_penalties, mean_deviation, mixes_samples


def test_the_deviation_is_taken_feature_by_feature_within_each_group():
    torch.manual_seed(0)
    x = torch.randn(6, 2, 3, 3)
    found = mean_deviation(x, 3)
    for group in range(2):
        part = x[3 * group : 3 * group + 3]
        deviations = [part[:, c, i, j].std(correction=0) for c in range(2) for i in range(3) for j in range(3)]
        torch.testing.assert_close(found[3 * group : 3 * group + 3], torch.stack(deviations).mean().expand(3, 1))


def test_the_layer_adds_one_map_that_says_it_everywhere():
    torch.manual_seed(0)
    x = torch.randn(8, 3, 2, 4)
    y = MinibatchDeviation2d(4)(x)
    assert y.shape == (8, 4, 2, 4)
    assert torch.equal(y[:, :3], x)
    torch.testing.assert_close(y[:, 3], mean_deviation(x, 4)[:, :, None].expand(8, 2, 4))


def test_images_that_are_all_the_same_have_hardly_any_and_a_finite_gradient():
    x = torch.ones(4, 3, 2, 2, requires_grad=True)
    y = MinibatchDeviation2d(4)(x)
    assert y[:, 3].max() < 2e-4
    y.sum().backward()
    assert x.grad.isfinite().all()


def test_it_mixes_samples_and_may_be_differentiated_all_the_same():
    layer = MinibatchDeviation2d()
    assert mixes_samples(layer)
    assert not forbids_penalties(layer)
    assert forbids_penalties(torch.nn.BatchNorm2d(3))
    assert forbids_penalties(MinibatchCloseness(3, kernels=2, width=2))
    assert not forbids_penalties(torch.nn.Linear(2, 2))


def test_closeness_is_the_formula_with_explicit_loops():
    torch.manual_seed(0)
    layer, f = MinibatchCloseness(4, kernels=3, width=2), torch.randn(5, 4)
    T = layer.to_rows.weight.T.view(4, 3, 2)
    M = torch.einsum("nf,fbc->nbc", f, T)
    for i in range(5):
        for b in range(3):
            expected = sum(torch.exp(-(M[i, b] - M[j, b]).abs().sum()) for j in range(5) if j != i)
            torch.testing.assert_close(layer(f)[i, b], expected)
