import pytest
import torch

from ganzoo.devices import pick_device
from ganzoo.errors import ConfigError


def test_auto_is_cuda_where_there_is_one(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert pick_device("auto") == torch.device("cuda")
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert pick_device("auto") == torch.device("cpu")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tpu", "There is no device 'tpu'; expected auto, cpu, cuda or cuda:N."),
        ("", "There is no device ''; expected"),
        ("meta", "ganzoo does not run on 'meta'; expected"),
        ("cuda:99", "'cuda:99' was asked for, but torch sees"),
    ],
)
def test_a_device_that_is_not_here_is_refused(name, said):
    with pytest.raises(ConfigError, match=said):
        pick_device(name)
