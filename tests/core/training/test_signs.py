"""What is seen of a game, and that looking changes nothing."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from ganzoo.config import Layer, resolve
from ganzoo.data.load import load_dataset
from ganzoo.registry import get_registry
from ganzoo.training import prepare
from ganzoo.training.engine import Engine
from ganzoo.training.probe import SIZE, Images, Probe
from ganzoo.training.signs import CERTAIN, knows_zero, signs, slopes, told_apart
from ganzoo_serve.seeds import latents

TINY = {"batch_size": 12, "z_dim": 4, "resolution": 8, "steps": 2}


def game(name, **options):
    loss = get_registry().losses.get(name)
    return loss.build(loss.options(**options))


def played(name="mlp-ns", steps=2, **settings):
    """A game of digits after some steps, and its probe."""
    registry = get_registry()
    _, s = prepare(resolve(name, registry, [Layer("test", TINY | settings)]), registry)
    engine = Engine(s)
    for _ in range(steps):
        engine.d_step()
        engine.g_step()
    data = load_dataset("digits", registry, resolution=8)
    return s, Probe.of(s.config, registry, data, s.device)


class Returns(nn.Module):
    """``answer(x)``, whatever the class."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def forward(self, x, c=None):
        return self.answer(x)


@pytest.mark.parametrize(
    ("name", "d", "g"),
    [
        ("mm", lambda p, q: (1 - p + q) / 2, lambda p, q: q),
        ("ns", lambda p, q: (1 - p + q) / 2, lambda p, q: 1 - q),
        ("wgan", lambda p, q: 1, lambda p, q: 1),
        ("lsgan", lambda p, q: (abs(math.log(p / (1 - p)) - 1) + abs(math.log(q / (1 - q)))) / 2, None),
    ],
)
@pytest.mark.parametrize(("real", "fake"), [(0.0, 0.0), (2.0, -1.0), (30.0, -30.0), (-3.0, 4.0)])
def test_slopes_of_the_games_are_what_calculus_says(name, d, g, real, fake):
    """p and q are sigmoid(real) and sigmoid(fake): D(x) and D(G(z)) of the paper."""
    found = slopes(game(name), torch.full((6,), real), torch.full((6,), fake))
    p, q = (1 / (1 + math.exp(-x)) for x in (real, fake))
    torch.testing.assert_close(found["d_slope"].item(), float(d(p, q)), rtol=1e-4, atol=1e-6)
    if g:
        torch.testing.assert_close(found["g_slope"].item(), float(g(p, q)), rtol=1e-4, atol=1e-6)


def test_hinges_slopes_are_the_shares_within_the_margin():
    real, fake = torch.tensor([2.0, 0.5, 0.0, -3.0]), torch.tensor([-2.0, -3.0, 5.0, -9.0])
    found = slopes(game("hinge"), real, fake)
    assert found["d_slope"] == (3 / 4 + 1 / 4) / 2
    assert found["g_slope"] == 1


def test_a_relativistic_game_has_slopes_of_differences():
    found = slopes(game("rpgan"), torch.full((4,), 5.0), torch.full((4,), 3.0))
    wrong = 1 / (1 + math.exp(2.0))
    assert found["d_slope"].item() == pytest.approx(wrong)
    assert found["g_slope"].item() == pytest.approx(1 - wrong)


def test_told_apart_is_the_share_of_pairs_in_their_order():
    real, fake = torch.tensor([1.0, 3.0, 3.0]), torch.tensor([0.0, 3.0])
    assert told_apart(real, fake).item() == pytest.approx((1 + 0 + 2 * (1 + 0.5)) / 6)
    assert told_apart(real + 9, fake) == 1
    assert told_apart(real - 9, fake) == 0
    assert told_apart(fake, fake) == 0.5


@pytest.mark.parametrize(("name", "knows"), [(n, True) for n in ("mm", "ns", "lsgan", "hinge")] + [
    (n, False) for n in ("wgan", "wgangp", "rpgan", "ragan", "softmax")
])  # fmt: skip
def test_games_of_probabilities_and_margins_know_zero_and_those_of_differences_do_not(name, knows):
    assert knows_zero(game(name)) is knows


