"""Which metrics and features an evaluation takes when nobody names them."""

import numpy as np
import pytest

from ganzoo import Dataset, FeatureExtractor, ImageData, ImageShape, hookimpl
from ganzoo.evaluation.choice import asked_for
from ganzoo.evaluation.eye import open_eye
from ganzoo.evaluation.real import RealImages
from ganzoo.evaluation.request import Request
from ganzoo.evaluation.samples import Extractor


class Counted(Extractor):
    identity, resizer, dim = "counted", "none", 1

    def __call__(self, images):
        raise AssertionError("nobody looks here")


class Special:
    """A data set that is best measured in its own way."""

    @hookimpl
    def register_datasets(self, register):
        data = ImageData(images=np.zeros((4, 8, 8, 1), np.uint8), labels=np.arange(4) % 2, class_names=("a", "b"))
        for name, own in (("special", {"features": "counted", "metrics": ("light",)}), ("plain", {})):
            register(Dataset(name=name, load=lambda request: data, **own))

    @hookimpl
    def register_features(self, register):
        register(FeatureExtractor(name="counted", build=lambda context: Counted()))


@pytest.fixture
def special(zoo, measures):
    return zoo(measures.plugin, Special())


def test_a_data_set_may_name_its_metrics(special):
    usual = [metric.name for metric in special.metrics if metric.default]
    assert [metric.name for metric, _ in asked_for({}, "special", special)] == ["light"]
    assert [metric.name for metric, _ in asked_for({}, "plain", special)] == usual
    assert [metric.name for metric, _ in asked_for({"gap": {}}, "special", special)] == ["gap"]


def test_a_data_set_may_name_its_features(special, measures):
    real = RealImages("special", special, ImageShape(1, 8, 8), data_dir=None)
    assert open_eye(Request(dataset="special"), special, real, measures.stages).name == "counted"
    other = Request(dataset="special", features=("inner", {}))
    with pytest.raises(Exception, match="inner"):
        open_eye(other, special, real, measures.stages)


def test_points_in_the_plane_are_measured_by_their_modes():
    from ganzoo import get_registry

    registry = get_registry()
    assert [metric.name for metric, _ in asked_for({}, "ring8", registry)] == ["modes"]
    assert [metric.name for metric, _ in asked_for({}, "two-moons", registry)] == ["fid"]
    assert registry.datasets.get("ring8").features == "points"
