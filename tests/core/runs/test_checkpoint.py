import errno
from pathlib import Path

import pytest
import torch

from ganzoo.errors import RunError
from ganzoo.runs.checkpoint import (
    newest_checkpoint,
    save_checkpoint,
)
from ganzoo.runs.folder import checkpoints
from ganzoo.sealed import Damaged, read_sealed

TENSORS = {
    "weight": torch.arange(6, dtype=torch.float32).view(2, 3),
    "step": torch.tensor(7.0),
    "half": torch.ones(3, dtype=torch.bfloat16),
    "state": torch.arange(5, dtype=torch.uint8),
    "none": torch.empty(0),
    "strided": torch.arange(8.0).view(2, 4).t(),
}


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    return folder


def save(folder, nimg=1000, keep=2):
    return save_checkpoint(folder, TENSORS, {"nimg": nimg}, nimg=nimg, keep=keep)


def test_what_was_saved_comes_back(folder):
    tensors, plain = read_sealed(save(folder))
    assert plain == {"nimg": 1000}
    assert tensors.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert tensors[name].dtype == tensor.dtype
        assert torch.equal(tensors[name], tensor)


def test_the_newest_few_are_kept(folder):
    for nimg in (1000, 2000, 30_000, 200_000_000):
        save(folder, nimg)
    assert [path.name for path in checkpoints(folder)] == [
        "kimg200000.000.safetensors",
        "kimg000030.000.safetensors",
    ]


def test_a_file_cut_short_anywhere_is_passed_over_and_named(folder):
    good, bad = save(folder, 1000), save(folder, 2000)
    content = bad.read_bytes()
    for tenth in range(10):
        bad.write_bytes(content[: len(content) * tenth // 10])
        said = []
        path, _, plain = newest_checkpoint(folder, said.append)
        assert path == good
        assert plain == {"nimg": 1000}
        assert len(said) == 1
        assert bad.name in said[0]


def test_any_flipped_byte_is_noticed(folder):
    path = save(folder)
    content = path.read_bytes()
    tensors, plain = read_sealed(path)
    for position in range(len(content)):
        path.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
        try:
            found, other = read_sealed(path)
        except Damaged:
            continue
        # Only the padding of the header may change without a trace: what is read must then be what was written.
        assert other == plain
        assert all(torch.equal(found[name], tensors[name]) for name in tensors), position


def test_no_good_checkpoint_is_an_error(folder):
    save(folder).write_bytes(b"")
    with pytest.raises(RunError, match="holds no good checkpoint"):
        newest_checkpoint(folder, lambda text: None)


def test_a_full_disk_leaves_the_older_checkpoint_and_no_torn_file(folder, monkeypatch):
    kept = save(folder, 1000)

    def full(self, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(RunError, match=r"No space left on device.*\n.*ganzoo train --resume"):
        save(folder, 2000)
    assert list(folder.iterdir()) == [kept]


def test_what_a_crash_left_behind_is_cleared_away(folder):
    torn = folder / ".kimg000000.500.safetensors.partial"
    torn.write_bytes(b"torn")
    save(folder)
    assert not torn.exists()


def test_pickled_code_is_never_read(folder):
    evil = folder / "kimg000009.000.safetensors"
    torch.save({"weight": torch.ones(1)}, evil)
    with pytest.raises(Damaged, match="cannot be read"):
        read_sealed(evil)
