"""Files that mean harm, or are merely broken: each is refused with a reason, nothing crashes, the others are served."""

import contextlib
import io
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper
from PIL import Image
from starlette.testclient import TestClient

from ganzoo_serve.errors import ModelError
from ganzoo_serve.http.app import create_app
from ganzoo_serve.models.catalogue import Catalogue
from ganzoo_serve.models.model import load
from ganzoo_serve.models.trial import Stopped, Trial, _limit_time
from ganzoo_serve.models.trial import _ask as ask
from ganzoo_serve.testing import make_metadata, make_model


def png():
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG")
    return buffer.getvalue()


def model(edit=lambda model: None, **fields):
    made = make_model(make_metadata("evil", **fields))
    edit(made)
    return made.SerializeToString()


def elsewhere(location):
    def edit(made):
        weight = made.graph.initializer[0]
        weight.ClearField("raw_data")
        weight.data_location = TensorProto.EXTERNAL
        weight.external_data.add(key="location", value=location)

    return edit


def in_a_function(made):
    """Hidden where only a walk over every message finds it: the default of a function's attribute."""
    secret = helper.make_tensor("secret", TensorProto.FLOAT, [1], [0.0])
    secret.ClearField("float_data")
    secret.data_location = TensorProto.EXTERNAL
    secret.external_data.add(key="location", value="etc/passwd")
    function = made.functions.add(name="Peek", domain="evil")
    function.output.append("seen")
    function.opset_import.add(domain="", version=20)
    node = helper.make_node("Constant", [], ["seen"])
    node.attribute.add(name="value", ref_attr_name="what", type=4)
    function.node.append(node)
    function.attribute_proto.add(name="what", type=4).t.CopyFrom(secret)


def huge_weight(made):
    made.graph.initializer[0].dims[:] = [2**31, 2**31]


def huge_constant(made):
    """Sixteen terabytes of zeros, by thirty bytes."""
    shape = helper.make_tensor("shape", TensorProto.INT64, [2], [2**21, 2**21])
    made.graph.initializer.append(shape)
    made.graph.node.append(helper.make_node("ConstantOfShape", ["shape"], ["zeros"]))
    made.graph.node.append(helper.make_node("ReduceMax", ["zeros"], ["most"], keepdims=0))
    add_to_latent(made, "most")


