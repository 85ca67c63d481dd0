"""The files for containers name what there is: options, paths, ports, variables; and fit each other."""

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml
from starlette.testclient import TestClient

from ganzoo_serve import __version__, cli
from ganzoo_serve.http.app import Settings, create_app
from ganzoo_serve.http.requests.keys import OPEN


@pytest.fixture(scope="module")
def root():
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder(root):
    return root / "serve" / "deploy"


@pytest.fixture(scope="module")
def dockerfile(folder):
    """Arguments by instruction, in order, of the last stage; those of the first as "build"."""
    text = re.sub(r"\\\n", " ", (folder / "Dockerfile").read_text("utf-8"))
    stages = [{}]
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        name, _, arguments = line.partition(" ")
        if name == "FROM":
            stages.append({})
        stages[-1].setdefault(name, []).append(arguments.strip())
    _, build, last = stages
    return {"build": build, **last}


@pytest.fixture(scope="module")
def compose(folder):
    return yaml.safe_load((folder / "compose.yaml").read_text("utf-8"))["services"]["ganzoo"]


@pytest.fixture(scope="module")
def cluster(folder):
    """Kubernetes' objects by kind."""
    objects = list(yaml.safe_load_all((folder / "kubernetes.yaml").read_text("utf-8")))
    assert len({found["kind"] for found in objects}) == len(objects)
    return {found["kind"]: found for found in objects}


@pytest.fixture(scope="module")
def pod(cluster):
    return cluster["Deployment"]["spec"]["template"]["spec"]


@pytest.fixture(scope="module")
def container(pod):
    (found,) = pod["containers"]
    return found


@pytest.fixture(scope="module")
def command(dockerfile, root):
    """The server's arguments, as the image runs it."""
    entry = json.loads(dockerfile["ENTRYPOINT"][0])
    scripts = tomllib.loads((root / "serve" / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert entry[0] in scripts
    return entry[1:] + json.loads(dockerfile["CMD"][0])


def parsed(arguments, tmp_path):
    """What the command line makes of them; the folder of models is another here."""
    with cli.cli.make_context(
        "ganzoo-serve", [str(tmp_path) if at == "/models" else at for at in arguments]
    ) as context:
        return context.params


def port(tmp_path):
    return parsed(["/models"], tmp_path)["port"]


def seconds(text):
    return int(re.fullmatch(r"(\d+)s", str(text))[1])


def test_the_image_runs_the_server_for_everybody_who_reaches_the_container(command, dockerfile, tmp_path):
    options = parsed(command, tmp_path)
    assert options["host"] == "0.0.0.0"
    assert dockerfile["EXPOSE"] == [str(options["port"])]


def test_what_the_image_is_made_of_is_there_and_let_through(dockerfile, folder, root):
    let_through = (folder / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert let_through[0] == "*"
    for line in dockerfile["build"]["COPY"]:
        source = line.split()[0]
        assert (root / source).exists()
        assert f"!{source}" in let_through
    (install,) = [line for line in dockerfile["build"]["RUN"] if "pip" in line]
    words = shlex.split(install)
    assert words[words.index("-c") + 1] == "constraints.txt"
    assert "./serve" in words


def test_the_image_asks_an_open_route_for_its_health(dockerfile, tmp_path):
    asked_port, path = re.search(r"http://127\.0\.0\.1:(\d+)(/\w+)", dockerfile["HEALTHCHECK"][0]).groups()
    assert int(asked_port) == port(tmp_path)
    assert path in OPEN
    compile(json.loads(dockerfile["HEALTHCHECK"][0].partition("CMD ")[2])[2], "healthcheck", "exec")


def test_nobody_runs_as_root(dockerfile, pod, container):
    (user,) = dockerfile["USER"]
    uid, gid = map(int, user.split(":"))
    assert uid > 0
    assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsGroup"]) == (uid, gid)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["allowPrivilegeEscalation"] is False


def test_compose_builds_that_image_and_reaches_it(compose, folder, root, command, tmp_path):
    context = (folder / compose["build"]["context"]).resolve()
    assert context == root.resolve()
    assert (context / compose["build"]["dockerfile"]) == folder.resolve() / "Dockerfile"
    (published,) = compose["ports"]
    assert int(published.rpartition(":")[2]) == port(tmp_path)
    (volume,) = compose["volumes"]
    models, where = re.fullmatch(r"\$\{GANZOO_MODELS:-(.+)\}:(/\w+):ro", volume).groups()
    assert where in command
    assert list((folder / models).glob("*/model.onnx"))


def test_variables_are_ones_that_are_read(compose, container, root):
    source = "".join(path.read_text("utf-8") for path in (root / "serve" / "ganzoo_serve").rglob("*.py"))
    names = [*compose["environment"], *(variable["name"] for variable in container["env"])]
    assert names
    for name in names:
        assert f'"{name}"' in source


def test_probes_ask_open_routes_at_the_servers_port(container, catalogue, tmp_path):
    (named,) = container["ports"]
    assert named["containerPort"] == port(tmp_path)
    with TestClient(create_app(catalogue)) as client:
        for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
            asked = container[kind]["httpGet"]
            assert asked["port"] == named["name"]
            assert asked["path"] in OPEN
            assert client.get(asked["path"]).status_code == 200
    assert container["livenessProbe"]["httpGet"]["path"] == "/livez"  # a server that loads is not to be killed


def test_a_server_that_stops_is_given_longer_than_it_takes(pod, container, compose):
    drain_s = getattr(Settings(), "drain_s", 10)
    before_s = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] > before_s + drain_s
    assert seconds(compose["stop_grace_period"]) > drain_s


def test_the_cluster_serves_the_folder_that_is_mounted(container, pod, tmp_path):
    assert parsed(["--host", "0.0.0.0", *container["args"]], tmp_path)
    mounted = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    assert set(container["args"]) <= set(mounted)
    assert set(mounted.values()) == {volume["name"] for volume in pod["volumes"]}
    assert container["image"].endswith(f":{__version__}")


def test_service_and_autoscaler_find_the_deployment(cluster, container):
    deployment, service, scaler = cluster["Deployment"], cluster["Service"], cluster["HorizontalPodAutoscaler"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"] == deployment["spec"]["selector"]["matchLabels"] == labels
    assert service["spec"]["ports"][0]["targetPort"] == container["ports"][0]["name"]
    target = scaler["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", deployment["metadata"]["name"])
    assert "replicas" not in deployment["spec"]  # else every 'apply' would undo what the autoscaler did
    assert container["resources"]["requests"]["cpu"] == container["resources"]["limits"]["cpu"]
