"""From a generator to an ONNX graph that says nothing about the machine that wrote it."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

import numpy as np
import onnx
import torch
from onnx import AttributeProto, GraphProto, NodeProto
from torch import Tensor, nn
from torch.nn.utils import parametrize

from ganzoo.errors import ExportError
from ganzoo.export.half import halved
from ganzoo.export.truncation import truncated
from ganzoo.nn import StyleBased
from ganzoo.runs.networks import as_pixels
from ganzoo_serve.graph import STYLES, Dim, expected_inputs, expected_outputs
from ganzoo_serve.metadata import ModelMetadata

OPSET = 20


class ExportedGenerator(nn.Module):
    """What the file computes: z (n, z_dim)[, label (n,)][, truncation () or (n,)] -> images as the ``metadata`` have them."""

    def __init__(self, generator: nn.Module, metadata: ModelMetadata) -> None:
        super().__init__()
        self.generator, self.truncation = generator, metadata.truncation
        self.per_image = metadata.truncation_per_image
        self.output, self.layout = metadata.output, metadata.layout

    def forward(self, z: Tensor, label: Tensor | None = None, truncation: Tensor | None = None) -> Tensor:
        z, truncation = self.drawn(z, truncation)
        further = {} if truncation is None else {"truncation": truncation}
        return self.shown(self.generator(z, label, **further))

    def drawn(self, z: Tensor, truncation: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """z as the generator is to have it, and the truncation that is left to it."""
        if truncation is not None and self.truncation == "z":
            return truncated(z, truncation[:, None] if self.per_image else truncation), None
        return z, truncation

    def shown(self, images: Tensor) -> Tensor:
        """The generator's images as they are put out."""
        if self.output == "float":
            return images.clamp(-1, 1)  # rounding may carry tanh past 1 by an ulp
        pixels = as_pixels(images)
        return pixels if self.layout == "nhwc" else pixels.permute(0, 3, 1, 2)