def test_what_is_logged_follows_from_the_logits():
    """A discriminator that gives 0.3, 0.2 and -0.7 for images it knows, does not know, and that are generated."""
    s, probe = played()
    s.G = Returns(lambda z: torch.zeros(len(z), 1, 8, 8) + 0.01 * z[:, :1, None, None])
    known = probe.own.images.flatten(1)

    def judged(images):
        x = images.flatten(1)
        own = (torch.cdist(x, known, compute_mode="donot_use_mm_for_euclid_dist").min(1).values == 0).float()
        made = (x.std(1) < 0.1).float()
        return 0.2 + 0.1 * own - 0.9 * made

    s.D = Returns(judged)
    found = signs(s, probe)
    assert found["own_logits"] == pytest.approx(0.3)
    assert found["held_out_logits"] == pytest.approx(0.2)
    assert found["generated_logits"] == pytest.approx(-0.7)
    assert found["overfitting"] == pytest.approx(0.1)
    assert found["wasserstein"] == pytest.approx(0.9)
    assert (found["told_apart"], found["r_t"]) == (1, 1)
    assert found["g_slope"] == pytest.approx(1 - 1 / (1 + math.exp(0.7)))


def test_a_share_of_a_difference_that_is_none_is_left_out():
    """Logits of deviation 1 for all images: of 256, a mean is known to 1 / 16."""
    s, probe = played()
    random = torch.Generator().manual_seed(0)
    s.D = Returns(lambda x: torch.randn(len(x), generator=random) + 0.1 * (x.flatten(1).std(1) > 0.1))
    s.G = Returns(lambda z: torch.zeros(len(z), 1, 8, 8))
    assert CERTAIN * math.sqrt(2 / SIZE) > 0.1
    assert "overfitting" not in signs(s, probe)
    s.D = Returns(lambda x: torch.randn(len(x), generator=random) + 2.0 * (x.flatten(1).std(1) > 0.1))
    assert abs(signs(s, probe)["overfitting"]) < 0.3


def test_a_generator_that_makes_the_data_lacks_nothing_and_a_constant_one_everything():
    s, probe = played(batch_size=SIZE)
    s.G = Returns(lambda z: probe.own.images)
    found = signs(s, probe)
    assert [found[f"pixel_{name}"] for name in ("diversity", "coverage", "precision", "reach")] == [1, 1, 1, 1]
    assert found["told_apart"] == 0.5
    s.G = Returns(lambda z: torch.zeros(len(z), 1, 8, 8))
    assert signs(s, probe)["pixel_diversity"] == 0


def test_without_images_held_out_there_is_no_overfitting():
    s, probe = played()
    found = signs(s, Probe(probe.own, None))
    assert not {"held_out_logits", "overfitting"} & found.keys()
    assert found["wasserstein"] == pytest.approx(found["own_logits"] - found["generated_logits"])


def test_what_is_not_finite_is_left_out_so_that_the_log_stays_json():
    s, probe = played()
    s.D = Returns(lambda x: torch.full((len(x),), math.inf))
    found = signs(s, probe)
    assert "own_logits" not in found
    assert found["pixel_coverage"] >= 0
    assert all(math.isfinite(value) for value in found.values())


def test_gradients_are_those_of_the_last_update():
    s, probe = played()
    found = signs(s, probe)
    for name, player in (("d_gradient", s.D), ("g_gradient", s.G)):
        squares = sum(p.grad.square().sum() for p in player.parameters())
        assert found[name] == pytest.approx(math.sqrt(squares), rel=1e-5)
    s, probe = played(steps=0)
    assert not {"d_gradient", "g_gradient"} & signs(s, probe).keys()