def endless(made):
    """A loop that never ends, whose result is used."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["go_on"]),
            helper.make_node("Identity", ["value"], ["next_value"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("round", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("value", TensorProto.FLOAT, []),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next_value", TensorProto.FLOAT, []),
        ],
    )
    made.graph.initializer.append(helper.make_tensor("yes", TensorProto.BOOL, [], [True]))
    made.graph.initializer.append(helper.make_tensor("nought", TensorProto.FLOAT, [], [0.0]))
    made.graph.node.append(helper.make_node("Loop", ["", "yes", "nought"], ["most"], body=body))
    add_to_latent(made, "most")


def add_to_latent(made, name):
    for node in made.graph.node:
        node.input[:] = ["sum" if each == "z" else each for each in node.input]
    made.graph.node.append(helper.make_node("Add", ["z", name], ["sum"]))
    nodes = list(made.graph.node)
    made.graph.ClearField("node")
    first = [node for node in nodes if {"zeros", "most", "sum"} & set(node.output)]
    made.graph.node.extend(first + [node for node in nodes if node not in first])


def alone(made):
    """Good for one image at a time, and for no more."""
    made.graph.initializer.append(helper.make_tensor("one", TensorProto.INT64, [2], [1, 4]))
    for node in made.graph.node:
        node.input[:] = ["first" if each == "z" else each for each in node.input]
    made.graph.node.insert(0, helper.make_node("Reshape", ["z", "one"], ["first"]))


def random(made):
    made.graph.node.insert(0, helper.make_node("RandomNormalLike", ["z"], ["noise"]))


def wrong_metadata(made):
    made.metadata_props[0].value = made.metadata_props[0].value.replace('"height":8', '"height":-8')


def other_size(made):
    made.metadata_props[0].value = made.metadata_props[0].value.replace('"height":8', '"height":16')


CORPUS = {
    "empty": (b"", "holds no graph"),
    "zeros": (b"\0" * 4096, "is not an ONNX file"),
    "renamed": (png(), "is not an ONNX file"),
    "text": (b"ceci n'est pas un modele\n" * 100, "is not an ONNX file"),
    "truncated": (model()[:-700], "."),
    "doubled": (model() + model(), "."),
    "parent": (model(elsewhere("../../etc/passwd")), "keeps weights in another file"),
    "absolute": (model(elsewhere("/etc/passwd")), "keeps weights in another file"),
    "function": (model(in_a_function), "keeps weights in another file"),
    "endless": (model(endless), "has Loop in its graph, which may never end"),
    "beside": (model(elsewhere("weights.bin")), "keeps weights in another file"),
    "huge-weight": (model(huge_weight), "cannot load|memory"),
    "huge-constant": (model(huge_constant), "cannot load|memory|failed while drawing|ended the process"),
    "alone": (model(alone), "failed in a batch of"),
    "random": (model(random), "draws random numbers"),
    "wrong-metadata": (model(wrong_metadata), r"image\.height"),
    "other-size": (model(other_size), "expected uint8|its metadata promise"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, model_dir):
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copy(model_dir / "plain.onnx", folder / "zz-last.onnx")
    for name, (data, _) in CORPUS.items():
        (folder / f"{name}.onnx").write_bytes(data)
    (folder / "directory.onnx").mkdir()
    os.symlink("/dev/zero", folder / "link-to-device.onnx")
    os.symlink(folder / "nowhere", folder / "link-to-nothing.onnx")
    os.mkfifo(folder / "pipe.onnx")
    return folder


@pytest.fixture(scope="module")
def served(folder):
    return Catalogue.load([folder], device="cpu", careful=True)


def test_the_good_file_among_them_is_served(served):
    assert list(served) == ["plain"]
    assert served["plain"].generator.sample([1]).shape == (1, 8, 8, 3)


@pytest.mark.parametrize("name", CORPUS)
def test_each_is_refused_with_a_reason(served, name):
    (reason,) = [skip.reason for skip in served.skipped if skip.path.stem == name]
    import re

    assert re.search(CORPUS[name][1], reason), reason
    assert "Traceback" not in reason
    assert len(reason) < 1000


@pytest.mark.parametrize("name", ["directory", "link-to-device", "pipe"])
def test_what_is_no_file_is_neither_read_nor_waited_for(served, name):
    (reason,) = [skip.reason for skip in served.skipped if skip.path.stem == name]
    assert "cannot be read" in reason


def test_what_is_larger_than_its_trial_may_be_is_not_even_read(model_dir, monkeypatch):
    path = model_dir / "plain.onnx"
    monkeypatch.setattr("ganzoo_serve.models.trial._memory", lambda: path.stat().st_size - 1)
    with Trial() as trial:
        with pytest.raises(ModelError, match=r"plain\.onnx needs more memory than half of what there is"):
            load(path, device="cpu", loaded=0, trial=trial)
        assert trial._process is None
        monkeypatch.setattr("ganzoo_serve.models.trial._memory", lambda: path.stat().st_size)
        assert load(path, device="cpu", loaded=0, trial=trial).name == "plain"


def test_what_never_ends_is_ended(monkeypatch):
    sleep = "import time; time.sleep(60)"
    good = make_model(make_metadata("fine")).SerializeToString()
    with Trial(patience_s=1) as trial:
        started = subprocess.Popen([sys.executable, "-c", sleep], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        trial._process = started
        with pytest.raises(ModelError, match="did not draw an image within 1 s"):
            trial.check(good, source="endless.onnx")
        assert started.poll() is not None
    with Trial() as trial:
        trial.check(good, source="fine.onnx")  # and the next is heard


SLEEPER = "import time; time.sleep(30)"


def sleeper():
    return subprocess.Popen([sys.executable, "-c", SLEEPER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_a_server_that_stops_waits_for_no_trial(model_dir, monkeypatch, caplog):
    started = threading.Event()
    monkeypatch.setattr("ganzoo_serve.models.trial._process", sleeper)
    monkeypatch.setattr("ganzoo_serve.models.trial._ask", lambda *asked: started.set() or ask(*asked))
    catalogue = Catalogue([model_dir], device="cpu", careful=True)
    with caplog.at_level(logging.INFO), TestClient(create_app(catalogue)):
        assert started.wait(30)
        began = time.monotonic()
    assert time.monotonic() - began < 20
    assert caplog.text.count("Trying out ") == 1  # and not the next one
    assert "Skipped" not in caplog.text


def test_nothing_is_tried_out_after_the_stop(model_dir, monkeypatch):
    monkeypatch.setattr("ganzoo_serve.models.trial._process", lambda: pytest.fail("started"))
    trial = Trial()
    trial.stop()
    for careful in (True, False):
        catalogue = Catalogue([model_dir], device="cpu", careful=careful)
        with pytest.raises(Stopped):
            catalogue.refresh(settled=False, trial=trial)
        assert not catalogue
        assert catalogue.skipped == ()


PARENT = """
import signal, sys, time
from ganzoo_serve.models.trial import Stopped, Trial, _limit_time
from ganzoo_serve.models.trial import _ask as ask
trial = Trial()
trial.check(sys.stdin.buffer.read(), source="fine.onnx")
trial._process.send_signal(signal.SIGSTOP)  # as busy as can be: it does not see that its input has ended
print(trial._process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the limit on its time ends it")
def test_no_trial_outlives_a_server_that_was_killed():
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        parent.stdin.write(make_model(make_metadata("fine")).SerializeToString())
        parent.stdin.close()
        pid = int(parent.stdout.readline())
        parent.kill()
    try:
        deadline = time.monotonic() + 20
        while lives(pid):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def lives(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_trial_has_a_limit_of_its_own_on_time(monkeypatch):
    resource = pytest.importorskip("resource")
    limits = []
    monkeypatch.setattr(resource, "setrlimit", lambda kind, limit: limits.append((kind, limit)))
    monkeypatch.setattr(resource, "getrlimit", lambda _: (5, resource.RLIM_INFINITY))
    monkeypatch.setattr("time.process_time", lambda: 1000.0)  # of the models before
    _limit_time()
    monkeypatch.setattr(resource, "getrlimit", lambda _: (5, 7))
    _limit_time()
    cpu = resource.RLIMIT_CPU
    assert limits == [(cpu, (1130, resource.RLIM_INFINITY)), (cpu, (7, 7))]


def test_what_lies_where_the_server_was_started_is_no_code(tmp_path, monkeypatch):
    (tmp_path / "pydantic.py").write_text("raise SystemExit('run')")
    monkeypatch.chdir(tmp_path)
    with Trial() as trial:
        trial.check(make_model(make_metadata("fine")).SerializeToString(), source="fine.onnx")


def test_what_ends_the_process_is_said(monkeypatch):
    """As a crash in a kernel would."""
    with Trial() as trial:
        good = make_model(make_metadata("fine")).SerializeToString()
        trial.check(good, source="fine.onnx")
        trial._process.kill()
        trial._process.wait()
        with pytest.raises(ModelError, match="ended the process that tried it out"):
            trial.check(good, source="fine.onnx")
        trial.check(good, source="fine.onnx")


def test_images_do_not_depend_on_having_been_tried_out(served, generators):
    np.testing.assert_array_equal(served["plain"].generator.sample(range(5)), generators["plain"].sample(range(5)))