class ExportedStyles(ExportedGenerator):
    """The same of a style-based generator, with its intermediate latent: images and w (n, layers, w_dim)."""

    generator: StyleBased

    def forward(  # type: ignore[override]
        self, z: Tensor, label: Tensor | None = None, truncation: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        z, truncation = self.drawn(z, truncation)
        w = self.mapped(z, label, truncation)
        return self.shown(self.generator.synthesis(w)), w

    def mapped(self, z: Tensor, label: Tensor | None, truncation: Tensor | None) -> Tensor:
        if truncation is None or not self.per_image:
            return self.generator.mapping(z, label, truncation)
        # Of a generator truncation is one number for all: images of their own go their share of the way from the mean.
        mean = self.generator.mapping(z, label, torch.zeros_like(truncation[0]))
        return torch.lerp(mean, self.generator.mapping(z, label), truncation[:, None, None])


def to_onnx(generator: nn.Module, metadata: ModelMetadata) -> onnx.ModelProto:
    """The graph of a generator: dynamic batch, fixed opset, batch norm folded, no local path, the metadata's precision.

    The generator is in evaluation mode, without parametrizations; inputs and output are those of the ``metadata``.
    Raises ExportError if torch cannot trace it, or nothing of it can be computed in half precision.
    """
    styled = metadata.styles is not None
    if metadata.truncation_per_image and metadata.truncation == "w" and not styled:
        raise ExportError(
            "This generator takes one truncation for all images of a batch, and has no w in which they could be drawn apart.\n"
            "Expected a ganzoo.nn.StyleBased, or truncation in z."
        )
    module = (ExportedStyles if styled else ExportedGenerator)(generator.cpu(), metadata).eval()
    signature = expected_inputs(metadata)
    inputs = {name: _example(elem_type, shape) for name, (elem_type, shape) in signature.items()}
    batch = torch.export.Dim("n")
    with _quiet():
        try:
            program = torch.onnx.export(
                module,
                kwargs=inputs,
                input_names=list(inputs),
                output_names=[*expected_outputs(metadata), *([STYLES] if styled else [])],
                dynamic_shapes={
                    name: {axis: batch for axis, size in enumerate(shape) if size is None}
                    for name, (_, shape) in signature.items()
                },
                opset_version=OPSET,
                dynamo=True,
                external_data=False,
                verbose=False,
            )
        except Exception as error:  # the exporter wraps whatever the network's code raised
            raise ExportError(
                f"torch cannot export this generator: {' '.join(str(error).split())[:400]}\n"
                "Its forward must be free of Python control flow on tensor values, and of random numbers."
            ) from error
        assert program is not None
        model = _fold_batch_norm(program.model)
    _require_any_batch(model.graph, signature)
    if styled:
        _inward(model.graph, STYLES)
    if metadata.precision == "fp16":
        model = halved(model, metadata)
    strip(model)
    return model


def _require_any_batch(graph: GraphProto, signature: Mapping[str, tuple[int, tuple[Dim, ...]]]) -> None:
    """Raise ExportError if torch took the example's batch size for a constant, as it does where Python asks for it."""
    for value in graph.input:
        dims = value.type.tensor_type.shape.dim
        for dim, size in zip(dims, signature[value.name][1], strict=True):
            if size is None and dim.HasField("dim_value"):
                raise ExportError(
                    f"Traced by torch, this generator has a batch size of {dim.dim_value} for good.\n"
                    "Its forward must leave the size open: 'z.shape[0]' does, 'len(z)' and 'int(z.shape[0])' do not."
                )


def _inward(graph: GraphProto, name: str) -> None:
    """Make of an output a tensor within the graph: as an output it kept its name through all that was rewritten."""
    (value,) = (output for output in graph.output if output.name == name)
    graph.output.remove(value)
    graph.value_info.append(value)


def _example(elem_type: int, shape: tuple[Dim, ...]) -> Tensor:
    sizes = [2 if size is None else size for size in shape]  # a batch of 0 or 1 would be taken for a constant
    return torch.from_numpy(np.zeros(sizes, dtype=onnx.helper.tensor_dtype_to_np_dtype(elem_type)))


def without_parametrizations(generator: nn.Module) -> nn.Module:
    """A copy whose spectral- and weight-normalised weights are plain numbers: else sigma is computed anew in the graph."""
    generator = deepcopy(generator)
    for module in list(generator.modules()):
        if parametrize.is_parametrized(module):
            # ``deepcopy`` leaves the copy the class that torch made for the one module, and would now take properties from.
            made = type(module)
            own = {name: value for name, value in vars(made).items() if name not in ("__dict__", "__weakref__")}
            module.__class__ = type(made.__name__, made.__bases__, own)
            for name in list(module.parametrizations):  # type: ignore[arg-type]
                parametrize.remove_parametrizations(module, str(name), leave_parametrized=True)
    return generator


def _fold_batch_norm(model: Any) -> onnx.ModelProto:
    """Multiply batch norm's scale and shift into the convolution or product before it, where there is one."""
    import onnx_ir
    from onnxscript.optimizer import optimize
    from onnxscript.rewriter import rewrite
    from onnxscript.rewriter.rules.common import (
        fuse_batchnorm_into_conv_rule,
        fuse_batchnorm_into_conv_transpose_rule,
        fuse_batchnorm_into_gemm_rule,
    )

    rules = [
        fuse_batchnorm_into_conv_rule,
        fuse_batchnorm_into_conv_transpose_rule,
        fuse_batchnorm_into_gemm_rule,
    ]
    model = rewrite(model, pattern_rewrite_rules=rules)
    optimize(model)
    proto: onnx.ModelProto = onnx_ir.to_proto(model)
    return proto


def strip(model: onnx.ModelProto) -> None:
    """Take away doc strings and metadata: the exporter writes local paths and stack traces into every node."""
    model.doc_string = ""
    model.producer_name, model.producer_version = "ganzoo", ""
    del model.metadata_props[:]
    for function in model.functions:
        function.doc_string = ""
        del function.metadata_props[:]
        _strip_nodes(function.node)
    _strip_graph(model.graph)


def _strip_graph(graph: GraphProto) -> None:
    graph.doc_string = ""
    for part in (graph, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.doc_string = ""
        del part.metadata_props[:]
    _strip_nodes(graph.node)


def _strip_nodes(nodes: Iterable[NodeProto]) -> None:
    for node in nodes:
        node.doc_string = ""
        del node.metadata_props[:]
        for attribute in node.attribute:
            if attribute.type == AttributeProto.GRAPH:
                _strip_graph(attribute.g)


@contextlib.contextmanager
def _quiet() -> Any:
    """The exporter speaks on stdout and by warnings about its own future; stdout belongs to results."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
