"""Models to score."""

import pytest

from ganzoo.evaluation.sources import Model
from ganzoo_serve.generator import Generator
from ganzoo_serve.testing import make_metadata, write_model


@pytest.fixture
def model(tmp_path):
    """``model()``: an exported 16x16 grey model; ``model(classes=...)`` a conditional one."""

    def build(**fields):
        metadata = make_metadata("tiny", size=16, channels=1, **fields)
        return Model(
            Generator.load(write_model(tmp_path / f"{len(list(tmp_path.iterdir()))}.onnx", metadata), device="cpu")
        )

    return build
