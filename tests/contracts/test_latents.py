"""What the tools for latents find in the files of families that were made for them."""

import pytest
import torch
from small_networks import small_options

from ganzoo.config import Layer, resolve
from ganzoo.export.export import export_generator
from ganzoo.runs.networks import Inputs, build_networks, settled
from ganzoo.specs import ImageShape
from ganzoo_latents.cut import Graph
from ganzoo_latents.directions import find_directions
from ganzoo_latents.space import open_space
from ganzoo_latents.weights import weights_on
from ganzoo_serve.generator import Generator
from ganzoo_serve.testing import make_metadata

Z_DIM = 8


@pytest.fixture(scope="module")
def exported(registry, tmp_path_factory):
    """``exported(name)``: the file of a small untrained generator of three classes."""
    folder = tmp_path_factory.mktemp("latents")

    def export(name):
        architecture = registry.architectures.get(name)
        small = {f"arch.{key}": value for key, value in small_options(architecture).items()} | {"z_dim": Z_DIM}
        config = resolve(f"{name}-ns", registry, [Layer("test", small)]).config
        torch.manual_seed(0)
        generator, _ = build_networks(config, registry, ImageShape(3, 16, 16), 3)
        with torch.no_grad():
            for parameter in generator.parameters():
                parameter.add_(torch.randn_like(parameter), alpha=0.02)
        generator = settled(generator, Inputs(Z_DIM, "normal", (1, 1, 1), torch.device("cpu")))
        metadata = make_metadata(
            name, size=16, z_dim=Z_DIM, classes=("ant", "bee", "cat"), truncation=architecture.truncation
        )
        return export_generator(generator, metadata, folder / f"{name}.onnx").path

    return export


# The weights of stylegan2 are those of the styles of every convolution, those of biggan of the part of z in every norm.
@pytest.mark.parametrize(
    ("name", "space", "truncation"), [("stylegan2", "w", "w"), ("biggan", "z", "z"), ("dcgan", "z", None)]
)
def test_the_weights_that_meet_the_latent_are_seen_and_truncation_draws_to_one_image(exported, name, space, truncation):
    path = exported(name)
    graph = Graph(path)
    generator = Generator.load(path, device="cpu")
    assert generator.metadata.truncation == truncation
    here = open_space(generator, graph, None, "cpu")
    assert here.name == space
    found = find_directions(generator, graph, here, method=None, count=2, device="cpu")
    assert found.method == "sefa"
    weights = weights_on(graph, space, found.vectors.shape[1])
    assert (abs(weights).sum(0) > 0).all()  # every number of the latent is met by some
    if truncation:
        images = generator.sample(range(6), classes="bee", truncation=0.0)
        assert all((image == images[0]).all() for image in images)
        assert len({image.tobytes() for image in generator.sample(range(6), classes="bee")}) == 6
