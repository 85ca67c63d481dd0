"""A checkpoint cut short or altered is named and passed over; the one before it takes the run on."""

import random

import pytest
import torch

from ganzoo.errors import RunError
from ganzoo.runs.checkpoint import newest_checkpoint, save_checkpoint
from ganzoo.runs.folder import checkpoints
from ganzoo.sealed import read_sealed

PAGE = 4096


@pytest.fixture
def run(train, tmp_path):
    """A finished run with two checkpoints: at 16 images, and the last one at 32."""
    run = tmp_path / "run"
    assert train(run, steps=4, checkpoint_every=0.016).end().code == 0
    return run


@pytest.mark.parametrize("left", [*range(0, 100, 10), "all but one byte"])
def test_a_checkpoint_cut_short_is_named_and_the_one_before_it_used(left, run, resume):
    last, before = checkpoints(run / "checkpoints")
    whole = last.read_bytes()
    last.write_bytes(whole[:-1] if isinstance(left, str) else whole[: len(whole) * left // 100])
    command = resume(run).end()
    assert command.code == 0
    assert f"{last} cannot be read: " in command.stderr
    assert f"passed over.\nGoing on from {before.name}." in command.stderr
    assert last.read_bytes() == whole


def test_when_all_are_damaged_nothing_is_written_over_and_it_is_said(run, resume):
    for path in checkpoints(run / "checkpoints"):
        path.write_bytes(path.read_bytes()[:-100])
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    command = resume(run).end()
    assert command.code == 1
    assert command.stderr.count("; passed over.") == 2
    assert f"{run} holds no good checkpoint. Start anew with 'ganzoo train ... --out" in command.stderr
    assert "Traceback" not in command.stderr
    assert {path: path.read_bytes() for path in before} == before


def test_a_damaged_later_checkpoint_does_not_count_among_those_that_are_kept(tmp_path):
    def save(nimg):
        return save_checkpoint(tmp_path, {"w": torch.ones(3)}, {"nimg": nimg}, nimg=nimg, keep=2)

    good, damaged = save(1000), save(9000)
    damaged.write_bytes(b"")
    new = save(2000)  # by the run that passed it over
    assert checkpoints(tmp_path) == [new, good]


def altered(whole, times, moments):
    """Copies with a byte of the length, the header, the tensors or the end flipped, or a page of zeros as after a power cut."""
    header = 8 + int.from_bytes(whole[:8], "little")
    places = [(0, 8), (8, header), (header, len(whole)), (len(whole) - 8, len(whole))]
    for time in range(times):
        changed = bytearray(whole)
        if time % 5 == 4:
            at = moments.randrange(0, len(whole), PAGE)
            changed[at : at + PAGE] = bytes(len(changed[at : at + PAGE]))
            yield f"page {at}", bytes(changed)
        else:
            at, flip = moments.randrange(*places[time % 5]), moments.randrange(1, 256)
            changed[at] ^= flip
            yield f"byte {at} ^ {flip}", bytes(changed)


@pytest.mark.parametrize("times", [30, pytest.param(1000, marks=pytest.mark.long)])
def test_an_altered_checkpoint_is_never_taken_for_what_was_written(times, run):
    last, before = checkpoints(run / "checkpoints")
    tensors, counters = read_sealed(last)
    for what, content in altered(last.read_bytes(), times, random.Random(5)):
        last.write_bytes(content)  # into the same file: what was read of it must not be a view
        said = []
        path, found, plain = newest_checkpoint(run / "checkpoints", said.append)
        if path == before:
            assert [str(last) in line for line in said] == [True], what
        else:  # the padding of the header says nothing
            assert plain == counters, what
            assert all(torch.equal(found[name], tensors[name]) for name in tensors), what
            assert found.keys() == tensors.keys(), what
    before.unlink()
    last.write_bytes(b"\xff" * 100)
    with pytest.raises(RunError, match="holds no good checkpoint"):
        newest_checkpoint(run / "checkpoints", said.append)
