import pytest
import torch

from ganzoo.devices import pick_device
from ganzoo.errors import ConfigError


def test_auto_is_cuda_where_there_is_one(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    assert pick_device("auto") == torch.device("cuda")
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert pick_device("auto") == torch.device("cpu")


@pytest.mark.parametrize("name", ["auto", "cuda"])
def test_each_process_of_a_machine_takes_a_device_of_its_own(name, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "test")
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    assert pick_device(name) == torch.device("cuda:1")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "3")
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
