"""``ganzoo data`` on the command line, and a pack that is killed."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from command_line import npz, process

from ganzoo.data import Pack, load_dataset


@pytest.fixture
def photos(tmp_path):
    """``photos(20, side=16)``: a folder with so many images of two classes."""

    def make(number, side=16):
        random = np.random.default_rng(0)
        stored = []
        for _ in range(4):
            file = io.BytesIO()
            PIL.Image.fromarray(random.integers(0, 256, (side, side + 4, 3), np.uint8)).save(file, "png")
            stored.append(file.getvalue())
        for i in range(number):
            path = tmp_path / "photos" / "ab"[i % 2] / f"{i:04}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(stored[i % 4])
        return tmp_path / "photos"

    return make


def test_a_folder_is_packed_used_and_checked(ganzoo, photos, registry):
    done = ganzoo("data", "pack", f"folder:{photos(20)}", "out", "--resolution", 8, "--channels", 1, "--workers", 1)
    assert done.exit_code == 0, done.output
    assert done.stdout == "packed:out\n"
    assert done.stderr == "train: 20 images of 2 classes, 8x8x1.\n"
    expected = load_dataset(f"folder:{photos(20)}", registry, resolution=8, channels=1)
    np.testing.assert_array_equal(load_dataset("packed:out", registry).images, expected.images)
    checked = ganzoo("data", "check", "out")
    assert checked.exit_code == 0
    assert ganzoo("data", "check", "packed:out").stdout == checked.stdout
    assert (
        checked.stdout
        == f"train: 20 images of 2 classes, 8x8x1: whole, sha256 {Pack.read(Path('out')).load('train').sha256}\n"
    )


def test_both_splits_of_a_set_in_memory_are_packed(ganzoo):
    done = ganzoo("data", "pack", "digits", "out")
    assert done.stderr == "train: 1,500 images of 10 classes, 16x16x1.\ntest: 297 images of 10 classes, 16x16x1.\n"
    assert Pack.read(Path("out")).facts.licence == "CC BY 4.0"


def test_an_npz_without_a_test_split_is_packed_without_it(ganzoo, tmp_path):
    done = ganzoo("data", "pack", f"npz:{npz(tmp_path / 'a.npz')}", "out")
    assert done.stderr == "train: 8 images without classes, 8x8x1.\n"


def test_damage_is_found_with_exit_code_1(ganzoo, photos):
    ganzoo("data", "pack", f"folder:{photos(20)}", "out", "--workers", 1)
    content = Path("out/train.npy").read_bytes()
    Path("out/train.npy").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    done = ganzoo("data", "check", "out")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "Error: out/train.npy is damaged: its sha256 is " in done.stderr.replace("\\", "/")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("pack", "folder", "out"), 2, "needs a path"),
        (("pack", "folder:nowhere", "out"), 1, "There is no nowhere; expected a folder with images"),
        (("pack", "digits:x", "out"), 2, "takes no path"),
        (("pack", "digits", "out", "--workers", "0"), 2, "--workers"),
        (("pack", "digits", "out", "--resolution", "3"), 2, "--resolution"),
        (("pack", "digits", "."), 1, "is not an empty folder. Choose another OUT"),
        (("check", "nowhere"), 1, "nowhere does not exist"),
    ],
)
def test_misuse_is_told(ganzoo, arguments, code, message):
    Path("here").mkdir()
    done = ganzoo("data", *arguments)
    assert done.exit_code == code
    assert message in done.stderr
    assert not Path("out").exists()


@pytest.mark.parametrize("name", [(), ("pack",), ("check",)])
def test_help_shows_an_example_and_loads_nothing_heavy(name):
    code = (
        "import sys; from ganzoo.cli import main; main(sys.argv[1:], standalone_mode=False); "
        "print(sorted({'torch', 'numpy', 'PIL', 'rich'} & set(sys.modules)), file=sys.stderr)"
    )
    arguments = [sys.executable, "-c", code, "data", *name, "--help"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert f"\n  ganzoo data {' '.join(name)}" in done.stdout
    assert done.stderr == "[]\n"


def test_the_group_is_listed(ganzoo):
    assert "\n  data " in ganzoo("--help").stdout


KILLED = """
import sys
from ganzoo.data.packing import pack
pack.SAVE_EVERY_S = -1.0
from ganzoo.cli import main
if __name__ == "__main__":
    main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc for the processes that are left")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_pack_that_is_killed_goes_on_and_leaves_no_process_behind(ganzoo, photos, tmp_path, workers):
    source = f"folder:{photos(1200, side=160)}"
    ganzoo("data", "pack", source, "whole", "--resolution", 64, "--channels", 3)
    (tmp_path / "killed.py").write_text(KILLED)
    arguments = ["data", "pack", source, "out", "--resolution", "64", "--channels", "3", "--workers", str(workers)]
    killed = subprocess.Popen([sys.executable, "killed.py", *arguments], stderr=subprocess.PIPE)
    taken = wait_for(lambda: taken_of(Path("out/unfinished.json")))
    children = Path(f"/proc/{killed.pid}/task/{killed.pid}/children").read_text().split()
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    killed.stderr.close()
    assert not Path("out/pack.json").exists()
    assert len(children) >= workers if workers > 1 else not children
    wait_for(lambda: not any(Path(f"/proc/{child}/exe").exists() for child in children))
    done = ganzoo(*arguments)
    assert done.exit_code == 0, done.output
    assert "Going on with train after " in done.stderr
    assert 0 < taken < 1200
    for name in ("train.npy", "train-labels.npy", "pack.json"):
        assert Path("out", name).read_bytes() == Path("whole", name).read_bytes()
    assert sorted(os.listdir("out")) == ["pack.json", "train-labels.npy", "train.npy"]


def taken_of(file):
    try:
        return json.loads(file.read_text())["splits"]["train"]["taken"]
    except (OSError, KeyError):
        return 0


def wait_for(question, timeout_s=60):
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if answer := question():
            return answer
        time.sleep(0.002)
    raise TimeoutError


def test_ctrl_c_says_how_to_go_on(ganzoo, photos, monkeypatch):
    def stop(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("ganzoo.data.packing.pack.scan_dataset", stop)
    done = ganzoo("data", "pack", f"folder:{photos(2)}", "out")
    assert done.exit_code == 130
    assert done.stderr == "Stopped. The same command goes on where it was.\n"


def test_the_command_works_as_a_process_with_workers(photos, tmp_path):
    done = process("data", "pack", f"folder:{photos(20)}", tmp_path / "out", "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert len(Pack.read(tmp_path / "out").load("train").images) == 20


# Real data


def test_real_images_are_packed_as_they_are_loaded(ganzoo, shared_data, registry):
    source = f"zip:{shared_data / 'crawl-tiles-32' / 'crawl-tiles-32.zip'}"
    assert ganzoo("data", "pack", source, "out", "--workers", 2).exit_code == 0
    one, other = load_dataset("packed:out", registry), load_dataset(source, registry)
    np.testing.assert_array_equal(one.images, other.images)
    np.testing.assert_array_equal(one.labels, other.labels)
    assert one.class_names == other.class_names
