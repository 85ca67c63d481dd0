"""Every architecture plays every game: conditional or not, whatever its options that are chosen by name."""

import pytest
import torch

from ganzoo.config import resolve
from ganzoo.training.build import build_state
from ganzoo.training.engine import Engine

CPU = torch.device("cpu")
BATCH = 4


@pytest.fixture
def start(registry, small_game):
    """``start(architecture, loss, num_classes)``: the state of a small game on random images, before its first step."""

    def build(architecture, loss, num_classes, **settings):
        config, data = small_game(architecture, loss, num_classes, registry, **settings)
        return build_state(config, registry, data, CPU)

    return build


def weights(player):
    return [p.detach().clone() for p in player.parameters()]


def unmoved(player, before):
    return [n for (n, p), old in zip(player.named_parameters(), before, strict=True) if torch.equal(p, old)]


def play_two_steps(state):
    logged = []
    engine = Engine(state)
    for _ in range(2):
        logged += [engine.d_step(), engine.g_step()]
    return logged


def test_two_steps_of_every_pair_move_every_weight_of_both_players(architecture, num_classes, loss, start):
    # At a pace that makes D take sides: where it says the same of all images, a generator may be content.
    settings = {"optimizer_d.lr": 0.01}
    clipping = "regularizers.weight-clipping.limit"
    if clipping in loss.defaults:  # by the paper's limit a critic of a few channels says next to nothing
        settings[clipping] = 0.1
    state = start(architecture, loss, num_classes, **settings)
    before_G, before_D = weights(state.G), weights(state.D)
    logged = play_two_steps(state)
    # Not the logit's bias: where real and generated logits count by their difference alone, it cancels out.
    biases = {name for name, p in state.D.named_parameters() if p.dim() == 1 and len(p) == 1}
    assert unmoved(state.G, before_G) == []
    assert set(unmoved(state.D, before_D)) <= biases
    for scalars in logged:
        assert all(value.isfinite() for value in scalars.values())
    for player in (state.G, state.D):
        assert all(p.isfinite().all() for p in player.parameters())
    assert (state.nimg, state.d_steps, state.g_steps) == (2 * BATCH, 2, 2)


def test_each_player_moves_in_its_own_step_only(architecture, num_classes, loss, start):
    state = start(architecture, loss, num_classes)
    before_G = weights(state.G)
    engine = Engine(state)
    engine.d_step()
    assert len(unmoved(state.G, before_G)) == len(before_G)
    before_D, gradients_D = weights(state.D), [p.grad.clone() for p in state.D.parameters()]
    engine.g_step()
    assert len(unmoved(state.D, before_D)) == len(before_D)
    torch.testing.assert_close([p.grad for p in state.D.parameters()], gradients_D, rtol=0, atol=0)


def test_every_choice_of_every_option_is_played(architecture, num_classes, choice, registry, start):
    chosen = {f"arch.{option}": value for option, value in choice.items()}
    state = start(architecture, registry.losses.get("ns"), num_classes, **chosen)
    before_G, before_D = weights(state.G), weights(state.D)
    play_two_steps(state)
    assert len(unmoved(state.G, before_G)) < len(before_G)
    assert len(unmoved(state.D, before_D)) < len(before_D)


def test_two_steps_under_every_technique_that_an_architecture_can_carry(
    architecture, num_classes, registry, under_every_technique
):
    refused = set()
    for name, state in under_every_technique(architecture, num_classes):
        if state is None:
            refused.add(name)
            continue
        before_G, before_D = weights(state.G), weights(state.D)
        logged = play_two_steps(state)
        assert all(value.isfinite() for scalars in logged for value in scalars.values()), name
        assert len(unmoved(state.G, before_G)) < len(before_G), name
        assert len(unmoved(state.D, before_D)) < len(before_D), name
    about_classes = {regularizer.name for regularizer in registry.regularizers if regularizer.conditions}
    assert refused & about_classes == (set() if num_classes else about_classes)
    # A family's own techniques know its networks.
    own = registry.architectures.origin(architecture.name)
    families = {registry.architectures.origin(record.name) for record in registry.architectures} - {own}
    foreign = {r.name for r in registry.regularizers if registry.regularizers.origin(r.name) in families}
    # Packs are of one class, not every generator can do without batch norm, and not every layer is torch's own.
    assert refused - about_classes - foreign <= {"packing", "path-length", "spectral-norm"}


def test_the_same_seed_plays_the_same_game(architecture, num_classes, registry, start):
    ends = []
    for _ in range(2):
        state = start(architecture, registry.losses.get("ns"), num_classes)
        play_two_steps(state)
        ends.append(weights(state.G) + weights(state.D))
    torch.testing.assert_close(ends[0], ends[1], rtol=0, atol=0)


def test_every_recipe_names_what_is_there_and_sets_what_can_be_set(registry):
    for recipe in registry.recipes:
        config = resolve(recipe.name, registry, []).config
        assert (config.recipe, config.architecture, config.loss) == (recipe.name, recipe.architecture, recipe.loss)
        assert recipe.paper
        assert recipe.summary.endswith(".")
