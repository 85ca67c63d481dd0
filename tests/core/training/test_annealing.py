import math

import pytest
import torch
from pydantic import ValidationError

from ganzoo.config import Annealing, Layer, OptimizerConfig, resolve
from ganzoo.registry import get_registry
from ganzoo.training import prepare
from ganzoo.training.annealing import anneal, annealed
from ganzoo.training.engine import Engine
from ganzoo.training.optimizers import build_optimizer


@pytest.mark.parametrize(("shape", "half_way"), [("linear", 0.55), ("cosine", 0.55), ("exponential", math.sqrt(0.1))])
def test_the_way_from_one_value_to_the_other(shape, half_way):
    annealing = Annealing(to=0.1, begin_kimg=10, kimg=30, shape=shape)
    found = [annealed(1.0, annealing, nimg, 0.9) for nimg in (0, 10_000, 20_000, 30_000, 99_000)]
    assert found == pytest.approx([1.0, 1.0, half_way, 0.1, 0.1])


def test_a_cosine_begins_and_ends_flat():
    annealing = Annealing(to=0.0, kimg=100, shape="cosine")
    found = [annealed(1.0, annealing, 1000 * kimg, 0.0) for kimg in (0, 10, 25, 90)]
    assert found == pytest.approx([(1 + math.cos(math.pi * share)) / 2 for share in (0, 0.1, 0.25, 0.9)])


def test_without_kimg_the_budget_counts():
    assert annealed(1.0, Annealing(to=0.0), nimg=10**9, progress=0.25) == pytest.approx(0.75)


def test_without_annealing_it_stays():
    assert annealed(0.3, None, 10**6, 0.5) == 0.3


def test_an_optimizer_is_brought_to_where_it_is_by_now():
    config = OptimizerConfig(
        lr=1.0,
        betas=(0.0, 0.9),
        warmup_kimg=40,
        lr_anneal=Annealing(to=0.5, kimg=100),
        beta2_anneal=Annealing(to=0.99, kimg=20),
    )
    optimizer = build_optimizer([torch.nn.Parameter(torch.ones(1))], config, torch.device("cpu"))
    anneal(optimizer, config, 10_000, 0.0)
    (group,) = optimizer.param_groups
    assert group["lr"] == pytest.approx(0.95 * 0.25)
    assert group["betas"] == (0.0, pytest.approx(0.945))


def test_a_rate_that_a_recorded_step_reads_stays_the_same_tensor():
    config = OptimizerConfig(kind="sgd", lr=1.0, momentum=0.5, momentum_anneal=Annealing(to=0.7, kimg=10))
    rate = torch.tensor(1.0)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=rate, momentum=0.5)
    anneal(optimizer, config.model_copy(update={"lr_anneal": Annealing(to=0.0, kimg=10)}), 5000, 0.0)
    (group,) = optimizer.param_groups
    assert group["lr"] is rate
    assert rate.item() == pytest.approx(0.5)
    assert group["momentum"] == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"lr_anneal": {"kimg": 10, "begin_kimg": 10}}, "ends before it begins"),
        ({"lr_anneal": {"begin_kimg": 10}}, "begin_kimg is given without kimg"),
        ({"lr_anneal": {"shape": "exponential"}}, "never reaches 0"),
        ({"beta2_anneal": {"to": 1.0}}, "expected less than 1"),
        ({"kind": "sgd", "beta2_anneal": {"to": 0.5}}, "beta2_anneal is Adam's"),
        ({"momentum_anneal": {"to": 0.5}}, "momentum_anneal is for sgd and rmsprop"),
    ],
)
def test_what_cannot_be_is_refused(values, said):
    with pytest.raises(ValidationError, match=said):
        OptimizerConfig.model_validate(values)


def test_a_training_walks_down_its_schedule():
    registry = get_registry()
    settings = {
        "batch_size": 8, "z_dim": 4, "arch.hidden_g": [8], "arch.hidden_d": [8], "steps": 4,
        "optimizer_g.lr": 0.4, "optimizer_g.lr_anneal.to": 0.0, "optimizer_d.lr": 0.2,
    }  # fmt: skip
    _, state = prepare(resolve("mlp-ns", registry, [Layer("test", settings)]), registry)
    engine, rates = Engine(state), []
    for _ in range(4):
        engine.iterate()
        rates.append((state.opt_g.param_groups[0]["lr"], state.opt_d.param_groups[0]["lr"]))
    assert [g for g, _ in rates] == pytest.approx([0.4, 0.3, 0.2, 0.1])
    assert {d for _, d in rates} == {0.2}
