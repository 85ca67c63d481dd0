"""What ships is what is scored: torch's own images of the same weights get the same numbers as the exported file's."""

import numpy as np
import pytest
import torch

from ganzoo.config import Layer, resolve
from ganzoo.evaluation.evaluate import evaluate
from ganzoo.evaluation.request import Request
from ganzoo.evaluation.scores import Scored
from ganzoo.evaluation.sources import Model
from ganzoo.export import export_run
from ganzoo.runs.folder import checkpoints
from ganzoo.runs.networks import Inputs, as_pixels, build_networks, settled
from ganzoo.sealed import read_sealed
from ganzoo.specs import ImageShape
from ganzoo.training import start
from ganzoo_serve.generator import Generator

SETTINGS = {"resolution": 8, "batch_size": 10, "arch.hidden_g": [16], "arch.hidden_d": [8], "steps": 20}


class Torch:
    """The averaged generator of a run's checkpoint, in torch."""

    scored, shape, class_names, generator = Scored(name="torch"), ImageShape(1, 8, 8), (), None

    def __init__(self, run, config, registry):
        G, _ = build_networks(config, registry, self.shape, 0)
        tensors, _ = read_sealed(checkpoints(run / "checkpoints")[0])
        G.load_state_dict({k.removeprefix("G_ema."): v for k, v in tensors.items() if k.startswith("G_ema.")})
        self.inputs = Inputs(config.z_dim, config.z_distribution, (), torch.device("cpu"))
        self.G = settled(G, self.inputs)

    def labels(self, seeds):
        return None

    @torch.no_grad()
    def blocks(self, seeds, labels, truncation, size):
        for first in range(seeds.start, seeds.stop, size):
            yield as_pixels(self.G(*self.inputs.of(range(first, min(first + size, seeds.stop))))).numpy()


def test_torch_and_the_file_score_the_same(measures, tmp_path):
    resolved = resolve("mlp-ns", measures.registry, [Layer("test", SETTINGS)])
    start(resolved, measures.registry, tmp_path / "run")
    file = export_run(tmp_path / "run", measures.registry).path
    request = Request(dataset="digits", metrics={"gap": {}, "light": {}}, samples=300)
    in_torch = Torch(tmp_path / "run", resolved.config, measures.registry)
    generator = Generator.load(file, device="cpu")
    found = [
        evaluate(source, request, measures.registry, measures.stages).evaluation.scores
        for source in (Model(generator), in_torch)
    ]
    images = [np.concatenate(list(s.blocks(range(300), None, None, 64))) for s in (Model(generator), in_torch)]
    np.testing.assert_allclose(images[0].astype(int), images[1].astype(int), atol=1)
    for ours, theirs in zip(*found, strict=True):
        assert ours.value == pytest.approx(theirs.value, rel=1e-3)
