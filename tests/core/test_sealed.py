import json

import pytest
import torch
from safetensors.torch import save_file

from ganzoo.sealed import Damaged, digest, read_sealed, write_sealed

TENSORS = {"b": torch.arange(6.0).view(2, 3), "a": torch.tensor(3)}
PLAIN = {"accuracy": 0.5, "of": "ten"}


def test_what_was_written_is_read(tmp_path):
    write_sealed(tmp_path / "x.safetensors", TENSORS, PLAIN)
    tensors, plain = read_sealed(tmp_path / "x.safetensors")
    assert plain == PLAIN
    assert tensors.keys() == TENSORS.keys()
    assert all(torch.equal(tensors[name], TENSORS[name]) for name in TENSORS)
    assert [path.name for path in tmp_path.iterdir()] == ["x.safetensors"]


def test_every_cut_and_every_changed_byte_is_noticed(tmp_path):
    path = tmp_path / "x.safetensors"
    write_sealed(path, TENSORS, PLAIN)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at])
        with pytest.raises(Damaged, match=r"x\.safetensors"):
            read_sealed(path)
        changed = bytearray(whole)
        changed[at] ^= 4
        path.write_bytes(changed)
        with pytest.raises(Damaged, match=r"x\.safetensors"):
            read_sealed(path)


@pytest.mark.parametrize("seal", ["", "[]", '{"plain": 3, "sha256": 4}', json.dumps({"plain": "{}", "sha256": "0"})])
def test_a_file_of_another_program_is_no_network(tmp_path, seal):
    save_file(TENSORS, tmp_path / "x.safetensors", metadata={"ganzoo": seal})
    with pytest.raises(Damaged):
        read_sealed(tmp_path / "x.safetensors")


def test_a_file_that_is_not_there_is_not_damaged(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_sealed(tmp_path / "x.safetensors")


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "x.safetensors"
    write_sealed(path, TENSORS, PLAIN)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_sealed(path, TENSORS, {})
    assert [p.name for p in tmp_path.iterdir()] == ["x.safetensors"]
    assert read_sealed(path)[1] == PLAIN


def test_the_digest_knows_names_types_shapes_and_values():
    one = {"w": torch.zeros(4)}
    others = [
        {"v": torch.zeros(4)},
        {"w": torch.zeros(2, 2)},
        {"w": torch.zeros(4, dtype=torch.int32)},
        {"w": torch.ones(4)},
    ]
    assert len({digest(t, "") for t in [one, *others]} | {digest(one, "other")}) == 6
    assert digest(one, "") == digest({"w": torch.zeros(8)[::2]}, "")
