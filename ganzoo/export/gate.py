"""What a file must show before it is written: that it is the generator, at any batch size, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from ganzoo.errors import ExportError
from ganzoo.export.graph import ExportedGenerator
from ganzoo_serve.generator import Generator
from ganzoo_serve.graph import expected_outputs, feed
from ganzoo_serve.metadata import ModelMetadata, read
from ganzoo_serve.runtime import create_session
from ganzoo_serve.seeds import classes_from_seeds, latents

BATCHES = (1, 2, 3, 8, 17)
TRUNCATIONS = (1.0, 0.5)
FLOAT_TOLERANCE = 1e-4
EQUAL_SHARE = 0.999
# Of half precision, both of 255. The mean: what rounding to bytes costs by itself. Here, where a CPU computes in float32 on
# float16's weights and maps, the zoo's small recipes come to 0.04 at most. In float16 throughout (ONNX's reference evaluator) six
# of them came to 0.06, with nothing more than 2 away, but for the steep edges of transgan's: 0.06 % of values beyond 4.
HALF_MEAN = 0.25
HALF_LARGE, HALF_SHARE = 4, 0.999


@dataclass(frozen=True)
class Parity:
    """How well the file agrees with torch over batches of 1, 2, 3, 8 and 17.

    ``largest`` and ``mean`` difference in the output's own units (of 255 for uint8), ``equal`` share of identical values.
    """

    largest: float
    equal: float
    mean: float


def gate(path: Path, generator: nn.Module, metadata: ModelMetadata) -> Parity:
    """Check the file against the torch generator that it was made from. Raises ExportError, naming what failed."""
    model = onnx.load(str(path), load_external_data=False)
    onnx.checker.check_model(model, full_check=True)
    if read(path) != metadata:
        raise ExportError("The metadata did not survive being written.")
    if any(tensor.data_type == onnx.TensorProto.DOUBLE for tensor in model.graph.initializer):
        raise ExportError("The graph computes in float64, which GPUs do slowly and browsers not at all.")
    # One truncation for all images: what each is to be with its own.
    scalar = metadata.model_copy(update={"truncation_per_image": False})
    reference = ExportedGenerator(generator, scalar)
    session = create_session(path.read_bytes(), device="cpu", source=str(path))
    differences = []
    for batch in BATCHES:
        seeds = list(range(1000, 1000 + batch))
        z = latents(seeds, z_dim=metadata.latent.dim, distribution=metadata.latent.distribution)
        labels = classes_from_seeds(seeds, len(metadata.classes)) if metadata.classes else None
        cases = []
        for truncation in TRUNCATIONS if metadata.truncation else (None,):
            given = {name: torch.from_numpy(array) for name, array in feed(scalar, z, labels, truncation).items()}
            with torch.no_grad():
                cases.append((feed(metadata, z, labels, truncation), reference(**given).numpy()))
        if metadata.truncation_per_image:
            cases.append(_alternating([inputs for inputs, _ in cases], [expected for _, expected in cases]))
        for inputs, expected in cases:
            (got,) = session.run(list(expected_outputs(metadata)), inputs)
            if got.shape != expected.shape:
                raise ExportError(f"At batch {batch} the file gives {got.shape}, torch {expected.shape}.")
            differences.append(np.abs(got.astype(np.float64) - expected.astype(np.float64)).ravel())
    parity = _judge(np.concatenate(differences), metadata)
    _same_at_any_batch(path, metadata)
    return parity


def _alternating(
    inputs: list[dict[str, np.ndarray]], expected: list[np.ndarray]
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """One batch whose images take turns with the truncations of these batches of the same latents."""
    n = len(expected[0])
    turn = np.arange(n) % len(inputs)
    strengths = np.stack([given["truncation"] for given in inputs])
    return inputs[0] | {"truncation": strengths[turn, np.arange(n)]}, np.stack(expected)[turn, np.arange(n)]


def _judge(difference: np.ndarray, metadata: ModelMetadata) -> Parity:
    parity = Parity(
        largest=float(difference.max()), equal=float((difference == 0).mean()), mean=float(difference.mean())
    )
    if metadata.precision == "fp16":
        _judge_half(difference if metadata.output == "uint8" else difference * 127.5)
        return parity
    good = parity.largest <= FLOAT_TOLERANCE
    if metadata.output == "uint8":
        good = parity.largest <= 1 and parity.equal >= EQUAL_SHARE
    if not good:
        raise ExportError(
            f"ONNX Runtime and torch disagree by up to {parity.largest:g} ({parity.equal:.2%} of values are equal).\n"
            f"Expected at most 1 of 255 and {EQUAL_SHARE:.1%} equal (uint8), or {FLOAT_TOLERANCE:g} (float). "
            "Does the generator draw random numbers, or behave otherwise in evaluation mode?"
        )
    return parity


def _judge_half(difference: np.ndarray) -> None:
    """Raise ExportError if these differences, of 255, are more than half precision costs."""
    mean, share = difference.mean(), (difference <= HALF_LARGE).mean()
    if not (mean <= HALF_MEAN and share >= HALF_SHARE):
        raise ExportError(
            f"In half precision images differ by {mean:.3g} of 255 in the mean, {share:.2%} of values by at most "
            f"{HALF_LARGE}.\nExpected {HALF_MEAN:g} in the mean, and {HALF_SHARE:.1%} within {HALF_LARGE}. "
            "This generator needs float32: leave '--fp16' out."
        )


def _same_at_any_batch(path: Path, metadata: ModelMetadata) -> None:
    """An image among 16 others is the image alone, to 1 of 255: no neighbour may shine through."""
    seeds = list(range(2000, 2017))
    alone = Generator.load(path, device="cpu", batch_size=1)
    one_by_one = alone.sample(seeds)
    together = Generator.load(path, device="cpu", batch_size=len(seeds))
    at_once = together.sample(seeds)
    largest = int(np.abs(one_by_one.astype(np.int16) - at_once.astype(np.int16)).max())
    if largest > 1:
        raise ExportError(
            f"An image changes by {largest} of 255 with the company it is made in.\n"
            "Does the generator normalise over the batch in evaluation mode?"
        )


def golden(path: Path, seeds: Iterable[int]) -> dict[str, str]:
    """The sha256 of the raw pixels of ``seeds``, for another machine to compare."""
    generator = Generator.load(path, device="cpu")
    return {str(seed): hashlib.sha256(generator.sample([seed])[0].tobytes()).hexdigest() for seed in seeds}