def test_networks_are_asked_as_many_at_a_time_as_in_training():
    s, probe = played(batch_size=24, accumulate=2)
    sizes = []

    def judged(images):
        sizes.append(len(images))
        return images.mean((1, 2, 3))

    s.D = Returns(judged)
    few = Images(probe.own.images[:30], None)
    found = signs(s, Probe(few, few))
    assert set(sizes) == {12}
    assert found["own_logits"] == pytest.approx(
        few.images.mean().item(), rel=1e-5
    )  # what fills the last batch does not count


def test_classes_are_those_of_the_real_images():
    s, probe = played(conditional=True)
    z = torch.from_numpy(latents(range(2**51, 2**51 + 12), z_dim=4, distribution="normal"))
    seen = []

    def generate(z, c):
        seen.append((z, c))
        return torch.zeros(len(z), 1, 8, 8)

    s.G.forward = generate
    signs(s, probe)
    torch.testing.assert_close(seen[0][0], z)
    assert torch.equal(torch.cat([c for _, c in seen])[:SIZE], probe.own.labels)


LOOKED_AT = [
    ("dcgan-ns", {}),  # batch norm in both
    ("dcgan-hinge", {}),  # spectral norm
    ("maxout-ns", {}),  # dropout
    ("mlp-wgangp", {"conditional": True}),
    ("mlp-ns", {"regularizers.packing.size": 5, "augmentations.ada.begin": 0.5}),
    ("mlp-ns", {"regularizers.minibatch-discrimination": {}, "regularizers.spectral-norm": {}}),
    ("mlp-ns", {"regularizers.minibatch-deviation.group": 4, "accumulate": 2}),
    ("mlp-softmax", {"regularizers.lecam": {}}),
]


@pytest.mark.parametrize(("name", "settings"), LOOKED_AT, ids=lambda value: value if isinstance(value, str) else "")
def test_looking_changes_nothing(name, settings):
    small = (
        {"arch.width_g": 4, "arch.width_d": 4}
        if name.startswith("dcgan")
        else {"arch.hidden_g": [8], "arch.hidden_d": [8]}
    )
    torch.manual_seed(0)
    s, probe = played(name, **small, **settings)
    before, _ = s.state()
    before = {key: value.clone() for key, value in before.items()}
    training = [module.training for player in (s.G, s.D) for module in player.modules()]
    gradients, requires = [p.grad.clone() for p in s.G.parameters()], [p.requires_grad for p in s.D.parameters()]
    found = signs(s, probe)
    after, _ = s.state()
    assert after.keys() == before.keys()
    for key, value in before.items():
        assert torch.equal(after[key], value), key
    assert [module.training for player in (s.G, s.D) for module in player.modules()] == training
    assert all(torch.equal(p.grad, gradient) for p, gradient in zip(s.G.parameters(), gradients, strict=True))
    assert [p.requires_grad for p in s.D.parameters()] == requires
    assert signs(s, probe) == found


def test_a_look_that_fails_leaves_the_game_as_it_was():
    s, probe = played("dcgan-ns", **{"arch.width_g": 4, "arch.width_d": 4})
    before = {key: value.clone() for key, value in s.state()[0].items()}

    def fail(*_):
        raise RuntimeError("out of memory")

    judge, s.judge = s.judge, fail
    with pytest.raises(RuntimeError, match="out of memory"):
        signs(s, probe)
    s.judge = judge
    assert all(torch.equal(value, before[key]) for key, value in s.state()[0].items())


def test_the_probe_is_mixed_also_of_data_that_lie_class_by_class():
    data = load_dataset("digits", get_registry(), resolution=8)
    order = np.argsort(data.labels, kind="stable")
    sorted_data = replace(data, images=data.images[order], labels=data.labels[order], sha256="")
    s, _ = played(conditional=True, steps=0)
    own = Probe.of(s.config, get_registry(), sorted_data, s.device).own
    assert (own.labels.diff() >= 0).float().mean() < 0.8
    pixels = ((own.images + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    for image, label in list(zip(pixels, own.labels.tolist(), strict=True))[:20]:
        assert (sorted_data.images[sorted_data.labels == label] == image).all(axis=(1, 2, 3)).any()
