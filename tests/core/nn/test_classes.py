import pytest
import torch

from ganzoo.nn import ClassBesideLatent, PixelNorm, Projection, one_hot, one_hot_beside

C = torch.tensor([2, 0, 1, 2, 2])


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def test_an_embedding_of_the_class_stands_beside_the_latent():
    told, z = ClassBesideLatent(4, 3, 2), torch.randn(5, 4)
    assert told.width == 6
    torch.testing.assert_close(told(z, C), torch.cat([z, told.embedding.weight[C]], 1), rtol=0, atol=0)


def test_latent_and_class_are_each_normalised_by_themselves():
    told, z = ClassBesideLatent(4, 3, 2, norm=PixelNorm()), torch.randn(5, 4)
    of_z, of_c = told(z, C).split([4, 2], 1)
    for part, raw in ((of_z, z), (of_c, told.embedding.weight[C])):
        torch.testing.assert_close(part, raw / raw.square().mean(1, keepdim=True).sqrt(), rtol=1e-4, atol=1e-4)


def test_without_classes_the_latent_goes_through_alone():
    told, z = ClassBesideLatent(4, 0, 2), torch.randn(5, 4)
    assert told.width == 4
    assert not list(told.parameters())
    assert told(z) is z
    assert one_hot_beside(z, None, 0) is z


def test_one_hot_codes_have_the_type_that_is_asked_for():
    expected = torch.tensor([[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]], dtype=torch.float64)
    torch.testing.assert_close(one_hot(C, 3, torch.float64), expected, rtol=0, atol=0)
    x = torch.randn(5, 2, dtype=torch.float64)
    torch.testing.assert_close(one_hot_beside(x, C, 3), torch.cat([x, expected], 1), rtol=0, atol=0)


def test_a_projection_is_an_inner_product_with_the_row_of_the_class():
    projection, h = Projection(3, 4), torch.randn(5, 4)
    expected = torch.stack([projection.embedding.weight[c] @ x for c, x in zip(C, h, strict=True)])
    torch.testing.assert_close(projection(h, C), expected)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: ClassBesideLatent(4, 3, 2)(x),
        lambda x: Projection(3, 4)(x),
        lambda x: one_hot(None, 3, x.dtype),
        lambda x: one_hot_beside(x, None, 3),
    ],
)
def test_a_missing_class_is_refused(call):
    with pytest.raises(ValueError, match="called without classes: expected c, int64"):
        call(torch.randn(5, 4))
