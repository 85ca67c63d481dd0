"""Tiny models on disk, made once a session."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ganzoo_serve.generator import Generator
from ganzoo_serve.http.app import create_app
from ganzoo_serve.models.catalogue import Catalogue
from ganzoo_serve.testing import make_metadata, write_model

CLASSES = ("cat", "dog", "Zebra", "größe")


@pytest.fixture(scope="session")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_model(folder / "plain.onnx", make_metadata("plain"))
    write_model(folder / "classy.onnx", make_metadata("classy", classes=CLASSES, channels=1))
    write_model(folder / "truncated.onnx", make_metadata("truncated", truncation="z", channels=4))
    write_model(folder / "float" / "model.onnx", make_metadata("floaty", output="float", size=16))
    (folder / "float" / "README.md").write_text("# floaty, größer", encoding="utf-8")
    (folder / "README.md").write_text("Of the folder.", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def generators(model_dir: Path) -> dict[str, Generator]:
    loaded = [Generator.load(path, device="cpu") for path in sorted(model_dir.rglob("*.onnx"))]
    return {generator.name: generator for generator in loaded}


@pytest.fixture(scope="session")
def catalogue(model_dir: Path) -> Catalogue:
    return Catalogue.load([model_dir], device="cpu")


@pytest.fixture
def plain(generators: dict[str, Generator]) -> Generator:
    return generators["plain"]


@pytest.fixture
def classy(generators: dict[str, Generator]) -> Generator:
    return generators["classy"]


@pytest.fixture
def truncated(generators: dict[str, Generator]) -> Generator:
    return generators["truncated"]


@pytest.fixture
def floaty(generators: dict[str, Generator]) -> Generator:
    return generators["floaty"]


@pytest.fixture(scope="session")
def client(catalogue: Catalogue) -> Iterator[TestClient]:
    with TestClient(create_app(catalogue)) as client:
        yield client
