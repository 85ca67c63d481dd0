"""Logs of runs, made up."""

from types import SimpleNamespace

import pytest

from ganzoo.config import TrainConfig
from ganzoo.diagnosis.history import History

HEALTHY = {
    "own_logits": 0.5,
    "held_out_logits": 0.4,
    "generated_logits": -0.5,
    "overfitting": 0.1,
    "r_t": 0.3,
    "told_apart": 0.8,
    "d_slope": 0.4,
    "g_slope": 0.5,
    "d_gradient": 1.0,
    "g_gradient": 1.0,
    "pixel_diversity": 0.95,
    "pixel_coverage": 0.8,
    "pixel_precision": 0.8,
    "pixel_reach": 0.95,
}


@pytest.fixture
def config():
    """``config(loss="mm")``: the settings of a pair."""

    def build(**settings):
        given = {"recipe": "dcgan-ns", "architecture": "dcgan", "loss": "ns", "resolution": 16, "kimg": 100.0}
        return TrainConfig(**given | settings)

    return build


@pytest.fixture
def history():
    """``history(g_slope=0.01)``: ten looks at a run of 100 kimg, healthy but for that; a list is one value for each look."""

    def build(looks=10, budget=100.0, **signs):
        series = {name: [value] * looks for name, value in HEALTHY.items()}
        series |= {name: value if isinstance(value, list) else [value] * looks for name, value in signs.items()}
        records = [
            {"nimg": 10_000 * (k + 1), "g_steps": 100 * (k + 1)}
            | {name: values[k] for name, values in series.items() if values[k] is not None}
            for k in range(looks)
        ]
        return History(records, SimpleNamespace(share=lambda nimg, g_steps: nimg / 1000 / budget))

    return build
