"""Spectral normalisation of every architecture's discriminator: of all its weights, or it is refused."""

import pytest
import torch
from small_networks import players

from ganzoo import ConfigError
from ganzoo.nn import EqualisedConv2d, EqualisedLinear

EQUALISED = EqualisedConv2d | EqualisedLinear


def matrices(D):
    """(name, the weight that is used as a matrix) of every module that has one."""
    for name, module in D.named_modules():
        weight = getattr(module, "weight", None)
        if isinstance(weight, torch.Tensor) and weight.dim() >= 2:
            yield name, weight.detach().flatten(1)


def test_either_all_weights_are_normalised_or_the_discriminator_is_refused(
    architecture, num_classes, request_of, registry
):
    torch.manual_seed(0)
    _, D = players(architecture, request_of(architecture, num_classes=num_classes))
    equalised = {type(module).__name__ for module in D.modules() if isinstance(module, EQUALISED)}
    with torch.no_grad():
        for parameter in D.parameters():  # of any size, and not one that spectral norm has already
            parameter.mul_(30)
    record = registry.regularizers.get("spectral-norm")
    wrapped = record.wrap(record.options(), lambda shape: D, num_classes)
    if equalised:
        with pytest.raises(ConfigError, match=rf"others, .*: {', '.join(sorted(equalised))}\.\nLeave it out"):
            wrapped(None)
        return
    found = dict(matrices(wrapped(None).train()))
    for _ in range(300):
        found = dict(matrices(D))  # each reading in training mode is a power iteration
    assert found
    for name, weight in found.items():
        assert torch.linalg.matrix_norm(weight, 2).item() == pytest.approx(1, abs=0.02), name


def test_some_are_normalised_and_some_refused(registry, request_of):
    def equalised(architecture):
        D = architecture.discriminator(request_of(architecture))
        return any(isinstance(module, EQUALISED) for module in D.modules())

    assert {architecture.name for architecture in registry.architectures if equalised(architecture)} == {
        "progressive",
        "stylegan2",
    }
