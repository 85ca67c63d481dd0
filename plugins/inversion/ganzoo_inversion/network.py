"""The encoder: images to latents, and its ONNX graph, written layer by layer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from ganzoo_serve.metadata import Image

SMALLEST = 4  # side of the last feature map, in pixels, at least
WIDEST = 512
HIDDEN = 512
OPSET, IR_VERSION = 20, 10


class EncoderNetwork(nn.Module):
    """A discriminator's shape with z for a logit (Radford et al. 2015, arXiv:1511.06434).

    images: (N, h, w, c), uint8 or float, in 0 ... 255. Returns z (N, z_dim) and, if ``num_classes``, logits (N, num_classes).
    """

    def __init__(self, image: Image, *, z_dim: int, num_classes: int, width: int) -> None:
        super().__init__()
        self.z_dim = z_dim
        layers: list[nn.Module] = []
        channels: int = image.channels
        height, wide = image.height, image.width
        while not layers or min(height, wide) >= 2 * SMALLEST:
            outputs = min(width, WIDEST) if not layers else min(2 * channels, WIDEST)
            small = min(height, wide) < 2 * SMALLEST
            layers += _convolution(channels, outputs, halve=not small, norm=bool(layers))
            channels, height, wide = outputs, *((height, wide) if small else (height // 2, wide // 2))
        hidden = [nn.Linear(channels * height * wide, HIDDEN, bias=False), nn.BatchNorm1d(HIDDEN), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Flatten(), *hidden, nn.Linear(HIDDEN, z_dim + num_classes))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        x = images.to(torch.float32).permute(0, 3, 1, 2) / 127.5 - 1
        outputs: Tensor = self.layers(x)
        return outputs[:, : self.z_dim], outputs[:, self.z_dim :]


def _convolution(inputs: int, outputs: int, *, halve: bool, norm: bool) -> list[nn.Module]:
    # No norm on the first layer: it would take the images' own mean and contrast away.
    kernel, stride = (4, 2) if halve else (3, 1)
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=1, bias=not norm)
    return [conv, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2)] if norm else [conv, nn.LeakyReLU(0.2)]


def to_onnx(network: EncoderNetwork, image: Image, *, num_classes: int) -> ModelProto:
    """The graph: images uint8 (n, h, w, c) -> z float32 (n, z_dim)[, class_logits (n, num_classes)]; norms folded."""
    nodes: list[NodeProto] = []
    weights: list[TensorProto] = []

    def add(op: str, *inputs: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(op, list(inputs), [f"{op.lower()}{len(nodes)}"], **attributes))
        return str(nodes[-1].output[0])

    def keep(value: Tensor | np.ndarray) -> str:
        array = value.detach().cpu().numpy() if isinstance(value, Tensor) else value
        weights.append(numpy_helper.from_array(np.ascontiguousarray(array), f"weight{len(weights)}"))
        return str(weights[-1].name)

    x = add("Transpose", add("Cast", "images", to=TensorProto.FLOAT), perm=[0, 3, 1, 2])
    x = add("Sub", add("Div", x, keep(np.array([127.5], np.float32))), keep(np.array([1], np.float32)))
    for layer in _folded(network.layers):
        if isinstance(layer, nn.Conv2d):
            assert layer.bias is not None  # the norm's shift, if it had none of its own
            x = add("Conv", x, keep(layer.weight), keep(layer.bias), strides=list(layer.stride), pads=[1] * 4)
        elif isinstance(layer, nn.Linear):
            x = add("Gemm", x, keep(layer.weight), keep(layer.bias), transB=1)
        elif isinstance(layer, nn.LeakyReLU):
            x = add("LeakyRelu", x, alpha=layer.negative_slope)
        elif isinstance(layer, nn.Flatten):
            x = add("Flatten", x)
        else:
            raise TypeError(f"No ONNX form for {type(layer).__name__}")
    ends = [("z", network.z_dim)] + ([("class_logits", num_classes)] if num_classes else [])
    sizes = keep(np.array([size for _, size in ends], dtype=np.int64))
    nodes.append(helper.make_node("Split", [x, sizes], [name for name, _ in ends], axis=1))
    pixels = helper.make_tensor_value_info(
        "images", TensorProto.UINT8, ["n", image.height, image.width, image.channels]
    )
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size]) for name, size in ends]
    graph = helper.make_graph(nodes, "encoder", [pixels], outputs, weights)
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="ganzoo"
    )


def _folded(layers: Iterable[nn.Module]) -> list[nn.Module]:
    """The layers in evaluation mode, each batch norm multiplied into the layer before it."""
    folded: list[nn.Module] = []
    for layer in layers:
        if isinstance(layer, nn.BatchNorm2d) and isinstance(folded[-1], nn.Conv2d):
            folded[-1] = fuse_conv_bn_eval(folded[-1], layer)
        elif isinstance(layer, nn.BatchNorm1d) and isinstance(folded[-1], nn.Linear):
            folded[-1] = fuse_linear_bn_eval(folded[-1], layer)
        else:
            folded.append(layer)
    return folded
