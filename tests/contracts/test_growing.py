"""What every architecture whose networks grow keeps to, at each of its stages and half way between them."""

import pytest
import torch
from small_networks import players

from ganzoo.nn import Growing, as_output

N = 6


def parts_that_grow(player):
    return [module for module in player.modules() if isinstance(module, Growing)]


@pytest.fixture(scope="module")
def growing(registry, request_of):
    """(its name, its configuration, G, D) of every pair that grows by its own schedule, conditional and not."""
    found = []
    for architecture in registry.architectures:
        for num_classes in [0, 3] if architecture.conditional else [0]:
            fields = architecture.options.model_fields
            schedule = {name: field.default for name, field in fields.items() if name.endswith("_kimg")}
            config = request_of(architecture, num_classes=num_classes, **schedule)
            torch.manual_seed(0)
            pair = players(architecture, config)
            if any(map(parts_that_grow, pair)):
                found.append((f"{architecture.name}-{num_classes}", config, *pair))
    return found


def halves(player):
    (last,) = {part.last for part in parts_that_grow(player)}
    return [half / 2 for half in range(2 * last + 1)]


def inputs(config):
    z = torch.randn(N, config.z_dim, generator=torch.Generator().manual_seed(0))
    return z, torch.arange(N) % config.num_classes if config.num_classes else None


def test_there_are_networks_that_grow(growing):
    assert growing


def test_what_is_in_play_has_a_gradient_and_every_parameter_is_in_play_at_some_stage(growing):
    for name, config, G, D in growing:
        reached = set()
        for level in halves(G):
            for part in (*parts_that_grow(G), *parts_that_grow(D)):
                part.stand(level)
            G.zero_grad()
            D.zero_grad()
            z, c = inputs(config)
            images = G(z, c)
            assert images.shape == (N, *config.image_shape), (name, level)
            assert images.abs().max() <= 1, (name, level)
            (as_output(D(images, c)).logits * torch.arange(1.0, N + 1)).sum().backward()
            parameters = [(player, n, p) for player, of in (("G", G), ("D", D)) for n, p in of.named_parameters()]
            in_play = {(player, n): p.grad for player, n, p in parameters if p.grad is not None}
            assert [key for key, grad in in_play.items() if not grad.abs().sum() > 0] == [], (name, level)
            reached |= set(in_play)
        assert reached == {(player, n) for player, n, _ in parameters}, name


@torch.no_grad()
def test_nothing_jumps_where_a_stage_begins_to_fade_in_or_has_come_in(growing):
    for name, config, G, D in growing:
        z, c = inputs(config)
        for whole in halves(G)[::2]:
            found = []
            for level in (whole - 2**-16, whole, whole + 2**-16):
                for part in (*parts_that_grow(G), *parts_that_grow(D)):
                    part.stand(level)
                images = G.eval()(z, c)
                found.append((images, as_output(D.eval()(images, c)).logits))
            for images, logits in (found[0], found[2]):
                assert (images - found[1][0]).abs().max() < 1e-3, (name, whole)
                assert (logits - found[1][1]).abs().max() < 1e-2, (name, whole)
