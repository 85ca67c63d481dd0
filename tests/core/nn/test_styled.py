"""What stands between z and the image: styles, and the convolutions that they scale."""

import pytest
import torch

from ganzoo.nn import ModulatedConv2d, StyleBased


class Doubling(StyleBased):
    """Styles are z twice, drawn to 0; an image is their sum."""

    def mapping(self, z, c=None, truncation=None):
        w = (z if c is None else z + c[:, None])[:, None].expand(-1, 2, -1)
        return w if truncation is None else truncation * w

    def synthesis(self, w):
        return w.sum(1)[:, None, None]


def test_a_style_based_generator_is_its_two_halves_one_after_the_other():
    G, z, c = Doubling(), torch.randn(3, 4), torch.tensor([0, 1, 2])
    torch.testing.assert_close(G(z), 2 * z[:, None, None])
    torch.testing.assert_close(G(z, c, torch.tensor(0.5)), (z + c[:, None])[:, None, None])


def test_half_of_one_is_none():
    class Half(StyleBased):
        def mapping(self, z, c=None, truncation=None):
            return z

    with pytest.raises(TypeError, match="synthesis"):
        Half()


@pytest.mark.parametrize("demodulate", [True, False])
@pytest.mark.parametrize("up", [True, False])
def test_the_gain_of_a_modulated_convolution_multiplies_what_it_gives(up, demodulate):
    torch.manual_seed(0)
    plain = ModulatedConv2d(3, 4, 3, 5, up=up, demodulate=demodulate)
    louder = ModulatedConv2d(3, 4, 3, 5, up=up, demodulate=demodulate, gain=1.7)
    louder.load_state_dict(plain.state_dict())
    x, w = torch.randn(2, 3, 4, 4), torch.randn(2, 5)
    torch.testing.assert_close(louder(x, w), 1.7 * plain(x, w))


@pytest.mark.parametrize("size", [1e-6, 1e6, 1e25])
def test_the_size_of_a_style_does_not_matter_to_a_demodulated_convolution(size):
    torch.manual_seed(0)
    layer, x, w = ModulatedConv2d(3, 4, 3, 5), torch.randn(2, 3, 4, 4), torch.randn(2, 5)
    torch.nn.init.zeros_(layer.style.bias)
    torch.testing.assert_close(layer(x, size * w), layer(x, w), rtol=1e-4, atol=1e-5)


def test_one_map_is_every_samples():
    torch.manual_seed(0)
    layer, x, w = ModulatedConv2d(3, 4, 3, 5, up=True), torch.randn(1, 3, 4, 4), torch.randn(2, 5)
    torch.testing.assert_close(layer(x, w), layer(x.expand(2, -1, -1, -1), w))
