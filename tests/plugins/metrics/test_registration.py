import subprocess
import sys

import numpy as np
import pytest

from ganzoo import ConfigError, GanzooError
from ganzoo.config import full_options
from ganzoo.evaluation import Estimate

OPTIONS = {"kid": {"size": 20}, "cas": {"epochs": 1}, "ppl": {"pairs": 6}, "ms-ssim": {"pairs": 12}, "prdc": {"k": 3}}
NAMES = {
    "fid", "kid", "is", "prdc", "intra-fid", "cas", "parzen", "memorisation", "duplicates", "classes", "swd", "ms-ssim",
    "intra-ms-ssim", "ppl", "spectrum", "class-accuracy", "class-purity",
}  # fmt: skip


def test_the_metrics_are_these(registry):
    assert {metric.name for metric in registry.metrics} == NAMES
    assert {metric.name for metric in registry.metrics if metric.default} == {"fid", "kid", "is", "prdc"}


def test_every_metric_says_what_it_is(registry):
    for metric in registry.metrics:
        assert metric.paper.startswith("arXiv:")
        assert metric.summary.endswith(".")
        assert all(field.description for field in metric.options.model_fields.values())


def test_no_two_metrics_give_a_number_of_one_name(registry):
    given = [name for metric in registry.metrics for name in metric.gives]
    assert len(given) == len(set(given))


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_metric_gives_the_numbers_of_its_record_and_finds_them_again(registry, measure, noise, name):
    """Of all it may look at, and of nothing else: samples hold what the record needs."""
    metric, options = registry.metrics.get(name), OPTIONS.get(name, {})
    samples = [only(noise(60), metric.needs) for _ in range(3)]
    first, again = (measure(name, *samples, **options) for _ in range(2))
    assert set(first.values) == set(metric.gives)
    assert first.values == again.values
    for value in first.values.values():
        plain = [value.value, value.error] if isinstance(value, Estimate) else [value]
        assert all(type(number) is float and np.isfinite(number) for number in plain)
    for kind, picture in first.pictures.items():
        assert kind.startswith(name)  # metrics share one folder
        assert picture.dtype == np.uint8
        assert picture.ndim == 3
    assert all(note.endswith(".") and name in note for note in first.notes)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_number_with_a_random_choice_in_it_has_a_seed(registry, name):
    metric = registry.metrics.get(name)
    assert ("seed" in metric.options.model_fields) == (
        not name.startswith("class") and name not in {"fid", "intra-fid", "spectrum"}
    )


@pytest.mark.parametrize("name", sorted(NAMES))
def test_one_image_is_refused_in_a_sentence_or_measured(measure, noise, name):
    one, options = noise(1), OPTIONS.get(name, {})
    if name.startswith("class") or name in {"swd", "spectrum"}:
        assert measure(name, one, one, one, **options).values
    else:
        with pytest.raises(GanzooError, match=rf"^{name}\b"):
            measure(name, one, one, one, **options)


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [("kid", "size", 1), ("kid", "seed", -1), ("prdc", "k", 0), ("ppl", "epsilon", 0), ("duplicates", "threshold", 2)],
)
def test_options_out_of_range_are_refused_by_name(registry, name, option, value):
    with pytest.raises(ConfigError, match=rf"{name}\.{option}: "):
        full_options(registry.metrics.get(name).options, {option: value}, name, {})


def test_declaring_the_metrics_loads_neither_numpy_nor_torch():
    code = (
        "import sys, ganzoo_metrics as m; m.register_metrics(str); "
        "sys.exit(bool({'torch', 'numpy', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def only(sample, needs):
    """The sample without what is not needed."""
    for name in {"moments", "features", "probabilities", "images", "labels"} - needs:
        setattr(sample, f"_{name}", None)
    return sample
