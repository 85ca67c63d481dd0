"""Does an image depend on the images beside it? Looked at before rounding, where one bit of a float32 shows.

Of uint8 pixels one in ten thousand shows such a difference, so that a few images alone would rarely tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import onnx

from ganzoo_serve import runtime
from ganzoo_serve.devices import Device
from ganzoo_serve.errors import ModelError
from ganzoo_serve.generator import Generator
from ganzoo_serve.graph import expected_outputs, feed

# bitexact: the same bits in every batch. bucket: the same bits in every slot of batches of the one size that is used.
# lsb1: pixels move by 1 of 255 at most. none: they move by more.
Grade: TypeAlias = Literal["bitexact", "bucket", "lsb1", "none"]

SEEDS = 16


def probe(model: bytes, generator: Generator, sizes: Sequence[int], *, device: Device) -> Grade:
    """Draw 16 seeds alone, in batches of all ``sizes``, and in shuffled places of the largest; compare the bits.

    ``model`` is what ``generator`` was loaded from. The float images are looked at through a second session, which makes
    them an output. TensorRT would build another engine for that; of its own only pixels can be seen.
    """
    session, outputs = (None, []) if generator.device == "tensorrt" else _session(model, generator, device)
    largest = max(sizes)
    seeds = list(range(max(SEEDS, largest)))
    z, labels = generator.latents(seeds), generator.labels(seeds)

    def draw(order: npt.NDArray[np.int64], size: int) -> list[npt.NDArray[np.generic]]:
        """The outputs of these rows, drawn in batches of ``size``, back in the order of the seeds."""
        back = np.argsort(order)
        runs = []
        for start in range(0, len(order), size):
            rows = np.resize(order[start : start + size], size)
            if session is None:
                runs.append([generator.run_once(z[rows], None if labels is None else labels[rows], None, size)])
                continue
            batch = feed(generator.metadata, z[rows], None if labels is None else labels[rows])
            try:
                runs.append(session.run(outputs, batch))
            except Exception as error:  # ONNX Runtime's own exceptions share no base class
                reason = str(error).splitlines()[0][:300]
                raise ModelError(f"{generator.path} failed in a batch of {size}: {reason}") from error
        return [np.concatenate(arrays)[: len(order)][back] for arrays in zip(*runs, strict=True)]

    straight = np.arange(len(seeds))
    shuffled = np.random.default_rng(0).permutation(len(seeds))
    fixed = [draw(straight, largest), draw(shuffled, largest)]
    drawn = [draw(straight, size) for size in dict.fromkeys((1, *sizes)) if size != largest] + fixed
    if len(drawn) > len(fixed) and _same(drawn):
        return "bitexact"
    if _same(fixed):
        return "bucket"
    pixels = [arrays[0].astype(np.float32) for arrays in drawn]
    worst = max(float(np.abs(other - pixels[0]).max()) for other in pixels[1:])
    one_step = 1.0 / 127.5 if session is not None and generator.metadata.output == "float" else 1.0
    return "lsb1" if worst <= one_step else "none"


def _same(drawn: list[list[npt.NDArray[np.generic]]]) -> bool:
    return all(np.array_equal(a, b) for other in drawn[1:] for a, b in zip(drawn[0], other, strict=True))


def _session(model: bytes, generator: Generator, device: Device) -> tuple[runtime.Session, list[str]]:
    graph = onnx.load_model_from_string(model)
    (images,) = expected_outputs(generator.metadata)
    outputs = [images]
    if generator.metadata.output == "uint8" and (floats := _before_rounding(graph, images)) is not None:
        graph.graph.output.append(onnx.helper.make_tensor_value_info(floats, onnx.TensorProto.FLOAT, None))
        outputs.append(floats)
    return runtime.create_session(graph.SerializeToString(), device=device, source=str(generator.path)), outputs


def _before_rounding(model: onnx.ModelProto, name: str) -> str | None:
    """The float tensor that becomes the uint8 tensor ``name``; None if the graph ends otherwise than ours do."""
    producers = {output: node for node in model.graph.node for output in node.output}

    def back(name: str, *through: str) -> str:
        while (node := producers.get(name)) is not None and node.op_type in through:
            name = node.input[0]
        return name

    last = producers.get(back(name, "Transpose"))
    if last is None or last.op_type != "Cast":
        return None
    floats = back(last.input[0], "Round", "Clip", "Transpose")
    return floats if floats in producers else None
