import subprocess
import sys

import pytest

from ganzoo import ConfigError
from ganzoo.config import full_options


def test_the_features_are_these(registry):
    assert {f.name for f in registry.features} == {"classifier", "inception"}
    assert all(f.summary.endswith(".") for f in registry.features)


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("classifier", "epochs", 0),
        ("classifier", "seed", -1),
        ("classifier", "weights", "x"),
        ("inception", "epochs", 3),
    ],
)
def test_options_out_of_range_or_unknown_are_refused_by_name(registry, name, option, value):
    with pytest.raises(ConfigError, match=rf"features\.{name}\.{option}: "):
        full_options(registry.features.get(name).options, {option: value}, f"features.{name}", {})


def test_declaring_the_features_loads_nothing_heavy():
    code = "import sys, ganzoo_features as f; f.register_features(print); sys.exit(bool({'torch', 'numpy'} & {*sys.modules}))"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize("device", ["mps", "nonsense", "cuda:99"])
def test_a_device_that_is_not_there_is_refused(build, digits, device):
    with pytest.raises(ConfigError, match=device):
        build("classifier", digits(0, 50), epochs=1, device=device)
