"""What a replica is told and holds, without what starts it."""

import asyncio
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from ganzoo_serve import ray_app
from ganzoo_serve.errors import ModelError, ServeError
from ganzoo_serve.http.limits import NAMED, Limits
from ganzoo_serve.images import png
from ganzoo_serve.replica import Admission, Arguments, Replica


def test_arguments_come_as_text_from_a_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = Arguments.model_validate({"model_dir": "models", "replicas": "2", "cpus": "3", "watch_s": "0"})
    assert arguments.model_dir == str(tmp_path / "models")
    assert (arguments.replicas, arguments.cpus, arguments.watch_s) == (2, 3, 0.0)
    assert arguments.max_replicas is None


def test_the_readme_describes_every_argument_and_its_default():
    text = (Path(__file__).resolve().parents[2] / "serve" / "README.md").read_text("utf-8")
    table = text.partition("| argument | default |")[2].partition("\n\n")[0]
    described = {}
    for names, default in re.findall(r"^\| (`.+?`) \| (.*?) ?\|", table, re.MULTILINE):
        found = re.findall(r"`(\w+)`", names)
        described |= dict(zip(found, default.strip("` ").split(", ") if default.strip() else [None], strict=True))
    fields = Arguments.model_fields
    expected = {name: None if field.is_required() else field.default for name, field in fields.items()}
    assert described.keys() == expected.keys()
    for name, default in expected.items():
        assert described[name] == (
            None if default is None else f"{default:g}" if isinstance(default, float) else str(default)
        )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "model_dir"),
        ({"model_dir": ""}, "model_dir"),
        ({"model_dir": "m", "replica": "2"}, "replica\n  Extra inputs"),
        ({"model_dir": "m", "replicas": "two"}, "replicas"),
        ({"model_dir": "m", "replicas": "0"}, "replicas"),
        ({"model_dir": "m", "replicas": "4", "max_replicas": "3"}, "max_replicas is 3: expected at least replicas, 4"),
        ({"model_dir": "m", "device": "tpu"}, "'cpu', 'cuda' or 'tensorrt'"),
        ({"model_dir": "m", "grid_side": "20000"}, "expected a number in 1 ... 16383"),
        ({"model_dir": "m", "max_images": "4097"}, "less than or equal to 4096"),
    ],
)
def test_arguments_that_make_no_sense_are_named(given, message):
    with pytest.raises(ValidationError, match=message):
        Arguments.model_validate(given)


def test_a_replica_draws_on_as_many_threads_as_it_has_cores():
    arguments = Arguments(model_dir="m", cpus=3, deadline_s=7)
    settings = arguments.settings(Admission())
    assert arguments.deployment()["ray_actor_options"] == {"num_cpus": 3, "num_gpus": 0}
    assert (settings.workers, settings.limits.deadline_s) == (3, 7)
    assert Arguments(model_dir="m").settings(Admission()).workers == 1


def test_every_limit_can_be_set():
    values = {name: str(index + 6) for index, name in enumerate(NAMED)}
    given = {"max_images": "2", "queue": "3", "deadline_s": "4", "cache_mb": "5", **values}
    limits = Arguments.model_validate({"model_dir": "m", **given}).settings(Admission()).limits
    assert limits == Limits(
        samples=2, waiting=3, deadline_s=4.0, cache_bytes=5 * 2**20, **{name: int(values[name]) for name in NAMED}
    )
    assert Arguments(model_dir="m").settings(Admission()).limits == Limits()


@pytest.mark.parametrize("device", ["cuda", "tensorrt"])
def test_each_replica_on_a_gpu_has_its_own(device):
    arguments = Arguments(model_dir="m", device=device)
    assert arguments.deployment()["ray_actor_options"] == {"num_cpus": 1, "num_gpus": 1}


def test_the_number_of_replicas_is_fixed_or_follows_the_load():
    fixed = Arguments(model_dir="m", replicas=2).deployment()
    assert (fixed["num_replicas"], "autoscaling_config" in fixed) == (2, False)
    scaled = Arguments(model_dir="m", replicas=2, max_replicas=5, target_ongoing_requests=3).deployment()
    assert "num_replicas" not in scaled
    assert scaled["autoscaling_config"] == {"min_replicas": 2, "max_replicas": 5, "target_ongoing_requests": 3}


def test_by_default_a_replica_may_finish_whatever_it_let_in():
    arguments = Arguments(model_dir="m")
    assert arguments.deployment()["graceful_shutdown_timeout_s"] > arguments.deadline_s


def test_a_replica_answers_as_any_server_does(model_dir, plain):
    replica = Replica(Arguments(model_dir=str(model_dir)), Admission())
    with TestClient(replica.app) as client:
        assert client.get("/readyz").status_code == 200
        reply = client.get("/v1/models/plain/images/42.png")
        assert reply.content == png(plain.sample([42])[0])
        client.portal.call(replica.check)


def test_a_replica_that_cannot_draw_is_not_well(model_dir, monkeypatch):
    replica = Replica(Arguments(model_dir=str(model_dir / "plain.onnx")), Admission())
    monkeypatch.setattr(replica.models["plain"].generator, "run_checked", lambda *_: 1 / 0)
    with TestClient(replica.app) as client, pytest.raises(ZeroDivisionError):
        client.portal.call(replica.check)
    with pytest.raises(RuntimeError, match="closed"):  # its threads are gone
        asyncio.run(replica.check())


def test_a_replica_without_models_does_not_start(tmp_path):
    with pytest.raises(ModelError, match="No model to serve"):
        Replica(Arguments(model_dir=str(tmp_path)), Admission())


def test_keys_travel_to_replicas_as_hashes(model_dir, monkeypatch):
    monkeypatch.setenv("GANZOO_API_KEYS", "first-key, second-key")
    monkeypatch.setenv("GANZOO_SIGNING_SECRET", "of-addresses")
    packed = pickle.dumps(Admission.from_environment())
    assert b"first-key" not in packed
    replica = Replica(Arguments(model_dir=str(model_dir)), pickle.loads(packed))
    with TestClient(replica.app) as client:
        assert client.get("/readyz").status_code == 200
        assert client.get("/v1/models").status_code == 401
        assert client.get("/v1/models", headers={"X-API-Key": "second-key"}).status_code == 200


def test_without_keys_everybody_is_let_in(monkeypatch):
    monkeypatch.setenv("GANZOO_API_KEYS", "")
    monkeypatch.delenv("GANZOO_SIGNING_SECRET", raising=False)
    admission = Admission.from_environment()
    assert not admission.keys
    assert admission.signer is None


def test_without_ray_one_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ServeError, match=r"pip install 'ganzoo-serve\[ray\]'"):
        ray_app.app(Arguments(model_dir="m"))


def test_ray_is_imported_by_nothing_else():
    code = "import sys, ganzoo_serve.ray_app, ganzoo_serve.serving; print('ray' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"
