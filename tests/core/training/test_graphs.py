"""Recorded steps, with a recorder that plays them again where CUDA would replay; on CUDA with real graphs."""

from collections import Counter

import pytest
import torch

from ganzoo.config import Layer, resolve
from ganzoo.data.load import load_dataset
from ganzoo.errors import GanzooError
from ganzoo.registry import get_registry
from ganzoo.training.build import build_state
from ganzoo.training.engine import Engine
from ganzoo.training.graphs import PLAYED_FIRST

CPU = torch.device("cpu")
GAMES = {
    "dcgan-wgangp": {"arch.width_g": 4, "arch.width_d": 4, "n_critic": 2, "conditional": True},
    "mlp-ns": {
        "arch.hidden_g": [16],
        "arch.hidden_d": [16],
        "regularizers.r1.interval": 3,
        "augmentations.flip.p": 0.5,
    },
}


class Replayer:
    """Records by keeping the work, and replays it into the tensors that the recording gave."""

    device = CPU

    def __init__(self):
        self.count = Counter()

    def play(self, work):
        self.count["played"] += 1
        return work()

    def record(self, work):
        self.count["recorded"] += 1
        scalars = {}

        def replay():
            self.count["replayed"] += 1
            for name, value in work().items():
                scalars.setdefault(name, torch.zeros(())).copy_(value)

        return scalars, replay


def state(name, device=CPU, **settings):
    registry = get_registry()
    layer = Layer("test", {"batch_size": 8, "z_dim": 4, "resolution": 16} | GAMES[name] | settings)
    return build_state(resolve(name, registry, [layer]).config, registry, load_dataset("digits", registry), device)


def played(engine, iterations):
    logged = []
    for _ in range(iterations):
        for _ in range(engine.s.config.n_critic):
            logged.append({name: value.item() for name, value in engine.d_step().items()})
        logged.append({name: value.item() for name, value in engine.g_step().items()})
    return logged


def weights(s):
    return {**{f"G.{k}": v for k, v in s.G.state_dict().items()}, **{f"D.{k}": v for k, v in s.D.state_dict().items()}}


@pytest.mark.parametrize("name", sorted(GAMES))
def test_what_is_replayed_is_the_game_that_is_played(name):
    eager, recorded, recorder = state(name), state(name), Replayer()
    assert played(Engine(eager), 12) == played(Engine(recorded, recorder), 12)
    torch.testing.assert_close(weights(recorded), weights(eager), rtol=0, atol=0)
    assert recorded.data.position == eager.data.position
    assert recorder.count["replayed"] > recorder.count["recorded"] > 0


def test_each_kind_of_step_is_recorded_once_after_it_was_played_a_few_times():
    recorder = Replayer()
    engine = Engine(state("mlp-ns"), recorder)  # with R1, without it, and the generator's with and without
    played(engine, 30)
    kinds = 4
    assert recorder.count == {"played": PLAYED_FIRST * kinds, "recorded": kinds, "replayed": 60 - PLAYED_FIRST * kinds}


def test_a_replay_reads_the_images_shown_so_far():
    s = state("mlp-ns")
    engine = Engine(s, Replayer())
    for step in range(8):
        assert s.nimg == 8 * step
        engine.d_step()
        assert s.nimg_here.item() == 8 * step


def cuda_state(name, **settings):
    return state(name, torch.device("cuda"), **settings)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", sorted(GAMES))
def test_on_cuda_a_graph_plays_the_eager_trajectory(name):
    slow = {"optimizer_g.kind": "sgd", "optimizer_d.kind": "sgd", "optimizer_g.lr": 0.01, "optimizer_d.lr": 0.01}
    eager, recorded = cuda_state(name, cuda_graphs=False, **slow), cuda_state(name, **slow)
    played(Engine(eager), 20)
    played(Engine(recorded), 20)
    torch.testing.assert_close(weights(recorded), weights(eager), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(recorded.random.normal(5), eager.random.normal(5))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_cuda_a_step_that_waits_is_refused_with_the_setting_to_change():
    s = cuda_state("mlp-ns")
    game = s.game

    def peeking(*, real_logits, fake_logits):
        real_logits.mean().item()
        return game.d_loss(real_logits=real_logits, fake_logits=fake_logits)

    s.game = game._replace(d_loss=peeking)
    engine = Engine(s)
    with pytest.raises(GanzooError, match="cuda_graphs=false"):
        played(engine, 20)
