"""A tiny style-based model as a file."""

import pytest
import torch
from torch import nn

from ganzoo.export.export import export_generator
from ganzoo.nn import StyleBased
from ganzoo_serve.testing import make_metadata


class Styled(StyleBased):
    """Three layers; layer i's style decides pixels of channel i alone."""

    def __init__(self, num_classes=0):
        super().__init__()
        self.map = nn.Linear(4, 5)
        self.embedding = nn.Embedding(num_classes, 4) if num_classes else None
        self.styles = nn.ModuleList(nn.Linear(5, 64) for _ in range(3))

    def mapping(self, z, c=None, truncation=None):
        z = z if self.embedding is None else z + self.embedding(c)
        w = torch.relu(self.map(z))
        if truncation is not None:
            w = truncation * w
        return w[:, None].repeat(1, 3, 1)

    def synthesis(self, w):
        return torch.tanh(torch.stack([style(w[:, i]).view(-1, 8, 8) for i, style in enumerate(self.styles)], dim=1))


@pytest.fixture(scope="session", params=[(), ("ant", "bee")], ids=["plain", "classes"])
def styled_file(request, tmp_path_factory):
    """A model of 8x8 images, with and without classes."""
    torch.manual_seed(0)
    metadata = make_metadata("styled", classes=request.param or None, truncation="w")
    path = tmp_path_factory.mktemp("styled") / "styled.onnx"
    return export_generator(Styled(len(request.param)).eval(), metadata, path).path
